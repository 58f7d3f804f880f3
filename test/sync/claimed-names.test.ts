import fc from "fast-check";
import { expect, test } from "vitest";
import { ClaimedNames } from "../../src/sync/claimed-names.ts";

test("names that were given away are known as a map knows them, however many there are", () => {
  const name = fc.string({ maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.nat(5)), { maxLength: 3000, size: "max" }), (claims) => {
      const names = new ClaimedNames();
      const expected = new Map<string, string>();
      for (const [each, owner] of claims) {
        const isTaken = expected.has(each) && expected.get(each) !== `owner ${owner}`;
        expect(names.isTaken(each, `owner ${owner}`)).toBe(isTaken);
        if (isTaken) continue;
        names.claim(each, `owner ${owner}`);
        expected.set(each, `owner ${owner}`);
      }
    }),
    { numRuns: 20 },
  );
});

test("no name of a hundred thousand is lost while the room for them grows", () => {
  const names = new ClaimedNames();
  for (let index = 0; index < 100_000; index += 1) names.claim(`name ${index}`, `owner ${index}`);
  for (let index = 0; index < 100_000; index += 997) {
    expect([names.isTaken(`name ${index}`, "somebody else"), names.isTaken(`name ${index}`, `owner ${index}`)]).toEqual(
      [...[true, false]],
    );
  }
  expect(names.isTaken("another name", "somebody")).toBe(false);
});
