import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { CsvError } from "../../directory/csv/csv-error.ts";
import { decodeCsv } from "../../directory/csv/decode-csv.ts";
import { parsePeopleCsv } from "../../directory/csv/parse-people-csv.ts";
import type { ImportedPerson } from "../../directory/import-people.ts";
import type { Json } from "../../lib/json.ts";
import { ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { json, refusals } from "./common.ts";
import { findCustom } from "./custom-source.ts";
import type { AdminParts } from "./parts.ts";
import { asProblems } from "./scim-refusal.ts";

/** Bytes of a file. */
export const maxImportBytes = 16 * 1024 * 1024;

/** How many people an answer shows one by one; it counts all of them. */
const mostShown = 500;

/** People of a custom source from a CSV file: first shown, then done. */
export function makeImports(parts: AdminParts) {
  const { store, custom } = parts;
  return new OpenAPIHono().openapi(importCsv, async (c) => {
    const source = await findCustom(store, c.req.valid("param").id);
    const { mode } = c.req.valid("query");
    checkType(c.req.header("content-type"));
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const parsed = parsePeopleCsv(readText(bytes), parts.catalog());
    const apply = mode === "apply";
    if (apply && source.status !== "enabled") {
      throw new ProblemError(409, "conflict", `The custom source "${source.name}" is disabled: enable it first.`);
    }
    const { people, newDepartments } = await asProblems(() =>
      custom.by(callerOf(c).name).importPeople(source.id, parsed.people, { apply }),
    );
    const count = (action: ImportedPerson["action"]): number =>
      people.filter((person) => person.action === action).length;
    const changed = people.filter(({ action, problem }) => action !== "unchanged" || problem !== null);
    return c.json(
      {
        mode,
        columns: [...parsed.columns],
        counts: {
          created: count("create"),
          updated: count("update"),
          unchanged: count("unchanged"),
          refused: count("refused"),
          unreadable: parsed.problems.length,
        },
        newDepartments: [...newDepartments],
        problems: [...parsed.problems],
        people: changed.slice(0, mostShown).map((person) => ({ ...person, changes: [...person.changes] })),
        isComplete: changed.length <= mostShown,
      },
      200,
    );
  });
}

/** A form around a file, as browsers send it, would be read as lines of the file. */
function checkType(contentType: string | undefined): void {
  if (contentType?.split(";")[0]?.trim().toLowerCase() === "text/csv") return;
  const detail = "The body has to be the file itself, sent with Content-Type: text/csv.";
  throw new ProblemError(400, "invalid-request", detail);
}

function readText(bytes: Uint8Array): string {
  try {
    return decodeCsv(bytes);
  } catch (error) {
    if (error instanceof CsvError) throw new ProblemError(400, "invalid-request", error.message);
    throw error;
  }
}

const anyJson = z
  .custom<Json>()
  .openapi({ type: ["string", "number", "boolean", "array", "object", "null"], description: "Any JSON value." });
const difference = z.object({ attribute: z.string(), before: anyJson, after: anyJson });

/** What a file did, or would do. */
export const importView = z
  .object({
    mode: z.enum(["preview", "apply"]),
    columns: z.array(z.object({ heading: z.string(), meaning: z.string().nullable(), note: z.string().optional() })),
    counts: z.object({
      created: z.int(),
      updated: z.int(),
      unchanged: z.int(),
      refused: z.int(),
      unreadable: z.int().openapi({ description: "Problems in the file itself; those people are left out." }),
    }),
    newDepartments: z.array(z.string()),
    problems: z.array(z.object({ line: z.int(), column: z.string().nullable(), detail: z.string() })),
    people: z.array(
      z.object({
        line: z.int(),
        userName: z.string(),
        action: z.enum(["create", "update", "unchanged", "refused"]),
        id: z.string().nullable(),
        changes: z.array(difference),
        problem: z.string().nullable(),
      }),
    ),
    isComplete: z
      .boolean()
      .openapi({ description: `False: only the first ${mostShown} of those that change are shown.` }),
  })
  .openapi("Import");

const importCsv = createRoute({
  method: "post",
  path: "/sources/{id}/import",
  operationId: "importPeople",
  summary: "Brings people into a custom source from a CSV file, or shows what that would do.",
  description:
    "The body is the file (UTF-8, UTF-16 or GB18030). The first line has headings: SCIM attribute paths or names such as " +
    "账号, 姓名, 部门. People are found by userName; whoever is not in the file stays as he is. An empty cell clears. " +
    "`changes` name the departments that a person is in by `departments`, with their paths before and after.",
  tags: ["Custom source"],
  request: {
    params: z.object({ id: z.string().min(1).max(100) }),
    query: z.object({ mode: z.enum(["preview", "apply"]).default("preview") }),
    body: { required: true, content: { "text/csv": { schema: z.string() } } },
  },
  responses: { 200: json("What was done, or would be", importView), ...refusals(400, 404, 409) },
});
