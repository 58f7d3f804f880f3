import fc from "fast-check";
import { expect, test } from "vitest";
import { Sample } from "../../src/sync/sample.ts";

test("it has all of a few, and of many enough that lie evenly among them", () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.integer({ min: 1, max: 50 }), (count, size) => {
      const sample = new Sample<number>(size);
      for (let item = 0; item < count; item += 1) sample.add(item);
      const { items } = sample;
      expect(items.length).toBeLessThan(2 * size);
      expect(items.length).toBeGreaterThanOrEqual(Math.min(count, size));
      const gaps = new Set(items.slice(1).map((item, index) => item - (items[index] ?? 0)));
      expect(gaps.size).toBeLessThanOrEqual(1);
      if (items.length > 0) expect(items[0]).toBe(0);
    }),
  );
});
