import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Filter } from "../../src/scim/filter.ts";
import { filterLimits, parseFilter } from "../../src/scim/parse-filter.ts";
import { printFilter } from "../../src/scim/print-filter.ts";
import { ScimError } from "../../src/scim/scim-error.ts";

const path = (name: string, sub: string | null = null, schema: string | null = null) => ({ schema, name, sub });

function refusalOf(text: string): ScimError {
  try {
    parseFilter(text);
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("the filter grammar", () => {
  it("R-078 reads every operator, in any case", () => {
    for (const operator of ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]) {
      for (const spelling of [operator, operator.toUpperCase()]) {
        expect(parseFilter(`title ${spelling} "x"`)).toEqual({
          kind: "compare",
          path: path("title"),
          operator,
          value: "x",
        });
      }
    }
    expect(parseFilter("title PR")).toEqual({ kind: "present", path: path("title") });
  });

  it("R-079 binds `and` closer than `or`, and `not` closer than both", () => {
    expect(parseFilter("a pr or b pr and c pr")).toEqual(parseFilter("a pr or (b pr and c pr)"));
    expect(parseFilter("a pr and b pr or c pr")).toEqual(parseFilter("(a pr and b pr) or c pr"));
    expect(parseFilter("not (a pr) and b pr")).toEqual({
      kind: "and",
      left: { kind: "not", filter: { kind: "present", path: path("a") } },
      right: { kind: "present", path: path("b") },
    });
    expect(parseFilter("a pr AND b pr OR c pr").kind).toBe("or");
  });

  it("R-080 takes `not` with brackets only", () => {
    expect(refusalOf("not a pr").scimType).toBe("invalidFilter");
    expect(parseFilter("NOT(a pr)").kind).toBe("not");
    expect(parseFilter("not pr")).toEqual({ kind: "present", path: path("not") });
  });

  it("R-081 reads JSON values and refuses text without quotes", () => {
    expect(parseFilter("a eq true")).toMatchObject({ value: true });
    expect(parseFilter("a eq null")).toMatchObject({ value: null });
    expect(parseFilter("a eq -1.5e3")).toMatchObject({ value: -1500 });
    for (const text of ["a eq bjensen", "a eq True", "a eq 01", "a eq 1e999", "a eq 'x'", "a eq"]) {
      expect(refusalOf(text)).toMatchObject({ status: 400, scimType: "invalidFilter" });
    }
  });

  it("R-086 R-087 reads value paths and their combinations", () => {
    const filter = parseFilter(
      'userType eq "E" and (emails[type eq "work" and value co "@x"] or ims[not (type eq "q")])',
    );
    expect(filter).toMatchObject({
      kind: "and",
      right: { kind: "or", left: { kind: "valuePath", path: path("emails") } },
    });
    expect(refusalOf("a[b[c pr]]").message).toContain("at character 4");
  });

  it("E8 reads a part of what a value path chooses, as Entra ID writes it", () => {
    const filter = parseFilter('emails[type eq "work" or type eq "home"].value eq "x" and active eq true');
    expect(filter).toEqual(
      parseFilter('emails[(type eq "work" or type eq "home") and value eq "x"] and active eq true'),
    );
    expect(parseFilter(printFilter(filter))).toEqual(filter);
  });

  it("R-088 R-089 reads URN prefixes and sub-attributes", () => {
    const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    expect(parseFilter(`${urn}:manager.displayName pr`)).toEqual({
      kind: "present",
      path: path("manager", "displayName", urn),
    });
    expect(parseFilter("members.$ref pr")).toEqual({ kind: "present", path: path("members", "$ref") });
  });

  it("R-093 reads the escapes of JSON", () => {
    expect(parseFilter('a eq "\\"\\\\\\/\\u00e9\\ud83d\\ude00)"')).toMatchObject({ value: '"\\/é😀)' });
    for (const text of ['a eq "\\x"', 'a eq "\u0001"', 'a eq "\\ud83d"', 'a eq "\\u0000"', 'a eq "x', 'a eq "x"y']) {
      expect(refusalOf(text).scimType).toBe("invalidFilter");
    }
  });

  it("R-090 names the place of what it cannot read", () => {
    const places: readonly (readonly [string, number])[] = [
      ["", 1],
      ["title", 6],
      ['title is "x"', 7],
      ['title eq "x" title', 14],
      ['(title eq "x"', 14],
      ['title eq "x")', 13],
      ["title eq [", 10],
      ['emails[type eq "x"', 19],
      ['emails[type eq "x"].value', 26],
      ['emails[type eq "x"].a.b eq "y"', 20],
      ['emails[type eq "x"]. eq "y"', 20],
      ['title eq"x"', 9],
      ["__proto__ pr", 1],
      ["a..b pr", 1],
      ["a:b pr", 1],
    ];
    for (const [text, at] of places) expect(refusalOf(text).message).toContain(`at character ${at} `);
  });

  it("refuses what would cost too much: length, depth, comparisons", () => {
    const nested = (levels: number) => `${"(".repeat(levels)}a pr${")".repeat(levels)}`;
    expect(parseFilter(nested(filterLimits.depth))).toMatchObject({ kind: "present" });
    expect(refusalOf(nested(filterLimits.depth + 1)).message).toContain("levels of brackets");
    const chain = (length: number) => Array.from({ length }, () => "a pr").join(" or ");
    expect(parseFilter(chain(filterLimits.comparisons)).kind).toBe("or");
    expect(refusalOf(chain(filterLimits.comparisons + 1)).message).toContain("comparisons");
    expect(refusalOf(`a eq "${"x".repeat(filterLimits.length)}"`).message).toContain("characters at most");
    expect(refusalOf(`a eq "${"\\".repeat(filterLimits.length - 6)}`).scimType).toBe("invalidFilter");
  });

  it("answers any text with a filter or invalidFilter", () => {
    const pieces = fc.constantFrom(
      "a",
      "eq",
      "and",
      "or",
      "not",
      "pr",
      "(",
      ")",
      "[",
      "]",
      '"x"',
      '"',
      "\\",
      "1",
      "null",
      ".",
      ":",
      " ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces).map((parts) => parts.join(" ")),
        ),
        (text) => {
          try {
            parseFilter(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ScimError);
            expect(error).toMatchObject({ status: 400, scimType: "invalidFilter" });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("printing a filter", () => {
  it("gives text that reads as the same filter", () => {
    fc.assert(
      fc.property(filters(), (filter) => {
        expect(parseFilter(printFilter(filter))).toEqual(filter);
      }),
      { numRuns: 2000 },
    );
  });

  it("puts in no bracket that is not needed", () => {
    for (const text of [
      'a eq "x" or b pr and not (c.d lt 5 or e ne null)',
      "(a pr or b pr) and c pr",
      "a pr and (b pr and c pr)",
      'emails[type eq "work" and (value co "x" or value co "y")]',
    ]) {
      expect(printFilter(parseFilter(text))).toBe(text);
    }
  });
});

function filters(): fc.Arbitrary<Filter> {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9$_-]{0,8}$/);
  const anyPath = fc.record({
    schema: fc.option(fc.constantFrom("urn:ietf:params:scim:schemas:core:2.0:User", "urn:example:x.y:2.0")),
    name,
    sub: fc.option(fc.oneof(name, fc.constant("$ref"))),
  });
  const value = fc.oneof(
    fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.boolean(),
    fc.constant(null),
  );
  const leaf = fc.oneof(
    fc.record({ kind: fc.constant("present" as const), path: anyPath }),
    fc.record({
      kind: fc.constant("compare" as const),
      path: anyPath,
      operator: fc.constantFrom("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"),
      value,
    }),
  );
  const tree = (inner: fc.Arbitrary<Filter>) =>
    fc.letrec<{ any: Filter }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        inner,
        fc.record({ kind: fc.constantFrom("and" as const, "or" as const), left: tie("any"), right: tie("any") }),
        fc.record({ kind: fc.constant("not" as const), filter: tie("any") }),
      ),
    })).any;
  return tree(
    fc.oneof(leaf, fc.record({ kind: fc.constant("valuePath" as const), path: anyPath, filter: tree(leaf) })),
  );
}
