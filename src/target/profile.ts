import { z } from "zod";
import { jsonPointer } from "../lib/json-pointer.ts";
import { safeParse } from "../lib/safe-parse.ts";
import { parseAttributePath } from "../scim/attribute-path.ts";

/**
 * What a product's SCIM server can and cannot do, as data (`schemas/targets/{name}.json`). A fact that a file leaves
 * out has the cautious value below. Where the profile says no, that is final; discovery only narrows what it allows.
 */
export type TargetProfile = z.output<typeof targetProfileSchema>;

export type ProfileFacts = TargetProfile["facts"];

/** How a member is taken out of a group by PATCH. */
export type MemberRemoval = TargetProfile["facts"]["memberRemoval"]["value"];

/** A profile that a person must correct: every problem with its JSON Pointer. */
export class TargetProfileError extends Error {
  readonly problems: readonly { readonly pointer: string; readonly message: string }[];

  constructor(problems: readonly { readonly pointer: string; readonly message: string }[]) {
    super(
      `The target profile is not valid: ${problems.map(({ pointer, message }) => `${pointer || "/"}: ${message}`).join("; ")}`,
    );
    this.name = "TargetProfileError";
    this.problems = problems;
  }
}

/** @throws TargetProfileError with all problems */
export function parseTargetProfile(input: unknown): TargetProfile {
  const parsed = safeParse(targetProfileSchema, input);
  if (parsed.success) return parsed.data;
  throw new TargetProfileError(
    parsed.error.issues.flatMap((issue) =>
      // One unknown key is one problem, at its own place.
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ pointer: jsonPointer([...issue.path, key]), message: "is not known here" }))
        : [{ pointer: jsonPointer(issue.path), message: issue.message }],
    ),
  );
}

/** What each fact means, by its name, in the order of the files. */
export function factDescriptions(): ReadonlyMap<string, string> {
  described ??= describeFacts();
  return described;
}

let described: ReadonlyMap<string, string> | null = null;

function describeFacts(): ReadonlyMap<string, string> {
  const { properties = {} } = z.toJSONSchema(facts, { io: "input" });
  return new Map(
    Object.entries(properties).map(([name, each]) => [name, typeof each === "object" ? (each.description ?? "") : ""]),
  );
}

/** The JSON Schema of a profile file, for editors; kept as `schemas/targets/target.schema.json`. */
export function targetProfileJsonSchema(): unknown {
  return z.toJSONSchema(targetProfileSchema, { io: "input" });
}

function fact<Value extends z.ZodType>(value: Value, description: string) {
  const evidence = z
    .enum(["verified", "assumed"])
    .describe("verified: seen at a running server or in its source or manual");
  const note = z.string().optional().describe("Where it was seen and when, or why it is assumed");
  return z.strictObject({ value, evidence, note }).describe(description);
}

function assumed<const Value>(value: Value): { value: Value; evidence: "assumed" } {
  return { value, evidence: "assumed" };
}

const urn = z.string().regex(/^urn:[A-Za-z0-9][A-Za-z0-9-]*:\S+$/i, "is not a URN");

// The URN of an extension alone stands for all of it.
const attributePath = z.string().refine((path) => parseAttributePath(path) !== null, "is not a SCIM attribute path");

const somePaths = z.array(attributePath).readonly().default([]);
const paths = z.strictObject({ users: somePaths, groups: somePaths });

const externalIdWrite = z.enum(["always", "create", "never"]).default("always");

const constant = z.strictObject({
  description: z.string().min(1).describe("What an operator has to enter"),
  users: somePaths,
  groups: somePaths,
});

const secondAttribute = z.strictObject({
  field: z.string().min(1).describe("Its name in the product's object of a user"),
  column: z.string().min(1).describe("Its name among the columns of an update"),
  negated: z.boolean().default(false).describe("A yes or no, of which the product says the opposite"),
  values: z.record(z.string(), z.string()).default({}).describe("Values of ours that the product writes otherwise"),
  userid: z
    .boolean()
    .default(false)
    .describe(
      "Its value is WeCom's userid, which a sign-on with WeCom brings; sent where the target's settings say so",
    ),
  note: z.string().optional().describe("Where it was seen"),
});

const facts = z.strictObject({
  users: fact(z.boolean(), "Users can be provisioned").default(assumed(true)),
  groups: fact(z.boolean(), "Groups can be provisioned").default(assumed(true)),
  patch: fact(z.boolean(), "Changes go by PATCH; if not, by PUT of the whole resource").default(assumed(true)),
  put: fact(
    z.boolean(),
    "PUT of a whole resource may be used where PATCH is not possible; if not, such a change fails with words",
  ).default(assumed(true)),
  operationsPerPatch: fact(z.int().min(0), "Most operations in one PATCH; 0: no limit").default(assumed(0)),
  membersPerRequest: fact(z.int().min(0), "Most membership changes in one PATCH; 0: no limit").default(assumed(100)),
  nestedGroups: fact(z.boolean(), "A group may have groups as members").default(assumed(true)),
  memberRemoval: fact(
    z.enum(["valuePath", "valueArray", "replaceAll"]),
    'valuePath: one remove with the path members[value eq "…"] a member (RFC 7644 §3.5.2.2); valueArray: one remove of ' +
      "members with an array of values, for servers that know only that (others take everybody out of the group); " +
      "replaceAll: a replace of members with everybody who stays, for servers that know neither",
  ).default(assumed("valuePath")),
  membersRead: fact(
    z.boolean(),
    "A group that is read by its id shows its members; if not, only what we gave it is known",
  ).default(assumed(true)),
  groupRename: fact(z.boolean(), "The displayName of a group can be changed").default(assumed(true)),
  deactivate: fact(
    z.enum(["active", "delete"]),
    "active: who is to be inactive gets active: false; delete: the product knows no inactive accounts, so he is deleted",
  ).default(assumed("active")),
  api: fact(
    z
      .strictObject({
        kind: z.literal("casdoor").describe("Whose API it is: the bridge has code for these"),
        owner: z.string().min(1).describe("The constant that names the organization in which the API looks for people"),
        attributes: z
          .record(attributePath, secondAttribute)
          .describe("The attributes of users that go by the API, by their paths"),
      })
      .nullable(),
    "The product's own API, for what its SCIM can't say; used where the target's settings have `api`. With active among " +
      "its attributes who is to be inactive is kept there, whatever deactivate says",
  ).default(assumed(null)),
  deleteUser: fact(
    z.enum(["removes", "deactivates", "irreversible"]),
    "What a DELETE of a user does there; irreversible: the same person can't come back to what was his",
  ).default(assumed("removes")),
  schemas: fact(
    z.array(urn).nullable(),
    "URNs of the extension schemas that are sent; null: those that the server lists at /Schemas",
  ).default(assumed(null)),
  omit: fact(paths, "Attributes that are never sent, by their paths").default(assumed({ users: [], groups: [] })),
  require: fact(paths, "Attributes without which a user or a group is not made there").default(
    assumed({ users: [], groups: [] }),
  ),
  constants: fact(
    z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/), constant),
    "Values that an operator enters once in the target's settings (`constants`), and the attributes that get them",
  ).default(assumed({})),
  externalId: fact(
    z
      // A plain true or false stands for always or never, of both.
      .union([z.boolean(), z.strictObject({ users: externalIdWrite, groups: externalIdWrite })])
      .transform((value) => (typeof value === "boolean" ? bothOf(value ? "always" : "never") : value)),
    "When externalId is sent: always, only with the create, or never; true and false stand for always and never of both",
  ).prefault(assumed(true)),
  singleValued: fact(
    z.boolean(),
    "Of an attribute with several values (emails, phoneNumbers) one is taken: the primary one, else the first is sent",
  ).default(assumed(false)),
  valueTypes: fact(
    z.boolean(),
    "The values of such attributes have type, primary and display; if not, these are left out",
  ).default(assumed(true)),
  filterTrust: fact(
    z.boolean(),
    "A filter that finds nothing means that there is nothing; if not, lookups read the whole list",
  ).default(assumed(true)),
  maxPage: fact(z.int().min(1).max(10_000), "Resources asked for per page").default(assumed(100)),
  concurrency: fact(z.int().min(1).max(64), "Requests at once, where the target's settings don't say").default(
    assumed(8),
  ),
  requestsPerSecond: fact(
    z.number().min(0).max(10_000),
    "Where the target's settings don't say; 0: no limit of our own",
  ).default(assumed(0)),
});

function bothOf<Value>(value: Value): { readonly users: Value; readonly groups: Value } {
  return { users: value, groups: value };
}

const targetProfileSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "is not of lower-case letters, digits and -"),
  title: z.string().min(1).max(100),
  description: z.string().min(1),
  facts: facts.prefault({}),
});
