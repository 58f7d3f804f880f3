import fc from "fast-check";
import { expect, it } from "vitest";
import { lineDiff } from "../../src/console/pages/schemas/line-diff.ts";
import { offsetOf } from "../../src/console/pages/schemas/text-position.ts";

const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) => lines.join("\n"));

it("a difference holds both texts, in their order, and no line of both twice where they are alike", () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = lineDiff(before, after);
      const side = (op: "+" | "-") => lines.filter((each) => each.op !== op).map(({ line }) => line);
      expect(side("+").join("\n")).toBe(before);
      expect(side("-").join("\n")).toBe(after);
      if (before === after) expect(lines.every(({ op }) => op === " ")).toBe(true);
    }),
  );
});

it("a place in a text is found by line and column, and beyond its end is its end", () => {
  expect(offsetOf("ab\ncd\n", 2, 2)).toBe(4);
  expect(offsetOf("ab", 1, 1)).toBe(0);
  expect(offsetOf("ab", 7, 1)).toBe(2);
});
