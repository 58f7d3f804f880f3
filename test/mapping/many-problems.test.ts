import { describe, expect, test } from "vitest";
import { compileMappingText } from "../../src/mapping/compile.ts";
import { MappingError, type MappingProblem } from "../../src/mapping/problem.ts";
import { compileTargetRules } from "../../src/mapping/target-rules.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";

const compile = (text: string) => compileMappingText({ name: "own", text, extensions: [] });

function problemsOf(work: () => unknown): readonly MappingProblem[] {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.problems;
  }
  throw new Error("expected a MappingError");
}

/** Milliseconds. */
function timeOf(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

const userName = { from: "userid" };
const many = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe("a file with thousands of mistakes", () => {
  const rules = Object.fromEntries(many(20_000, (n) => [`nope${n}`, { from: "x" }]));
  const rows = many(20_000, (n) => [`k${n}`, "value"]);
  const files: readonly (readonly [string, string])[] = [
    ["attributes that are not there", JSON.stringify({ user: { userName, ...rules } }, null, 1)],
    ["unknown keys", JSON.stringify({ user: { userName }, ...Object.fromEntries(rows) }, null, 1)],
    [
      "a table of values that do not fit",
      JSON.stringify({ user: { userName, active: { from: "status", values: Object.fromEntries(rows) } } }),
    ],
    ["members that are there twice", `{"user": {${many(20_000, () => '"a": 1').join(",\n")}}}`],
    [
      "tests that expect what is not there",
      JSON.stringify({ user: { userName }, tests: [{ name: "t", member: {}, expect: Object.fromEntries(rows) }] }),
    ],
  ];

  test.each(files)("%s: a hundred are told, the last of which says that there are more", (_, text) => {
    let problems: readonly MappingProblem[] = [];
    expect(
      timeOf(() => {
        problems = problemsOf(() => compile(text));
      }),
    ).toBeLessThan(3000);
    expect(problems).toHaveLength(100);
    expect(problems.at(-1)).toMatchObject({ pointer: "", line: 1, detail: "and more: mend these first" });
    const lines = problems.slice(0, -1).map(({ line }) => line ?? 0);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  test("in the rules of a target as well", () => {
    const problems = problemsOf(() => compileTargetRules({ user: rules }, { catalog: makeSchemaCatalog([]) }));
    expect(problems).toHaveLength(100);
  });

  test("exactly a hundred are a hundred", () => {
    const text = JSON.stringify({ user: { userName }, ...Object.fromEntries(many(100, (n) => [`k${n}`, 1])) });
    const problems = problemsOf(() => compile(text));
    expect(problems).toHaveLength(100);
    expect(problems.at(-1)?.detail).toContain("unknown key");
  });
});

test("problems and warnings beside a table of 20,000 rows are found at once, each at its line", () => {
  const values = Object.fromEntries(many(20_000, (n) => [`K${n}`, "value"]));
  const file = { user: { userName, title: { from: "position", normalise: "lower", values } } };
  const text = JSON.stringify(file, null, 1);
  let warnings: readonly MappingProblem[] = [];
  expect(
    timeOf(() => {
      warnings = compile(text).warnings;
    }),
  ).toBeLessThan(3000);
  expect(warnings).toHaveLength(100);
  const lines = text.split("\n");
  for (const { pointer, line } of warnings.slice(0, -1)) {
    expect(lines[(line ?? 0) - 1]).toContain(`"${pointer.split("/").at(-1)}"`);
  }
});

test("a file has at most 500 tests; the first one too many is the place", () => {
  const tests = many(501, (n) => ({ name: `t${n}`, member: { userid: `u${n}` }, expect: { userName: `u${n}` } }));
  expect(problemsOf(() => compile(JSON.stringify({ user: { userName }, tests }, null, 1)))).toMatchObject([
    { pointer: "/tests/500", line: expect.any(Number), detail: "a file has at most 500 tests" },
  ]);
  expect(compile(JSON.stringify({ user: { userName }, tests: tests.slice(1) })).tests).toHaveLength(500);
});

test("a problem is not as long as the file, whatever stands in it", () => {
  const name = "x".repeat(400_000);
  const problems = problemsOf(() => compile(JSON.stringify({ user: { userName, [name]: { [name]: 1 } } })));
  expect(JSON.stringify(problems).length).toBeLessThan(20_000);
  expect(problems[0]).toMatchObject({ pointer: "/user", line: 1 });
});
