import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { memberOperations } from "../../../src/target/scim/member-operations.ts";
import { patchOperations } from "../../../src/target/scim/patch.ts";
import { wholeResource } from "../../../src/target/scim/whole.ts";
import { applyPatch, withoutEmpty } from "./apply-patch.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

describe("the operations", () => {
  test.each<[string, JsonObject, JsonObject, unknown[]]>([
    ["a changed value", { title: "a" }, { title: "b" }, [{ op: "replace", path: "title", value: "b" }]],
    ["a new value", {}, { title: "b" }, [{ op: "replace", path: "title", value: "b" }]],
    ["a value that is gone", { title: "a" }, {}, [{ op: "remove", path: "title" }]],
    ["a value that is null now", { title: "a" }, { title: null }, [{ op: "remove", path: "title" }]],
    ["false", { active: true }, { active: false }, [{ op: "replace", path: "active", value: false }]],
    [
      "a sub-attribute alone",
      { name: { formatted: "a", givenName: "g", familyName: "f" } },
      { name: { formatted: "b", givenName: "g" } },
      [
        { op: "replace", path: "name.formatted", value: "b" },
        { op: "remove", path: "name.familyName" },
      ],
    ],
    ["a whole name", {}, { name: { formatted: "b" } }, [{ op: "replace", path: "name", value: { formatted: "b" } }]],
    ["a name that is gone", { name: { formatted: "a" } }, { name: {} }, [{ op: "remove", path: "name" }]],
    [
      "one of several e-mail addresses",
      { emails: [{ value: "a", type: "work" }, { value: "h" }] },
      { emails: [{ value: "b", type: "work" }, { value: "h" }] },
      [{ op: "replace", path: "emails", value: [{ value: "b", type: "work" }, { value: "h" }] }],
    ],
    [
      "no telephone any more",
      { phoneNumbers: [{ value: "1" }] },
      { phoneNumbers: [] },
      [{ op: "remove", path: "phoneNumbers" }],
    ],
    [
      "extension attributes",
      { [enterprise]: { department: "a", organization: "o" } },
      { [enterprise]: { department: "b" }, [wecom]: { gender: "male" } },
      [
        { op: "replace", path: `${enterprise}:department`, value: "b" },
        { op: "remove", path: `${enterprise}:organization` },
        { op: "replace", path: `${wecom}:gender`, value: "male" },
      ],
    ],
    [
      "another manager",
      { [enterprise]: { manager: { value: "1", displayName: "theirs" } } },
      { [enterprise]: { manager: { value: "2" } } },
      [{ op: "replace", path: `${enterprise}:manager`, value: { value: "2" } }],
    ],
    [
      "no manager",
      { [enterprise]: { manager: { value: "1" } } },
      {},
      [{ op: "remove", path: `${enterprise}:manager` }],
    ],
    [
      "what the server adds to the same manager",
      { [enterprise]: { manager: { value: "1", displayName: "theirs", $ref: "r" } } },
      { [enterprise]: { manager: { value: "1" } } },
      [],
    ],
    [
      "what is never patched",
      { schemas: ["a"], id: "1", meta: { version: "1" }, groups: [{ value: "g" }], members: [{ value: "m" }] },
      { schemas: ["b"] },
      [],
    ],
  ])("for %s", (_, held, desired, operations) => {
    expect(patchOperations(held, desired)).toEqual(operations);
  });
});

const text = fc.string({ minLength: 1, unit: "grapheme" });
const single: fc.Arbitrary<Json> = fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null));
const list: fc.Arbitrary<Json> = fc.array(fc.record({ value: text, type: fc.constantFrom("work", "home") }), {
  maxLength: 3,
});
const keys = (...names: string[]) => names;
function some(names: readonly string[], value: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([key]) => key })
    .map(Object.fromEntries);
}
const name = some(keys("formatted", "givenName", "familyName"), single);
const extension = some(keys("department", "odd-$name", "custom_1"), fc.oneof(single, list, name));
const manager = fc.record({ manager: fc.record({ value: text }) }, { requiredKeys: [] });
const user: fc.Arbitrary<JsonObject> = fc
  .tuple(
    some(keys("userName", "title", "active", "nickName"), single),
    some(keys("emails", "phoneNumbers", "photos"), list),
    fc.record({ name, [wecom]: extension }, { requiredKeys: [] }),
    fc.record({ [enterprise]: fc.tuple(extension, manager).map(([a, b]) => ({ ...a, ...b })) }, { requiredKeys: [] }),
  )
  .map((parts) => Object.assign({}, ...parts) as JsonObject);

test("applied by an independent reading of the RFC, the operations give the desired document", () => {
  fc.assert(
    fc.property(user, user, (held, desired) => {
      expect(applyPatch(held, patchOperations(held, desired))).toEqual(withoutEmpty(desired));
    }),
    { numRuns: 500 },
  );
});

test("a document needs no operations to become itself, nor what differs only in how it says nothing", () => {
  fc.assert(
    fc.property(user, (document) => {
      expect(patchOperations(document, structuredClone(document))).toEqual([]);
      expect(patchOperations(document, withoutEmpty(document))).toEqual([]);
    }),
  );
});

test("every operation touches something that differs, and none twice", () => {
  fc.assert(
    fc.property(user, user, (held, desired) => {
      const operations = patchOperations(held, desired);
      expect(new Set(operations.map(({ path }) => path)).size).toBe(operations.length);
      for (const operation of operations) expect(applyPatch(held, [operation])).not.toEqual(withoutEmpty(held));
    }),
  );
});

describe("membership", () => {
  const users = (...ids: string[]) => ids.map((value) => ({ value, type: "User" as const }));
  const limit = { membersPerRequest: 2, memberRemoval: "valuePath" } as const;

  test("additions come first, removals after them, never more changes than allowed in a request", () => {
    expect(memberOperations(users("a", "b", "c"), users("x", "y"), limit)).toEqual([
      [{ op: "add", path: "members", value: [{ value: "a" }, { value: "b" }] }],
      [
        { op: "add", path: "members", value: [{ value: "c" }] },
        { op: "remove", path: 'members[value eq "x"]' },
      ],
      [{ op: "remove", path: 'members[value eq "y"]' }],
    ]);
  });

  test("a group among the members says that it is one", () => {
    const requests = memberOperations([{ value: "g", type: "Group" }], [], limit);
    expect(requests).toEqual([[{ op: "add", path: "members", value: [{ value: "g", type: "Group" }] }]]);
  });

  test("an id with a quote in it can't select somebody else", () => {
    const requests = memberOperations([], users('a" or value pr or value eq "'), limit);
    expect(requests[0]?.[0]?.path).toBe('members[value eq "a\\" or value pr or value eq \\""]');
  });

  test("no limit is one request, nothing to do is none", () => {
    const many = users(...Array.from({ length: 1000 }, (_, index) => `u${index}`));
    expect(memberOperations(many, many, { membersPerRequest: 0, memberRemoval: "valuePath" })).toHaveLength(1);
    expect(memberOperations([], [], { membersPerRequest: 0, memberRemoval: "valuePath" })).toEqual([]);
  });

  test("a server that knows only the array form gets it", () => {
    expect(memberOperations([], users("a", "b"), { ...limit, memberRemoval: "valueArray" })).toEqual([
      [{ op: "remove", path: "members", value: [{ value: "a" }, { value: "b" }] }],
    ]);
  });
});

describe("the body of a PUT", () => {
  const others = {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    id: "1",
    roles: [{ value: "theirs" }],
    "urn:example:theirs": { seat: "3" },
  };

  test("is what was returned with the operations done: what others wrote stays, what is the server's goes", () => {
    fc.assert(
      fc.property(user, user, (held, desired) => {
        const returned = { ...others, ...held, meta: { version: "1" }, groups: [{ value: "g" }] };
        const before = JSON.stringify(returned);
        const { schemas, ...body } = wholeResource(returned, patchOperations(held, desired));
        const { schemas: listed, ...theirs } = others;
        expect(withoutEmpty(body)).toEqual(withoutEmpty({ ...theirs, ...desired }));
        const extensions = Object.keys(body).filter((key) => key.startsWith("urn:"));
        expect(schemas).toEqual(expect.arrayContaining([...listed, ...extensions]));
        expect(JSON.stringify(returned)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  test("leaves out what the server says is null, and what is empty without its last part", () => {
    const body = wholeResource({ id: "1", title: null, name: { formatted: "a" } }, [
      { op: "remove", path: "name.formatted" },
    ]);
    expect(body).toEqual({ id: "1" });
  });
});
