import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog, parseSchema } from "../../src/scim/catalog.ts";
import { withSchemas } from "../../src/scim/document.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { parseReplacement, parseResource } from "../../src/scim/parse-resource.ts";
import { type MembershipDelta, patchDocument } from "../../src/scim/patch.ts";
import { enterpriseUserSchema as enterprise, type ResourceType } from "../../src/scim/resource.ts";
import { applyToModel, type ModelOperation, ModelRefusal, type ModelTarget } from "../support/patch-model.ts";
import { badgeSchema, refusalOf } from "../support/scim-write.ts";

const catalog = makeSchemaCatalog([parseSchema(badgeSchema)]);

// Few different values, so that they meet.
const text = fc.constantFrom("a", "A", "b", "c");
const nothing = fc.constantFrom(null, "");
const maybe = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: nothing });
const part = (value: fc.Arbitrary<unknown>) => fc.option(maybe(value), { nil: undefined });
const type = fc.constantFrom("work", "Work", "home");
const flag = fc.constantFrom(true, false, "True", "false");
const defined = <T extends object>(record: fc.Arbitrary<T>) =>
  record.map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const subsOf: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  name: { givenName: text, familyName: text },
  emails: { value: text, type, display: text, primary: flag },
  addresses: { locality: text, country: text, type, primary: flag },
  manager: { value: text },
};
const elementOf = (name: string) =>
  defined(fc.record(Object.fromEntries(Object.entries(subsOf[name] ?? {}).map(([sub, value]) => [sub, part(value)]))));
const listOf = (name: string) => fc.oneof(fc.array(elementOf(name), { maxLength: 3 }), elementOf(name));

const simpleValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  userName: text,
  title: maybe(text),
  active: maybe(flag),
};
const valueFor = (name: string): fc.Arbitrary<unknown> => {
  if (name === "emails" || name === "addresses") return maybe(listOf(name));
  if (name === "manager") return maybe(fc.oneof(text, elementOf(name)));
  return subsOf[name] ? maybe(elementOf(name)) : (simpleValues[name] ?? maybe(text));
};

const withValue = (target: ModelTarget, value: fc.Arbitrary<unknown>): fc.Arbitrary<ModelOperation> =>
  fc.record({ op: fc.constantFrom("add", "replace"), target: fc.constant(target), value });
const removal = (target: ModelTarget): fc.Arbitrary<ModelOperation> => fc.constant({ op: "remove", target });
const either = (target: ModelTarget, value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary: withValue(target, value) }, { weight: 1, arbitrary: removal(target) });

const place = fc.constantFrom<ModelTarget>(
  ...["userName", "title", "active", "name", "emails", "addresses"].map((attribute) => ({ attribute })),
  { extension: enterprise, attribute: "department" },
  { extension: enterprise, attribute: "manager" },
);
const wholeAttribute = place.chain((target) => either(target, valueFor(target.attribute ?? "")));
const singularPart = fc
  .constantFrom<ModelTarget>(
    { attribute: "name", sub: "givenName" },
    { attribute: "name", sub: "familyName" },
    { extension: enterprise, attribute: "manager", sub: "value" },
  )
  .chain((target) => either(target, maybe(text)));
const listName = fc.constantFrom("emails", "addresses");
const chosenElements = listName.chain((attribute) => {
  const subs = Object.keys(subsOf[attribute] ?? {});
  const valueOfSub = (sub: string) => subsOf[attribute]?.[sub] ?? text;
  const term = fc.constantFrom(...subs).chain((sub) => valueOfSub(sub).map((value) => ({ sub, value })));
  const filter = fc.uniqueArray(term, { minLength: 1, maxLength: 2, selector: ({ sub }) => sub });
  return fc.tuple(filter, fc.option(fc.constantFrom(...subs), { nil: undefined })).chain(([terms, sub]) => {
    const target = { attribute, filter: terms, ...(sub === undefined ? {} : { sub }) };
    return either(target, maybe(sub === undefined ? elementOf(attribute) : valueOfSub(sub)));
  });
});
const allElements = listName.chain((attribute) =>
  fc
    .constantFrom(...Object.keys(subsOf[attribute] ?? {}))
    .chain((sub) => either({ attribute, sub }, maybe(subsOf[attribute]?.[sub] ?? text))),
);
const discarded = listName.chain((attribute) => {
  // What chooses nothing is refused, which is another test.
  const pattern = elementOf(attribute).filter((element) =>
    Object.values(element).some((value) => value !== null && value !== ""),
  );
  return fc.record({
    op: fc.constant("remove" as const),
    target: fc.constant({ attribute }),
    value: fc.array(pattern, { maxLength: 2 }),
  });
});
const extensionObject = defined(fc.record({ department: part(text), manager: part(valueFor("manager")) }));
const wholeExtension = either({ extension: enterprise, attribute: null }, fc.oneof(extensionObject, fc.constant(null)));
const withoutPath: fc.Arbitrary<ModelOperation> = fc.record({
  op: fc.constantFrom("add", "replace"),
  target: fc.constant(null),
  value: defined(
    fc.record({
      title: part(text),
      active: part(flag),
      name: part(elementOf("name")),
      emails: part(listOf("emails")),
      [enterprise]: fc.option(extensionObject, { nil: undefined }),
    }),
  ),
});
const userOperation = fc.oneof(
  wholeAttribute,
  singularPart,
  { weight: 3, arbitrary: chosenElements },
  allElements,
  discarded,
  wholeExtension,
  withoutPath,
);

const id = fc.constantFrom("u1", "u2", "u3", "u4", "u5");
const memberList = fc.oneof(
  fc.array(
    id.map((value) => ({ value })),
    { maxLength: 4 },
  ),
  id.map((value) => ({ value })),
  fc.constant([]),
);
const groupOperation: fc.Arbitrary<ModelOperation> = fc.oneof(
  withValue({ attribute: "members" }, memberList),
  removal({ attribute: "members" }),
  memberList.map((value): ModelOperation => ({ op: "remove", target: { attribute: "members" }, value })),
  id.map(
    (value): ModelOperation => ({ op: "remove", target: { attribute: "members", filter: [{ sub: "value", value }] } }),
  ),
  fc.record({
    op: fc.constantFrom("add", "replace"),
    target: fc.constant(null),
    value: memberList.map((members) => ({ members })),
  }),
);

const user = defined(
  fc.record({
    userName: text,
    title: part(text),
    active: part(fc.boolean()),
    name: part(elementOf("name")),
    emails: part(fc.array(elementOf("emails"), { maxLength: 4 })),
    addresses: part(fc.array(elementOf("addresses"), { maxLength: 3 })),
    [enterprise]: fc.option(extensionObject, { nil: undefined }),
  }),
)
  .filter((body) => refusalOf(() => parseResource(body, "User", catalog)) === null)
  .map((body) => parseResource(body, "User", catalog).document);

function printPath({ extension, attribute, filter, sub }: ModelTarget): string {
  if (attribute === null) return extension ?? "";
  const terms = filter?.map((term) => `${term.sub} eq ${JSON.stringify(term.value)}`).join(" and ");
  return `${extension ? `${extension}:` : ""}${attribute}${terms ? `[${terms}]` : ""}${sub ? `.${sub}` : ""}`;
}

function toMessage(operations: readonly ModelOperation[]) {
  return {
    schemas: [patchOpSchema],
    Operations: operations.map(({ op, target, value }) => ({
      op,
      ...(target === null ? {} : { path: printPath(target) }),
      ...(value === undefined ? {} : { value }),
    })),
  };
}

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
        fc.uniqueArray(id),
        fc.array(groupOperation, { minLength: 1, maxLength: 8 }),
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
