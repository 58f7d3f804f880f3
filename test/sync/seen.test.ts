import fc from "fast-check";
import { expect, test } from "vitest";
import { Seen } from "../../src/sync/seen.ts";

const numbers = fc.array(fc.nat(200_000), { maxLength: 300 });

function seenOf(list: readonly number[]): Seen {
  const seen = new Seen();
  for (const number of list) seen.add(number);
  return seen;
}

test("it has what was added and nothing else, as a Set does", () => {
  fc.assert(
    fc.property(numbers, numbers, (added, asked) => {
      const [seen, set] = [seenOf(added), new Set(added)];
      expect(seen.size).toBe(set.size);
      for (const number of [...added, ...asked]) expect(seen.has(number)).toBe(set.has(number));
    }),
  );
});

test("two together have what either had, once", () => {
  fc.assert(
    fc.property(numbers, numbers, numbers, (left, right, asked) => {
      const [seen, set] = [seenOf(left), new Set([...left, ...right])];
      seen.addAll(seenOf(right));
      expect(seen.size).toBe(set.size);
      for (const number of [...left, ...right, ...asked]) expect(seen.has(number)).toBe(set.has(number));
    }),
  );
});

test("the edges of its bytes and of its room hold", () => {
  const edges = [0, 1, 7, 8, 9, 8191, 8192, 8193, 65_535, 1_000_000, 40_000_000];
  const seen = seenOf(edges);
  expect(edges.every((number) => seen.has(number))).toBe(true);
  expect([2, 10, 8190, 8194, 999_999, 1_000_001, 500_000_000].some((number) => seen.has(number))).toBe(false);
  expect(seen.size).toBe(edges.length);
});
