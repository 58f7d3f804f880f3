import { describe, expect, test } from "vitest";
import { compileMapping } from "../../src/mapping/compile.ts";
import { MappingError } from "../../src/mapping/problem.ts";
import { brokenFiles } from "./broken-files.ts";
import { brokenTexts } from "./broken-texts.ts";
import { problemsOf, problemsOfText } from "./inputs.ts";

describe("a broken file is refused with the place of the mistake", () => {
  test("there are at least a hundred of them", () => {
    expect(brokenFiles.length + brokenTexts.length).toBeGreaterThanOrEqual(100);
  });

  test.each(brokenFiles)("%s", (_, mapping, pointer, detail) => {
    const text = JSON.stringify(mapping, null, 2);
    const problems = problemsOf(mapping);
    const problem = problems.find((each) => each.pointer === pointer);
    expect(problem?.detail ?? problems).toContain(detail);
    expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(["mappings/broken.json"]));
    for (const { pointer: where, line, column } of problems) expectPlace(text, mapping, where, line, column);
  });

  test.each(brokenTexts)("%s", (_, text, line, column, detail) => {
    expect(problemsOfText(text)).toEqual([
      expect.objectContaining({ file: "mappings/broken.json", line, column, detail: expect.stringContaining(detail) }),
    ]);
  });
});

test("a mistake inside an expression is shown at its character, whatever was escaped before it", () => {
  const text =
    '{ "user": { "userName": { "from": "userid" },\n  "title": { "expr": "\\"\\u4e2d\\" + member.nmae" } } }';
  const [problem] = problemsOfText(text);
  expect(problem).toMatchObject({ pointer: "/user/title/expr", line: 2 });
  expect(text.split("\n")[1]?.slice((problem?.column ?? 0) - 1)).toMatch(/^member\.nmae/);
});

test("all problems come at once, in the order of the file", () => {
  const mapping = {
    user: { titel: { from: "alias" }, nickName: { from: "alias..b", values: {}, x: 1 }, active: { const: "maybe" } },
    tag: 3,
  };
  expect(problemsOf(mapping).map(({ pointer }) => pointer)).toEqual([
    "/user",
    "/user/titel",
    "/user/nickName/x",
    "/user/active/const",
    "/tag",
  ]);
});

test("the error is one line for each problem, the place first", () => {
  expect(() => compileMapping({ name: "x", mapping: {}, extensions: [], file: "mappings/other.json" })).toThrow(
    new MappingError([
      {
        file: "mappings/other.json",
        pointer: "/user",
        line: null,
        column: null,
        detail: "write an object: attribute paths on the left, rules on the right",
      },
    ]),
  );
  expect(() => {
    throw new MappingError(
      problemsOfText('{\n  "user": { "userName": { "from": "userid" }, "titel": { "const": 1 } } }'),
    );
  }).toThrow("mappings/broken.json:2:47 /user/titel: User has no attribute titel; did you mean title?");
});

/** The place is in the line of the member that the pointer names, or of the nearest one above that is there. */
function expectPlace(
  text: string,
  mapping: unknown,
  pointer: string,
  line: number | null,
  column: number | null,
): void {
  const keys = pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const { line: expected, key } = findLine(mapping, keys);
  expect(line).toBe(expected);
  const content = text.split("\n")[expected - 1] ?? "";
  const start = (column ?? 0) - 1;
  const before = content.slice(0, start);
  expect(start).toBeLessThan(content.length);
  // Nothing but blanks stands before it, or the member's own name does.
  if (key === null) expect(before.trim()).toMatch(/^("|$)/);
  else expect(before.trim() === "" || before.trim().startsWith(JSON.stringify(key))).toBe(true);
}

// Every member of JSON.stringify(…, null, 2) has its own line.
function findLine(
  value: unknown,
  [key, ...rest]: readonly string[],
  line = 1,
  name: string | null = null,
): { line: number; key: string | null } {
  if (key === undefined || typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
    return { line, key: name };
  }
  let at = line + 1;
  for (const [each, item] of Object.entries(value)) {
    if (each === key) return findLine(item, rest, at, Array.isArray(value) ? null : key);
    at += JSON.stringify(item, null, 2).split("\n").length;
  }
  return { line, key: name };
}
