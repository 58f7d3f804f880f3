import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, isJsonObject, type Json, type JsonObject, member, sameJson } from "../../src/lib/json.ts";
import { type AttributeDifference, diffDocuments, sameDocument } from "../../src/scim/document-diff.ts";
import { enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";

// Few keys and few values, so that two documents have much in common.
const value = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, -0, 1, 1.5, "", "a", "1"),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), tie("json"), { maxKeys: 3 }),
  ),
})).json;
const keys = fc.constantFrom("schemas", "title", "name", "emails", enterprise, "__proto__", "toString");
const document = fc
  .dictionary(keys, value, { maxKeys: 5 })
  .map((each) => JSON.parse(JSON.stringify(each)) as JsonObject);
const shuffled = document.chain((each) =>
  fc.record({ one: fc.constant(each), other: fc.oneof(document, changed(each)) }),
);

/** The same members in another order, one of them perhaps different. */
function changed(each: JsonObject): fc.Arbitrary<JsonObject> {
  const entries = Object.entries(each);
  return fc
    .tuple(fc.shuffledSubarray(entries, { minLength: entries.length }), fc.option(fc.tuple(keys, value)))
    .map(([all, extra]) => Object.fromEntries(extra === null ? all : [...all, extra]));
}

test("values are the same where their canonical texts are", () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      expect(sameJson(a, structuredClone(a))).toBe(true);
    }),
  );
  const gap = { a: 1, b: undefined } as unknown as JsonObject;
  expect(sameJson(gap, { a: 1 })).toBe(true);
  expect(sameJson({ a: 1 }, gap)).toBe(true);
  expect(sameJson(gap, { a: 1, b: null })).toBe(false);
  expect(sameJson({ c: 1 }, gap)).toBe(false);
});

test("differences are those that comparing canonical texts finds, in the same order", () => {
  fc.assert(
    fc.property(shuffled, fc.boolean(), ({ one, other }, none) => {
      const before = none ? null : one;
      expect(diffDocuments(before, other)).toEqual(byText(before, other));
      expect(diffDocuments(other, before)).toEqual(byText(other, before));
      expect(sameDocument(one, other)).toBe(byText(one, other).length === 0);
    }),
    { numRuns: 2000 },
  );
});

function byText(before: JsonObject | null, after: JsonObject | null): readonly AttributeDifference[] {
  const keysOf = (...objects: readonly (JsonObject | null | undefined)[]) =>
    new Set(objects.flatMap((each) => Object.keys(each ?? {})));
  const differ = (attribute: string, old: Json = null, fresh: Json = null): AttributeDifference[] =>
    canonicalJson(old) === canonicalJson(fresh) ? [] : [{ attribute, before: old, after: fresh }];
  return [...keysOf(before, after)]
    .filter((key) => key !== "schemas")
    .flatMap((key) => {
      const old = before === null ? undefined : member(before, key);
      const fresh = after === null ? undefined : member(after, key);
      if ((old !== undefined && !isJsonObject(old)) || (fresh !== undefined && !isJsonObject(fresh)))
        return differ(key, old, fresh);
      const separator = key.startsWith("urn:") ? ":" : ".";
      return [...keysOf(old, fresh)].flatMap((sub) =>
        differ(`${key}${separator}${sub}`, old && member(old, sub), fresh && member(fresh, sub)),
      );
    });
}
