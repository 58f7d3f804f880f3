import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RemovalLimit, type RemovalNumbers, refuseRemovals } from "../../src/plan/guard.ts";

const limit: RemovalLimit = { floor: 5, percent: 10, count: 500 };
const refuse = (numbers: Partial<RemovalNumbers>, more: Partial<RemovalLimit> = {}): string | null =>
  refuseRemovals("users", { planned: 0, recent: 0, total: 100, ...numbers }, { ...limit, ...more });

describe("removals", () => {
  test("up to the floor pass, of however few", () => {
    expect(refuse({ planned: 5, total: 5 })).toBeNull();
    expect(refuse({ planned: 6, total: 6 })).toContain("6 of 6 users would be removed, 100.0 %");
  });

  test("pass up to the share, and not beyond it", () => {
    expect(refuse({ planned: 10, total: 100 })).toBeNull();
    expect(refuse({ planned: 11, total: 100 })).toContain(
      "11.0 %; allowed without approval are 5, above that at most 10 % or 500",
    );
  });

  test("pass up to the number, however small their share", () => {
    expect(refuse({ planned: 500, total: 1_000_000 })).toBeNull();
    expect(refuse({ planned: 501, total: 1_000_000 })).toContain("501 of 1000000");
    const { count: _, ...unlimited } = limit;
    const numbers = { planned: 90_000, recent: 0, total: 1_000_000 };
    expect(refuseRemovals("members", numbers, unlimited)).toBeNull();
  });

  test("of the last hours count, against what there was before them", () => {
    expect(refuse({ planned: 2, recent: 8, total: 92 })).toBeNull();
    expect(refuse({ planned: 3, recent: 8, total: 92 })).toContain(
      "3 of 92 users would be removed (8 more within the window already: together 11 of 100), 11.0 %",
    );
  });

  test("that are none are never refused, whatever went before", () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), (recent, total) => refuse({ planned: 0, recent, total }) === null));
  });

  test("that are refused are refused all the more when there are more of them", () => {
    const numbers = fc.nat(2000);
    fc.assert(
      fc.property(numbers, numbers, numbers, fc.nat(50), (planned, recent, total, more) => {
        const there = Math.max(planned + more, total);
        if (refuse({ planned: planned + 1, recent, total: there + 1 }) === null) return;
        expect(refuse({ planned: planned + 1 + more, recent, total: there + 1 })).not.toBeNull();
      }),
    );
  });

  test("cannot be split into steps that pass where the whole would not", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
        (total, steps) => {
          let recent = 0;
          for (const planned of steps) {
            if (planned > total - recent) break;
            if (refuse({ planned, recent, total: total - recent }) !== null) break;
            recent += planned;
          }
          if (recent > 0) expect(refuse({ planned: recent, total })).toBeNull();
        },
      ),
    );
  });
});
