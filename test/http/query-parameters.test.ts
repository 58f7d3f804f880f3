import fc from "fast-check";
import { expect, test } from "vitest";
import { queryParameters } from "../../src/http/scim/query-parameters.ts";

const piece = fc.oneof(
  fc.constantFrom(
    "&",
    "=",
    "+",
    "%",
    "%2",
    "%26",
    "%3D",
    "%2B",
    "%zz",
    "%E5%BC%A0",
    "%E5%BC",
    "%EF%BB%BF",
    "%00",
    "#",
    "?",
  ),
  fc.constantFrom("filter", "Filter", "startIndex", "count", "userName%20eq%20%22a%22"),
  fc.string({ unit: "binary-ascii", maxLength: 4 }).map((text) => text.replace(/[^!-~]/g, "")),
);

test("parameters are those that URLSearchParams reads, names in any case", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const query = pieces.join("");
      const url = `https://bridge.example.com/scim/v2/Users?${query}`;
      const expected = new Map<string, string[]>();
      for (const [name, value] of new URLSearchParams(`?${query.split("#")[0]}`)) {
        expected.set(name.toLowerCase(), [...(expected.get(name.toLowerCase()) ?? []), value]);
      }
      const parameters = queryParameters(url);
      for (const [name, values] of expected) {
        expect(parameters.all(name.toUpperCase())).toEqual(values);
        expect(parameters.first(name)).toBe(values[0]);
      }
      expect(parameters.first("notThere")).toBe(null);
    }),
    { numRuns: 3000 },
  );
});

test("a question mark in a value does not begin the parameters anew", () => {
  expect(queryParameters("/Users?filter=a?b").first("filter")).toBe("a?b");
  expect(queryParameters("/Users").all("filter")).toEqual([]);
});
