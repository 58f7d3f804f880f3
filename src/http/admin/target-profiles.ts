import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { notFound, ProblemError } from "../problem.ts";
import { cutPage, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts, ProfileReading } from "./parts.ts";

/** What is known of the products that can be targets: read only, the files are edited where they lie. */
export function makeTargetProfiles({
  schemas,
  knownProfiles,
  readProfile,
}: Pick<AdminParts, "schemas" | "knownProfiles" | "readProfile">) {
  // As the files are by now.
  const names = async (): Promise<readonly string[]> => {
    await schemas.refresh();
    return knownProfiles();
  };

  return new OpenAPIHono()
    .openapi(listProfiles, async (c) => {
      const found = (await names()).map((name) => ({ id: name }));
      const { items, nextCursor } = cutPage(found, pageOf(c.req.valid("query")));
      return c.json({ items: items.map(({ id }) => toSummary(id, readProfile(id))), nextCursor }, 200);
    })
    .openapi(readOne, async (c) => {
      const { name } = c.req.valid("param");
      if (!(await names()).includes(name)) throw notFound("target profile", name);
      const reading = readProfile(name);
      if ("problem" in reading) throw new ProblemError(409, "conflict", reading.problem);
      return c.json({ ...toSummary(name, reading), facts: factsOf(reading) }, 200);
    });
}

function toSummary(name: string, reading: ProfileReading): z.output<typeof summaryView> {
  if ("problem" in reading)
    return { name, title: name, description: "", verified: 0, assumed: 0, problem: reading.problem };
  const { title, description, facts } = reading.profile;
  const evidence = Object.values(facts).map((fact) => fact.evidence);
  const count = (kind: string) => evidence.filter((each) => each === kind).length;
  return { name, title, description, verified: count("verified"), assumed: count("assumed"), problem: null };
}

function factsOf({ profile }: Extract<ProfileReading, { profile: unknown }>): z.output<typeof profileView>["facts"] {
  return Object.entries(profile.facts).map(([name, { value, evidence, note }]) => ({
    ...{ name, value, evidence, note: note ?? null, meaning: profile.meanings.get(name) ?? "" },
  }));
}

/** What is known of a product, in short. */
export const summaryView = z
  .object({
    name: z.string().openapi({ description: "What `profile` of a target says; the file's name without .json." }),
    title: z.string(),
    description: z.string(),
    verified: z.int().openapi({ description: "How many facts were seen in documentation or source." }),
    assumed: z.int().openapi({ description: "How many are only assumed, the defaults among them." }),
    problem: z.string().nullable().openapi({ description: "Why the file can't be used; null when it can." }),
  })
  .openapi("TargetProfileSummary");

/** What is known of a product, fact by fact. */
export const profileView = summaryView
  .extend({
    facts: z
      .array(
        z.object({
          name: z.string(),
          meaning: z.string(),
          value: z.unknown(),
          evidence: z.enum(["verified", "assumed"]),
          note: z.string().nullable().openapi({ description: "Where it was seen, or why it is assumed." }),
        }),
      )
      .readonly(),
  })
  .openapi("TargetProfile");

const tags = ["Target profiles"];

const listProfiles = createRoute({
  method: "get",
  path: "/target-profiles",
  operationId: "listTargetProfiles",
  summary: "Lists what is known of the products that can be targets, in order of name.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of profiles", page(summaryView)), ...refusals(400) },
});

const readOne = createRoute({
  method: "get",
  path: "/target-profiles/{name}",
  operationId: "readTargetProfile",
  summary: "Reads a profile: each fact with its evidence. 409 when its file can't be used, with what is wrong.",
  tags,
  request: { params: z.object({ name: z.string().min(1).max(100) }) },
  responses: { 200: json("The profile", profileView), ...refusals(404, 409) },
});
