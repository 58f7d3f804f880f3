import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeBreak, findBreak } from "../../src/lib/json-break.ts";

describe("where a text ceases to be JSON", () => {
  it.each([
    ["", "it is empty"],
    [" \n", "it is empty"],
    ["{", "it ends too early, in line 1"],
    ['{\n"a": "b', "it ends too early, in line 2"],
    ['{"a": 1,\r\n "b" 2}', "look at line 2, column 6"],
    ['{"a": 1,}', "look at line 1, column 9"],
    ["[1,]", "look at line 1, column 4"],
    ["[1 2]", "look at line 1, column 4"],
    ["[1}", "look at line 1, column 3"],
    ["{a: 1}", "look at line 1, column 2"],
    ["{'a': 1}", "look at line 1, column 2"],
    ['["a\nb"]', "look at line 1, column 4"],
    ['["\\x"]', "look at line 1, column 3"],
    ["[01]", "look at line 1, column 3"],
    ["undefined", "look at line 1, column 1"],
    ['{"a":1} {}', "look at line 1, column 9"],
    ["1,2", "look at line 1, column 2"],
    ["{} // over", "look at line 1, column 4"],
  ])("%j: %s", (text, expected) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(describeBreak(text)).toBe(expected);
  });

  it("is found however deep it is, and however long a text", () => {
    expect(describeBreak("[".repeat(200_000))).toBe("it ends too early, in line 1");
    expect(findBreak(`["${"x".repeat(1_000_000)}" 1]`)).toEqual({ line: 1, column: 1_000_005 });
  });

  it("is never in what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        expect(describeBreak(text)).toMatch(/^it ends too early/);
        const cut = at % (text.length + 1);
        const broken = `${text.slice(0, cut)}\u0001${text.slice(cut)}`;
        expect(() => JSON.parse(broken)).toThrow();
        const { column } = findBreak(broken);
        expect(column).toBeLessThanOrEqual(cut + 1);
      }),
    );
  });
});
