import { z } from "zod";
import { jsonPointer } from "../lib/json-pointer.ts";

/**
 * What a product's SCIM server can and cannot do, as data (`schemas/targets/{name}.json`). A fact that a file leaves
 * out has the cautious value below. Where the profile says no, that is final; discovery only narrows what it allows.
 */
export type TargetProfile = z.output<typeof targetProfileSchema>;

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
  const parsed = targetProfileSchema.safeParse(input);
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

function assumed<Value>(value: Value): { value: Value; evidence: "assumed" } {
  return { value, evidence: "assumed" };
}

const urn = z.string().regex(/^urn:[A-Za-z0-9][A-Za-z0-9-]*:\S+$/i, "is not a URN");

const facts = z.strictObject({
  users: fact(z.boolean(), "Users can be provisioned").default(assumed(true)),
  groups: fact(z.boolean(), "Groups can be provisioned").default(assumed(true)),
  patch: fact(z.boolean(), "Changes go by PATCH; if not, by PUT of the whole resource").default(assumed(true)),
  membersPerRequest: fact(z.int().min(0), "Most membership changes in one PATCH; 0: no limit").default(assumed(100)),
  nestedGroups: fact(z.boolean(), "A group may have groups as members").default(assumed(true)),
  memberRemoval: fact(
    z.enum(["valuePath", "valueArray"]),
    'valuePath: one remove with the path members[value eq "…"] a member (RFC 7644 §3.5.2.2); valueArray: one remove of ' +
      "members with an array of values, for servers that know only that (others take everybody out of the group)",
  ).default(assumed("valuePath")),
  schemas: fact(
    z.array(urn).nullable(),
    "URNs of the extension schemas that are sent; null: those that the server lists at /Schemas",
  ).default(assumed(null)),
  externalId: fact(z.boolean(), "externalId is sent").default(assumed(true)),
  filterTrust: fact(
    z.boolean(),
    "A filter that finds nothing means that there is nothing; if not, lookups read the whole list",
  ).default(assumed(true)),
  maxPage: fact(z.int().min(1).max(10_000), "Resources asked for per page").default(assumed(100)),
});

const targetProfileSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "is not of lower-case letters, digits and -"),
  title: z.string().min(1).max(100),
  description: z.string().min(1),
  facts: facts.prefault({}),
});
