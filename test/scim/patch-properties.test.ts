import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog, parseSchema } from "../../src/scim/catalog.ts";
import { withSchemas } from "../../src/scim/document.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { parseReplacement, parseResource } from "../../src/scim/parse-resource.ts";
import { type MembershipDelta, patchDocument } from "../../src/scim/patch.ts";
import { enterpriseUserSchema as enterprise, type ResourceType } from "../../src/scim/resource.ts";
import { groupOperation, toMessage, user, userOperation } from "../support/patch-arbitraries.ts";
import { applyToModel, type ModelOperation, ModelRefusal } from "../support/patch-model.ts";
import { badgeSchema, refusalOf } from "../support/scim-write.ts";

const catalog = makeSchemaCatalog([parseSchema(badgeSchema)]);

const ids = ["u1", "u2", "u3", "u4", "u5"];

const patch = (document: JsonObject, operations: readonly ModelOperation[], of: ResourceType = "User") =>
  patchDocument(document, toMessage(operations), { type: of, catalog });

function modelOf(resource: JsonObject, operations: readonly ModelOperation[]): JsonObject | null {
  try {
    return applyToModel(resource, operations) as JsonObject;
  } catch (error) {
    if (error instanceof ModelRefusal) return null;
    throw error;
  }
}

function applyDelta(members: readonly string[], delta: MembershipDelta | null): readonly string[] {
  if (delta === null) return members;
  const kept = delta.replace ? [] : members.filter((member) => !delta.remove.includes(member));
  return [...new Set([...kept, ...delta.add.map(({ value }) => value)])];
}

describe("PATCH and the naive model of RFC 7644 §3.5.2", () => {
  test("make the same of a user, or both refuse", () => {
    fc.assert(
      fc.property(user, fc.array(userOperation, { minLength: 1, maxLength: 6 }), (document, operations) => {
        const expected = modelOf(document, operations);
        const refusal = refusalOf(() => patch(document, operations));
        expect(refusal === null).toBe(expected !== null);
        if (expected !== null) expect(patch(document, operations).document).toEqual(withSchemas("User", expected));
      }),
      { numRuns: 3000 },
    );
  });

  test("make the same of a group's members", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...ids)),
        fc.array(groupOperation(ids), { minLength: 1, maxLength: 8 }),
        (members, operations) => {
          const document = { displayName: "x" };
          const delta = patch(document, operations, "Group").membership;
          const expected = applyToModel({ ...document, members }, operations)["members"] as readonly string[];
          expect(applyDelta(members, delta).toSorted()).toEqual([...new Set(expected)].toSorted());
          expect(applyDelta(applyDelta(members, delta), delta)).toEqual(applyDelta(members, delta));
          const added = new Set(delta?.add.map(({ value }) => value));
          expect(delta?.remove.filter((member) => added.has(member))).toEqual([]);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe("PATCH", () => {
  test("leaves what it is given as it is, and names what changes if and only if something does", () => {
    fc.assert(
      fc.property(user, fc.array(userOperation, { minLength: 1, maxLength: 4 }), (document, operations) => {
        const given = structuredClone(document);
        const refusal = refusalOf(() => {
          const result = patch(document, operations);
          expect(result.document === document).toBe(result.changed.length === 0);
        });
        expect(document).toEqual(given);
        if (refusal !== null) expect(refusal.status).toBe(400);
      }),
      { numRuns: 500 },
    );
  });

  test("done once more changes nothing, or finds nothing that it could replace", () => {
    // Unless it changes what its own filter looks at.
    const choosesTheSame = ({ target, value }: ModelOperation) =>
      target?.filter === undefined ||
      (target.filter.every(({ sub }) => sub === "type") &&
        target.sub !== "type" &&
        !(isJsonObject(value) && Object.hasOwn(value, "type")));
    fc.assert(
      fc.property(user, userOperation.filter(choosesTheSame), (document, operation) => {
        if (refusalOf(() => patch(document, [operation])) !== null) return;
        const once = patch(document, [operation]).document;
        const refusal = refusalOf(() => expect(patch(once, [operation]).changed).toEqual([]));
        if (refusal !== null) expect(refusal.scimType).toBe("noTarget");
      }),
      { numRuns: 1500 },
    );
  });

  test("makes documents that are read as they are", () => {
    fc.assert(
      fc.property(user, fc.array(userOperation, { minLength: 1, maxLength: 6 }), (document, operations) => {
        if (refusalOf(() => patch(document, operations)) !== null) return;
        const patched = patch(document, operations).document;
        expect(parseResource(JSON.stringify(patched), "User", catalog)).toEqual({
          document: patched,
          members: null,
          ignored: [],
        });
        expect(parseReplacement(patched, "User", catalog, patched).document).toEqual(patched);
      }),
      { numRuns: 700 },
    );
  });
});

// Names and paths that are known, prototypes, and anything.
const anyName = fc.oneof(
  fc.constantFrom("userName", "displayName", "name", "emails", "members", "schemas", "id", "active", "value", "type"),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    enterprise,
    badgeSchema.id,
    `${enterprise}:manager`,
  ),
  fc.constantFrom(
    'emails[type eq "work"].value',
    "name.givenName",
    "__proto__.x",
    "emails[__proto__ pr]",
    'members[value eq "x"]',
  ),
  fc.string(),
);
const anyJson = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, "True", "", 0, 1.5, "2026-01-31T08:00:00Z", "\ud800", "a\0"),
    fc.string(),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(anyName, tie("json")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).json;
const anyOperation = fc.record(
  { op: fc.constantFrom("add", "Replace", "REMOVE", "x"), path: fc.oneof(anyName, anyJson), value: anyJson },
  { requiredKeys: ["op"] },
);
const anyType = fc.constantFrom<ResourceType>("User", "Group");

function expectClean(value: Json): void {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0))
    throw new Error("something empty");
  if (isJsonObject(value) && Object.keys(value).length === 0) throw new Error("an empty object");
  if (typeof value === "object") for (const inner of Object.values(value)) expectClean(inner);
}

describe("no input", () => {
  test("makes a body anything but a clean document or a refusal", () => {
    fc.assert(
      fc.property(anyJson, anyType, (json, of) => {
        const refusal = refusalOf(() => {
          const { document, members } = parseResource(
            typeof json === "string" ? json : JSON.parse(JSON.stringify(json)),
            of,
            catalog,
          );
          expectClean(document);
          for (const name of ["id", "meta", "members", "groups"]) expect(Object.hasOwn(document, name)).toBe(false);
          expect(parseResource(document, of, catalog).document).toEqual(document);
          expect(members === null || members.every(({ value }) => value !== "")).toBe(true);
        });
        if (refusal !== null) expect(refusal.status).toBe(400);
      }),
      { numRuns: 1500 },
    );
  });

  test("makes a PATCH anything but a clean document or a refusal, or touches a prototype", () => {
    const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    fc.assert(
      fc.property(
        user,
        fc.oneof(fc.array(anyOperation, { maxLength: 3 }), anyJson),
        anyType,
        (document, operations, of) => {
          const body = { schemas: [patchOpSchema], Operations: operations };
          const refusal = refusalOf(() =>
            expectClean(patchDocument(document, body, { type: of, catalog, id: "x" }).document),
          );
          if (refusal !== null) expect([400, 413]).toContain(refusal.status);
        },
      ),
      { numRuns: 2000 },
    );
    expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype);
  });
});
