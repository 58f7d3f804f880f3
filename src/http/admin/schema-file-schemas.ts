import { z } from "@hono/zod-openapi";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { keptView } from "./task-schemas.ts";

const time = z.string().openapi({ format: "date-time" });
const anyJson = z
  .custom<Json>()
  .openapi({ type: ["string", "number", "boolean", "array", "object", "null"], description: "Any JSON value." });
const anyObject = z.custom<Json>().openapi({ type: "object", description: "The file's content." });

/** One thing to mend in a file, or to look at. */
export const fileProblem = z
  .object({
    file: z.string().openapi({ example: "mappings/wecom.json" }),
    pointer: z.string().openapi({ description: "JSON Pointer (RFC 6901) into the file; empty for the whole of it." }),
    line: z.int().nullable(),
    column: z.int().nullable(),
    detail: z.string(),
  })
  .openapi("FileProblem");

const problems = z.array(fileProblem).readonly();

export const versionView = z
  .object({
    version: z.int(),
    state: z.enum(["draft", "active", "former"]),
    origin: z.enum(["file", "api"]).openapi({ description: "Whether it came as a file or through this API." }),
    createdAt: time,
    activatedAt: time.nullable().openapi({ description: "When it last came into force; null for a draft." }),
  })
  .openapi("FileVersion");

export const versionContent = versionView
  .extend({ text: z.string().openapi({ description: "The file as it was written." }), content: anyObject.nullable() })
  .openapi("FileVersionContent");

export const draftView = versionView
  .extend({
    warnings: problems.openapi({ description: "What is perhaps not meant; failing tests of the file among it." }),
  })
  .openapi("FileDraft");

export const fileView = z
  .object({
    name: z.string(),
    file: z.string().openapi({ description: "Below the schemas directory." }),
    state: z.enum(["current", "broken", "missing", "behind", "draft", "removed"]).openapi({
      description:
        "`current`: the file is in force. `broken`: it has mistakes, and its last good version is in force if there is " +
        "one. `missing`: there is no file, and a source needs it. `behind`: older than what was activated here, or than " +
        "what another server's file put into force. " +
        "`draft`: never activated. `removed`: was in force once.",
    }),
    active: versionView.nullable().openapi({ description: "What is in force." }),
    draft: versionView
      .nullable()
      .openapi({ description: "The draft that was saved last, unless a version came into force since." }),
    problems: problems.openapi({ description: "What has to be mended in the file." }),
    warnings: problems,
    writable: z.boolean().openapi({ description: "Whether versions can be activated here." }),
    usedBy: z.array(z.string()).readonly().openapi({ description: "Ids of the sources that use it." }),
  })
  .openapi("SchemaFile");

export const fileContent = fileView
  .extend({
    text: z.string().nullable().openapi({ description: "What is in force, else the newest version, as written." }),
    content: anyObject.nullable(),
  })
  .openapi("SchemaFileContent");

export const activationForm = z
  .strictObject({
    version: z.int().min(1),
    expected: z.int().min(1).nullable().optional().openapi({
      description: "The version that was in force when this was decided; null for none. Another one: 409.",
    }),
  })
  .openapi("Activation", { description: "A draft, or a former version to roll back to." });

const mappingObject = z
  .custom<Json>(isJsonObject, "has to be an object")
  .openapi({ type: "object", description: "A mapping that is not saved yet." });

/** A name that becomes a file's: the same characters as in other names, so that it can never be a path. */
export const fileName = {
  pattern: /^[\p{Script=Han}A-Za-z0-9_-]{1,100}$/u,
  detail: "has to be 1 to 100 characters: Chinese characters, letters, digits, - and _",
} as const;

const extensionObjects = z
  .record(
    z.string().regex(fileName.pattern, fileName.detail),
    z.custom<Json>(isJsonObject, "has to be an object").openapi({ type: "object" }),
  )
  .refine((extensions) => Object.keys(extensions).length <= 20, "has 20 extension schemas at most")
  .openapi({ description: "Extension schemas that are not in force yet, by their files' names without `.json`." });

export const impactForm = z
  .strictObject({
    version: z.int().min(1).optional(),
    mapping: mappingObject.optional(),
    extensions: extensionObjects.optional(),
    sources: z
      .array(z.string().min(1).max(100))
      .max(100)
      .optional()
      .openapi({ description: "Ids or names; those that use this mapping if not said." }),
  })
  .refine(({ version, mapping }) => version === undefined || mapping === undefined, {
    message: "says either version or mapping; with neither it is the draft, or what is in force",
  })
  .openapi("ImpactForm");

const counts = z.object({
  created: z.int(),
  updated: z.int(),
  deactivated: z.int(),
  reactivated: z.int(),
  deleted: z.int(),
  failed: z.int(),
  unchanged: z.int(),
});

const resourceType = z.enum(["User", "Group"]);

const attributeImpact = z.object({
  resourceType,
  attribute: z.string(),
  set: z.int(),
  changed: z.int(),
  cleared: z.int(),
  examples: z
    .array(
      z.object({
        resourceId: z.string(),
        externalId: z.string().nullable(),
        displayName: z.string().nullable(),
        source: anyJson.optional(),
        before: anyJson,
        after: anyJson,
      }),
    )
    .readonly(),
});

const recordImpacts = z
  .array(z.object({ detail: z.string(), records: z.int(), examples: z.array(z.string()).readonly() }))
  .readonly();

export const impactView = z
  .object({
    mapping: z.string(),
    version: z.int().nullable().openapi({ description: "Null for one that is not saved." }),
    comparedWith: z.int().nullable().openapi({ description: "The version in force." }),
    warnings: problems,
    sources: z
      .array(
        z.object({
          source: z.string(),
          name: z.string(),
          users: counts,
          groups: counts,
          attributes: z.array(attributeImpact).readonly(),
          memberships: z
            .array(
              z.object({
                kind: z.enum(["department", "tag"]),
                memberType: resourceType,
                op: z.enum(["add", "remove"]),
                memberships: z.int(),
              }),
            )
            .readonly(),
          problems: recordImpacts.openapi({
            description: "Why records could not be mapped; they would stay as they are.",
          }),
          leftOut: recordImpacts.openapi({ description: "Attributes that records would be mapped without, and why." }),
          warnings: problems.openapi({ description: "What of the file does not fit this directory." }),
          held: z.string().nullable().openapi({ description: "Why a safeguard would hold some of it." }),
          targets: z
            .array(
              z.object({
                target: z.string(),
                name: z.string(),
                exact: z.boolean().openapi({ description: "False: what the target might not take is counted too." }),
                users: z.int(),
                groups: z.int(),
                entering: z.int(),
                leaving: z.int(),
                attributes: z.array(z.object({ attribute: z.string(), resources: z.int() })).readonly(),
                removals: z
                  .object({ users: z.int(), groups: z.int() })
                  .openapi({ description: "Of what the target holds: deactivated, deleted or out of its scope." }),
                held: z.string().nullable().openapi({ description: "Why its own safeguards would hold some of it." }),
                problem: z.string().nullable(),
              }),
            )
            .readonly(),
        }),
      )
      .readonly(),
  })
  .openapi("MappingImpact", {
    description: "What the next sync would change if the source said the same as at the last one.",
  });

const recordObject = z.record(z.string(), z.custom<Json>()).openapi({ type: "object" });
const departmentForm = z.strictObject({
  id: z.union([z.string(), z.number()]),
  name: z.string(),
  path: z.string().optional(),
});
const idOrRecord = z.union([z.int().min(1), z.string().regex(/^\d{1,10}$/), recordObject]);

export const previewForm = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .openapi({ description: "Id or name: whose records, departments and settings are used." }),
    userid: z.string().min(1).max(100).optional().openapi({ description: "A member as last read from the source." }),
    member: recordObject.optional().openapi({ description: "A member as WeCom sends it." }),
    department: idOrRecord.optional().openapi({ description: "The id of one as last read, or one as WeCom sends it." }),
    tag: idOrRecord.optional().openapi({ description: "The id of one as last read, or one as WeCom sends it." }),
    mapping: mappingObject.optional(),
    version: z.int().min(1).optional(),
    extensions: extensionObjects.optional(),
    departments: z.array(departmentForm).max(100).optional(),
    mainDepartment: departmentForm.optional(),
    path: z.string().max(2000).optional(),
    organization: z.string().max(200).optional(),
    namespace: z.string().max(100).optional(),
    unseenFields: z.array(z.string().max(100)).max(100).optional(),
  })
  .refine((form) => subjects.filter((name) => form[name] !== undefined).length === 1, {
    message: "says exactly one of userid, member, department, tag",
  })
  .refine((form) => form.version === undefined || form.mapping === undefined, {
    message: "says either version or mapping",
  })
  .openapi("PreviewForm", {
    description:
      "Without a source, `departments`, `mainDepartment`, `path`, `organization`, `namespace` and `unseenFields` say " +
      "what surrounds a pasted record.",
  });

export const subjects = ["userid", "member", "department", "tag"] as const;

const recordProblems = z.array(z.object({ pointer: z.string(), detail: z.string() })).readonly();

export const previewView = z
  .object({
    resource: recordObject,
    current: recordObject.nullable().openapi({ description: "What the directory has now, of a record of a source." }),
    kept: keptView.nullable().openapi({
      description: "The undo that keeps `current` as it is, whatever this mapping makes of the record.",
    }),
    attributes: z
      .array(
        z.object({
          attribute: z.string(),
          pointer: z.string().openapi({ description: "The rule." }),
          line: z.int().nullable(),
          column: z.int().nullable(),
          sources: z.array(z.object({ path: z.string(), value: anyJson.optional() })).readonly(),
          steps: z.array(z.object({ step: z.string(), value: anyJson.optional() })).readonly(),
          result: anyJson.optional(),
          why: z
            .string()
            .nullable()
            .openapi({ description: "Why there is no value, or another than the last step's." }),
        }),
      )
      .readonly(),
    problems: recordProblems,
    warnings: recordProblems,
    mapping: z.object({ name: z.string(), version: z.int().nullable() }),
  })
  .openapi("MappingPreview");
