import { canonicalJson, type Json, type JsonObject } from "../lib/json.ts";
import type { TestForm } from "./format.ts";
import type { DepartmentContext, DepartmentInput, Mapped, SourceContext, TagInput, UserInput } from "./mapping.ts";
import type { MappingTest } from "./mapping-test.ts";
import type { MappingProblem } from "./problem.ts";
import type { MappingProgram } from "./program.ts";
import { readAttribute } from "./resource-path.ts";

/** What came of a test that a mapping file carries. */
export interface MappingTestResult {
  readonly name: string;
  readonly pointer: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly ok: boolean;
  readonly failures: readonly MappingTestFailure[];
}

/** An attribute that is not what was expected; `undefined` is no value. */
export interface MappingTestFailure extends MappingProblem {
  readonly path: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

/** Runs the tests that a mapping file carries. */
export function runMappingTests(program: MappingProgram): readonly MappingTestResult[] {
  return program.tests.map((test) => {
    const failures = runTest(program, test);
    const { pointer, line, column } = program.problemAt(["tests", test.index], "");
    return { name: test.name, pointer, line, column, ok: failures.length === 0, failures };
  });
}

function runTest(program: MappingProgram, { index, form, expect }: MappingTest): readonly MappingTestFailure[] {
  const { document } = mapTest(program, form);
  return expect.flatMap(({ path, key, value: expected }) => {
    const actual = readAttribute(document, key);
    if (same(actual, expected)) return [];
    const detail = `expected ${describe(expected)}, got ${describe(actual)}`;
    return [{ ...program.problemAt(["tests", index, "expect", path], detail), path, expected, actual }];
  });
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);
}

function describe(value: Json | undefined): string {
  return value === undefined ? "no value" : JSON.stringify(value);
}

function mapTest(program: MappingProgram, form: TestForm): Mapped {
  const { kind, input } = toRecordInput(form);
  switch (kind) {
    case "user":
      return program.mapUser(input);
    case "department":
      return program.mapDepartment(input);
    case "tag":
      return program.mapTag(input);
  }
}

/** A record and what surrounds it, as a test writes them: a test without its name and what is expected. */
export type RecordForm = Omit<TestForm, "name" | "description" | "expect">;

/** What a mapping is given of a record. */
export type RecordInput =
  | { readonly kind: "user"; readonly input: UserInput }
  | { readonly kind: "department"; readonly input: DepartmentInput }
  | { readonly kind: "tag"; readonly input: TagInput };

/** A record as a test writes it, in the form in which mappings take it. */
export function toRecordInput(form: RecordForm): RecordInput {
  const source: SourceContext = {
    organization: form.organization ?? null,
    namespace: form.namespace ?? null,
    unseenFields: new Set(form.unseenFields),
  };
  if (form.member) return { kind: "user", input: { ...userParts(form, form.member as JsonObject), source } };
  if (form.department) {
    const raw = form.department as JsonObject;
    const name = String(raw["name"] ?? "");
    const context = { key: String(raw["id"] ?? ""), name, path: form.path ?? name, parent: null, leaders: [] };
    const department = { kind: "department", key: context.key, raw, name, parent: null, leaders: [] } as const;
    return { kind: "department", input: { department, context, source } };
  }
  const tag = { kind: "tag", key: "", raw: form.tag as JsonObject, name: "", users: [], departments: [] } as const;
  return { kind: "tag", input: { tag, source } };
}

function userParts(form: RecordForm, raw: JsonObject) {
  const departments = (form.departments ?? []).map(toContext);
  const mainDepartment = form.mainDepartment ? toContext(form.mainDepartment) : (departments[0] ?? null);
  const user = { kind: "user", key: "", raw, departments: [], mainDepartment: null, managers: [] } as const;
  const tags = (form.tags ?? []).map(({ id, name }) => ({ key: String(id), name }));
  return { user, departments, mainDepartment, tags };
}

function toContext(form: NonNullable<TestForm["mainDepartment"]>): DepartmentContext {
  const { id, name, path = name, leaders = [], parent } = form;
  return { key: String(id), name, path, leaders, parent: parent === undefined ? null : String(parent) };
}
