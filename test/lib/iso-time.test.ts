import fc from "fast-check";
import { expect, it } from "vitest";
import { isoTime } from "../../src/lib/iso-time.ts";

it("writes times as toISOString of a Date does, in whatever order they come", () => {
  const times = fc.array(fc.integer({ min: 0, max: 253_402_300_799_999 }), { minLength: 1 });
  const ofOneDay = fc.array(fc.integer({ min: 1_790_000_000_000, max: 1_790_086_400_000 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.oneof(times, ofOneDay), (list) => {
      for (const time of list) expect(isoTime(time)).toBe(new Date(time).toISOString());
    }),
  );
});
