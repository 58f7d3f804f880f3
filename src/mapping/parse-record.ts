import { z } from "zod";
import { isJsonObject, type JsonObject, member } from "../lib/json.ts";
import { safeParse } from "../lib/safe-parse.ts";
import { testForm } from "./format.ts";
import type { JsonText } from "./json-text.ts";
import { MappingError, type MappingProblem, makeProblem } from "./problem.ts";
import type { RecordForm } from "./run-tests.ts";

/** What a record can be, in the words of mapping files. */
export type Subject = (typeof subjects)[number];

const subjects = ["member", "department", "tag"] as const;

/**
 * Reads a record as WeCom answers it (`errcode` and `errmsg` don't count), or with what surrounds it, as in the tests
 * of a mapping file: `{ "member": {…}, "departments": […] }`.
 *
 * @throws {MappingError} with every problem
 */
export function parseRecord({ value, locate }: JsonText, file: string, subject: Subject): RecordForm {
  const fail = (path: readonly (string | number)[], detail: string): MappingProblem =>
    makeProblem(file, locate, path, detail);
  if (!isJsonObject(value)) throw new MappingError([fail([], `write an object: a ${subject} as WeCom sends it`)]);
  const inner = member(value, subject);
  if (isJsonObject(inner)) {
    const parsed = safeParse(surroundedForm, withoutErrcode(value));
    if (parsed.success) return { ...parsed.data, [subject]: withoutErrcode(inner) };
    throw new MappingError(parsed.error.issues.flatMap((issue) => describeIssue(issue).map(([...at]) => fail(...at))));
  }
  const other = subjects.find((name) => isJsonObject(member(value, name)));
  if (other) throw new MappingError([fail([other], `holds a ${other}, and a ${subject} was wanted`)]);
  return { [subject]: withoutErrcode(value) };
}

// A test of a mapping file may be handed in as it stands there.
const surroundedForm = z
  .strictObject({ ...testForm.shape, name: z.unknown().optional(), expect: z.unknown().optional() })
  .transform(({ name: _, description: __, expect: ___, ...form }) => form)
  .refine((form) => subjects.filter((name) => form[name] !== undefined).length === 1, {
    message: "there is exactly one of member, department, tag",
  });

function describeIssue(issue: z.core.$ZodIssue): readonly (readonly [readonly (string | number)[], string])[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code !== "unrecognized_keys") return [[path, issue.message]];
  return issue.keys.map((key) => [[...path, key], "unknown key"] as const);
}

function withoutErrcode({ errcode: _, errmsg: __, ...record }: JsonObject): JsonObject {
  return record;
}
