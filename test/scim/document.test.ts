import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { managerOf, storable, withManager, withoutValues, withSchemas } from "../../src/scim/document.ts";
import { diffDocuments, sameDocument } from "../../src/scim/document-diff.ts";
import { coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";

const document = fc
  .dictionary(
    fc.oneof(fc.constantFrom("title", "name", "emails", enterprise, "__proto__"), fc.string()),
    fc.jsonValue(),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

describe("what a database takes", () => {
  test("NUL and half characters become replacement characters, anything else stays", () => {
    const given = {
      title: "a\u0000b",
      name: { formatted: "x\ud83d" },
      emails: [{ value: "\udc00y" }],
      nickName: "😀\\u0000",
    };
    expect(storable(given).document).toEqual({
      title: "a\ufffdb",
      name: { formatted: "x\ufffd" },
      emails: [{ value: "\ufffdy" }],
      nickName: "😀\\u0000",
    });
  });

  test("what is fine is handed back as it is, and what was repaired is fine", () => {
    const fine = { title: "好", active: true };
    expect(storable(fine).document).toBe(fine);
    const wild = fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(
        wild,
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
        (rest, text) => {
          const repaired = storable({ rest, text }).document;
          const plain = String(repaired["text"]);
          expect(plain.isWellFormed()).toBe(true);
          expect(plain).not.toContain("\u0000");
          expect(plain).toHaveLength(text.length);
          expect(storable(repaired)).toEqual({ document: repaired, text: JSON.stringify(repaired) });
        },
      ),
    );
  });
});

describe("the manager", () => {
  const led = { title: "x", [enterprise]: { department: "研发", manager: { value: "boss" } } };

  test("is found in the enterprise extension, and nowhere in a prototype", () => {
    expect(managerOf(led)).toBe("boss");
    expect(managerOf({})).toBeNull();
    expect(managerOf({ [enterprise]: "text" })).toBeNull();
    expect(managerOf({ [enterprise]: JSON.parse('{"__proto__":{"manager":{"value":"x"}}}') })).toBeNull();
  });

  test("is replaced, or goes, with an extension that becomes empty", () => {
    expect(withManager(led, "id-1")).toEqual({
      title: "x",
      [enterprise]: { department: "研发", manager: { value: "id-1" } },
    });
    expect(withManager(led, null)).toEqual({ title: "x", [enterprise]: { department: "研发" } });
    expect(withManager({ [enterprise]: { manager: { value: "boss" } } }, null)).toEqual({});
    const alone = { title: "x" };
    expect(withManager(alone, "id-1")).toBe(alone);
  });
});

test("schemas name the core and each extension that has data, first of all", () => {
  const made = withSchemas("User", { title: "x", schemas: ["stale"], [enterprise]: { department: "a" } });
  expect(Object.keys(made)[0]).toBe("schemas");
  expect(made["schemas"]).toEqual([coreUserSchema, enterprise]);
});

test("a document without its values says which attributes it had, and nothing of anybody", () => {
  expect(
    withoutValues({ title: "总监", active: false, emails: [{ value: "a@b", primary: true }], [enterprise]: { n: 7 } }),
  ).toEqual({ title: "", active: false, emails: [{ value: "", primary: true }], [enterprise]: { n: "" } });
});

describe("the difference of two documents", () => {
  test("names attributes, sub-attributes and extension attributes, and not schemas", () => {
    const before = {
      schemas: ["a"],
      title: "x",
      name: { formatted: "n", givenName: "g" },
      [enterprise]: { department: "d" },
    };
    const after = {
      schemas: ["b"],
      name: { formatted: "m", givenName: "g" },
      [enterprise]: { department: "e", organization: "o" },
    };
    expect(diffDocuments(before, after)).toEqual([
      { attribute: "title", before: "x", after: null },
      { attribute: "name.formatted", before: "n", after: "m" },
      { attribute: `${enterprise}:department`, before: "d", after: "e" },
      { attribute: `${enterprise}:organization`, before: null, after: "o" },
    ]);
    expect(diffDocuments(null, { title: "x" })).toEqual([{ attribute: "title", before: null, after: "x" }]);
    expect(diffDocuments({ name: { formatted: "n" } }, null)).toEqual([
      { attribute: "name.formatted", before: "n", after: null },
    ]);
  });

  test("is nothing between a document and itself, in whatever order its members stand", () => {
    fc.assert(
      fc.property(document, (one) => {
        const turned = Object.fromEntries(Object.entries(one).reverse()) as JsonObject;
        expect(sameDocument(one, turned)).toBe(true);
      }),
    );
  });

  test("is the same seen from the other side", () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        const turned = diffDocuments(other, one).map(({ attribute, before, after }) => ({
          attribute,
          before: after,
          after: before,
        }));
        const byName = (a: { attribute: string }, b: { attribute: string }): number =>
          a.attribute < b.attribute ? -1 : 1;
        expect([...diffDocuments(one, other)].sort(byName)).toEqual(turned.sort(byName));
      }),
    );
  });

  test("never misses a changed attribute", () => {
    fc.assert(
      fc.property(document, fc.string({ minLength: 1 }), (one, text) => {
        const { title: _, ...others } = one;
        const found = diffDocuments({ ...others, title: text }, { ...others, title: `${text}!` });
        expect(found).toEqual([{ attribute: "title", before: text, after: `${text}!` }]);
      }),
    );
  });
});
