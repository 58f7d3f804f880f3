import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { safeParse } from "../lib/safe-parse.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { AttributeKey } from "./attribute-key.ts";
import { type TestForm, testForm } from "./format.ts";
import type { Report } from "./problem.ts";
import { findAttributeKey } from "./resource-path.ts";
import { PathSyntaxError } from "./source-path.ts";

/** What an attribute of a test must be. */
export interface Expectation {
  /** As the file writes it. */
  readonly path: string;
  readonly key: AttributeKey;
  /** Undefined: no value. */
  readonly value: Json | undefined;
}

/** A test that a mapping file carries, checked against the schemas. */
export interface MappingTest {
  readonly name: string;
  readonly index: number;
  readonly form: TestForm;
  readonly expect: readonly Expectation[];
}

/** They are run whenever the file changed, while others wait. */
const maxTests = 500;

/** The `tests` of a mapping file. Problems in their form are reported by check-form.ts. */
export function compileTests(catalog: SchemaCatalog, file: JsonObject, report: Report): readonly MappingTest[] {
  const tests = member(file, "tests");
  if (!Array.isArray(tests)) return [];
  if (tests.length > maxTests) report(["tests", maxTests], `a file has at most ${maxTests} tests`);
  return tests.slice(0, maxTests).flatMap((test: Json, index): readonly MappingTest[] => {
    const { data: form } = safeParse(testForm, test);
    if (!form || !isJsonObject(test)) return [];
    const section = form.member ? "user" : form.department ? "department" : "tag";
    if (!isJsonObject(member(file, section))) {
      report(["tests", index], `the file has no ${section} section that this could test`);
    }
    const type = form.member ? "User" : "Group";
    const expect = Object.entries(member(test, "expect") ?? {}).flatMap(([path, value]): readonly Expectation[] => {
      try {
        return [{ path, key: findAttributeKey(catalog, type, path), value: value === null ? undefined : value }];
      } catch (error) {
        if (!(error instanceof PathSyntaxError)) throw error;
        report(["tests", index, "expect", path], error.message, { part: "key" });
        return [];
      }
    });
    return [{ name: form.name, index, form, expect }];
  });
}
