import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog, parseSchema } from "../../src/scim/catalog.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { parsePatch } from "../../src/scim/parse-patch.ts";
import { applyPatch, patchDocument } from "../../src/scim/patch.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import { writeLimits } from "../../src/scim/write/limits.ts";
import { badgeSchema, refusalOf } from "../support/scim-write.ts";

const catalog = makeSchemaCatalog([parseSchema(badgeSchema)]);
const badge = badgeSchema.id;
const user: JsonObject = { schemas: [coreUserSchema], userName: "zhang.san", title: "x" };
const work = { value: "a@x.cn", type: "work" };
const home = { value: "b@x.cn", type: "home" };
const badged = (values: JsonObject): JsonObject => ({
  ...user,
  schemas: [coreUserSchema, badge],
  [badge]: { code: "x", ...values },
});

const message = (...operations: readonly Json[]) => ({ schemas: [patchOpSchema], Operations: operations });
const patch = (document: JsonObject, ...operations: readonly Json[]) =>
  patchDocument(document, message(...operations), { type: "User", catalog });
const patchGroup = (...operations: readonly Json[]) =>
  patchDocument({ schemas: [coreGroupSchema], displayName: "技术部" }, message(...operations), {
    type: "Group",
    catalog,
  });
const refusal = (document: JsonObject, ...operations: readonly Json[]) =>
  refusalOf(() => patch(document, ...operations));

describe("the message", () => {
  const context = { type: "User", catalog } as const;

  test.each<[string, unknown]>([
    ["no JSON", "{"],
    ["no object", []],
    ["no schemas", { Operations: [{ op: "add", path: "title", value: "x" }] }],
    ["other schemas", { schemas: [coreUserSchema], Operations: [{ op: "add", path: "title", value: "x" }] }],
    ["no operations", { schemas: [patchOpSchema] }],
    ["an empty list", { schemas: [patchOpSchema], Operations: [] }],
    ["an operation that is none", message(7)],
    ["no op", message({ path: "title", value: "x" })],
    ["an unknown op", message({ op: "move", path: "title", value: "x" })],
  ])("R-115 %s is invalidSyntax", (_, body) => {
    expect(refusalOf(() => parsePatch(body, context))).toMatchObject({ status: 400, scimType: "invalidSyntax" });
  });

  test("R-001, R-116 names and operations are read in any case, from text too", () => {
    const body = { SCHEMAS: [patchOpSchema.toUpperCase()], operations: [{ OP: "RePlace", Path: "TITLE", VALUE: "y" }] };
    expect(patchDocument(user, JSON.stringify(body), context).document).toEqual({ ...user, title: "y" });
  });

  test.each([
    ["nope.x", "the path nope.x"],
    ["urn:x:y:2.0:User:nope", "the path urn:x:y:2.0:User:nope"],
    ['nope[value eq "wang@x.cn"].value', "the path nope[…].value"],
    ["wang@x.cn", null],
    ["王", null],
    ["13800000000", null],
    [`n${"o".repeat(300)}`, "a path"],
  ])("R-152 the path %s is said again only where it looks like one", (path, shown) => {
    const refused = refusalOf(() => parsePatch(message({ op: "add", path, value: "x" }), context));
    expect(refused?.scimType).toBe("invalidPath");
    if (shown === null) expect(refused?.message).not.toContain(path);
    else expect(refused?.message).toBe(`Operations[0] has ${shown} that leads to no attribute of a User`);
  });

  test("R-152 all problems are said at once, each with its operation", () => {
    const operations = [
      { op: "add", path: "title" },
      { op: "remove" },
      { op: "replace", path: "nonsense", value: 1 },
      { op: "replace", path: "active", value: "maybe" },
      { op: "replace", path: "emails", value: [{ value: 1 }] },
    ];
    const refused = refusalOf(() => parsePatch(message(...operations), context));
    expect(refused?.scimType).toBe("invalidValue");
    expect(refused?.message.split("; ")).toEqual([
      "Operations[0] has no value to add",
      "Operations[1] removes and has no path",
      "Operations[2] has the path nonsense that leads to no attribute of a User",
      "Operations[3]: active is not true or false",
      "Operations[4]: emails[0].value is not text",
    ]);
  });

  test("a message has its limits", () => {
    const many = Array.from({ length: writeLimits.operations + 1 }, () => ({ op: "add", path: "title", value: "x" }));
    expect(refusalOf(() => parsePatch(message(...many), context))).toMatchObject({ status: 413, scimType: null });
    const names = Array.from({ length: writeLimits.operations + 1 }, (_, index) => [
      `emails[value eq "${index}"].value`,
      "x",
    ]);
    const wide = message({ op: "add", value: Object.fromEntries(names) });
    expect(refusalOf(() => parsePatch(wide, context))?.status).toBe(413);
    const long = message({ op: "add", path: "x".repeat(writeLimits.pathLength + 1), value: "x" });
    expect(refusalOf(() => parsePatch(long, context))?.scimType).toBe("invalidPath");
    const deep = message({ op: "remove", path: `emails[${"(".repeat(40)}type pr${")".repeat(40)}]` });
    expect(refusalOf(() => parsePatch(deep, context))?.scimType).toBe("invalidFilter");
    const roles = Array.from({ length: writeLimits.values }, (_, index) => ({ value: `r${index}` }));
    const full = patch(user, { op: "add", path: "roles", value: roles }).document;
    expect(refusal(full, { op: "add", path: "roles", value: "one more" })?.message).toContain("more than 1000 values");
    const members = Array.from({ length: writeLimits.members + 1 }, (_, index) => ({ value: `u${index}` }));
    expect(refusalOf(() => patchGroup({ op: "add", path: "members", value: members }))?.scimType).toBe("invalidValue");
  });
});

describe("paths", () => {
  test.each<[string, string]>([
    ["", "invalidPath"],
    [".", "invalidPath"],
    ["nonsense", "invalidPath"],
    ["title.x", "invalidPath"],
    ['emails[type eq "work"', "invalidPath"],
    ['emails[type eq "work"]value', "invalidPath"],
    ['emails[type eq "work"].nonsense', "invalidPath"],
    ['emails[type eq "work"].value.x', "invalidPath"],
    ['emails.value[type eq "work"]', "invalidPath"],
    ['title[value eq "x"]', "invalidPath"],
    ['emails[type eq "a"] or emails[type eq "b"]', "invalidPath"],
    ["emails[]", "invalidFilter"],
    ['emails[type = "work"]', "invalidFilter"],
    ['emails[nonsense eq "work"]', "invalidFilter"],
    ["emails[primary gt true]", "invalidFilter"],
    ["__proto__", "invalidPath"],
    ["constructor.prototype", "invalidPath"],
    ['emails[__proto__ eq "x"]', "invalidFilter"],
    ["urn:x:y:title", "invalidPath"],
    ["members", "invalidPath"],
  ])("R-131 %s is %s", (path, scimType) => {
    expect(refusal(user, { op: "replace", path, value: "x" })).toMatchObject({ status: 400, scimType });
  });

  test("a detail does not repeat what a filter compares with", () => {
    const refused = refusal(user, { op: "replace", path: 'emails[value eq "secret@x.cn"]', value: {} });
    expect(refused?.scimType).toBe("noTarget");
    expect(refused?.message).not.toContain("secret");
  });

  test("filters may have and, or, not, brackets and every operator", () => {
    const document = { ...user, emails: [work, home] };
    const remaining = (filter: string) =>
      patch(document, { op: "remove", path: `emails[${filter}]` }).document["emails"];
    expect(remaining('type eq "WORK" and value co "X.CN"')).toEqual([home]);
    expect(remaining('not (type eq "work") or value ew "]"')).toEqual([work]);
    expect(remaining('(type sw "w" or type sw "h") and primary pr')).toEqual([work, home]);
    expect(remaining("value pr")).toBeUndefined();
  });

  test("a multi-valued attribute's part without a filter is that of all its elements", () => {
    const document = { ...user, emails: [work, home] };
    expect(patch(document, { op: "remove", path: "emails.type" }).document["emails"]).toEqual([
      { value: "a@x.cn" },
      { value: "b@x.cn" },
    ]);
    expect(patch(user, { op: "add", path: "emails.value", value: "c@x.cn" }).document["emails"]).toEqual([
      { value: "c@x.cn" },
    ]);
  });
});

describe("operations", () => {
  test("R-117 are all done or none", () => {
    const given = structuredClone(user);
    const operations = [
      { op: "replace", path: "title", value: "y" },
      { op: "replace", path: 'emails[type eq "work"]', value: work },
    ];
    expect(refusal(user, ...operations)?.scimType).toBe("noTarget");
    expect(user).toEqual(given);
  });

  test("R-122 what changes nothing hands back the same document", () => {
    const document = { ...user, emails: [work, home], name: { givenName: "三" } };
    const result = patch(
      document,
      { op: "add", path: "emails", value: [{ value: "A@X.cn", type: "Work" }] },
      { op: "add", value: { title: "x", name: { givenName: "三" } } },
      { op: "replace", path: "title", value: "y" },
      { op: "replace", path: "title", value: "x" },
      { op: "remove", path: "nickName" },
      { op: "remove", path: 'emails[type eq "other"]' },
      { op: "add", path: "displayName", value: null },
    );
    expect(result).toEqual({ document, changed: [], membership: null, ignored: [] });
    expect(result.document).toBe(document);
  });

  test("R-122 changed attributes are named", () => {
    const value = { title: null, "name.givenName": "三", emails: [work], [`${enterprise}:department`]: "技术部" };
    expect(patch(user, { op: "replace", value }).changed.toSorted()).toEqual(
      ["emails", "name.givenName", "title", `${enterprise}:department`].toSorted(),
    );
  });

  test("R-123 add without a value is invalidValue, and so is replace", () => {
    expect(refusal(user, { op: "add", path: "title" })?.scimType).toBe("invalidValue");
    expect(refusal(user, { op: "replace", path: "title" })?.scimType).toBe("invalidValue");
  });

  test("R-124 remove without a path is noTarget", () => {
    expect(refusal(user, { op: "remove", value: { title: "x" } })?.scimType).toBe("noTarget");
  });

  test.each([
    "userName",
    "schemas",
    "id",
    "meta",
    "meta.created",
    "groups",
    'groups[value eq "x"]',
    `${enterprise}:manager.displayName`,
    `${badge}:issuer`,
    `${badge}:code`,
    `${badge}:serial`,
    `${badge}:lock.model`,
    `${badge}:lock.vendor`,
  ])("R-124 remove of %s, which is required, readOnly or immutable, is mutability", (path) => {
    const document = badged({ serial: "S", lock: { model: "M", vendor: "V" } });
    expect(refusal(document, { op: "remove", path })).toMatchObject({ status: 400, scimType: "mutability" });
  });

  test("R-124 what is required may not be emptied either", () => {
    for (const value of [null, "", []]) {
      expect(refusal(user, { op: "replace", path: "userName", value })?.scimType).toBe("invalidValue");
    }
    const document = badged({ doors: [{ value: "d" }] });
    expect(refusal(document, { op: "replace", path: `${badge}:doors.value`, value: null })?.scimType).toBe(
      "invalidValue",
    );
    expect(refusal(document, { op: "remove", path: `${badge}:doors.value` })?.scimType).toBe("mutability");
  });

  test("R-112 what an operation makes has what is required in it", () => {
    expect(refusal(user, { op: "add", path: `${badge}:number`, value: 1 })?.message).toBe(`${badge}:code is required`);
    expect(
      refusal(badged({}), { op: "add", path: `${badge}:doors`, value: { type: "front", floor: 1 } })?.scimType,
    ).toBe("invalidValue");
    const inTwoSteps = patch(
      user,
      { op: "add", path: `${badge}:number`, value: 1 },
      { op: "add", path: `${badge}:code`, value: "c" },
    );
    expect(inTwoSteps.document[badge]).toEqual({ number: 1, code: "c" });
  });

  test("R-112 what was missing before is no reason to refuse another change", () => {
    const incomplete = { schemas: [coreUserSchema], title: "x" };
    expect(patch(incomplete, { op: "replace", path: "title", value: "y" }).document["title"]).toBe("y");
  });

  test("R-037, R-006 readOnly is mutability by a path, and passed over in a value without one", () => {
    expect(refusal(user, { op: "add", path: "groups", value: [{ value: "g" }] })?.scimType).toBe("mutability");
    expect(refusal(user, { op: "replace", path: `${badge}:issuer`, value: "me" })?.scimType).toBe("mutability");
    const document = badged({ issuer: "HQ" });
    const value = { title: "y", groups: [], [badge]: { issuer: "me" } };
    expect(patch(document, { op: "replace", value }).document).toEqual({ ...document, title: "y" });
  });

  test("R-007 immutable is set once, and may be said again", () => {
    const path = `${badge}:serial`;
    const set = patch(badged({}), { op: "add", path, value: "S1" }).document;
    expect(set[badge]).toEqual({ code: "x", serial: "S1" });
    expect(patch(set, { op: "replace", path, value: "s1" }).changed).toEqual([
      "urn:example:params:scim:schemas:extension:badge:2.0:User:serial",
    ]);
    expect(refusal(set, { op: "replace", path, value: "S2" })?.scimType).toBe("mutability");
    expect(refusal(set, { op: "remove", path: badge })?.scimType).toBe("mutability");
    const locked = badged({ lock: { model: "M", vendor: "V" }, doors: [{ value: "d", colour: "red" }] });
    expect(refusal(locked, { op: "replace", path: `${badge}:lock`, value: { vendor: "W" } })?.scimType).toBe(
      "mutability",
    );
    expect(
      refusal(locked, { op: "replace", path: `${badge}:doors[value eq "d"].colour`, value: "blue" })?.scimType,
    ).toBe("mutability");
    expect(patch(locked, { op: "remove", path: `${badge}:doors[value eq "d"]` }).changed).toEqual([`${badge}:doors`]);
    expect(patch(locked, { op: "remove", path: `${badge}:lock` }).changed).toEqual([`${badge}:lock`]);
  });

  test("what is readOnly in an extension outlives its removal", () => {
    expect(patch(badged({ issuer: "HQ" }), { op: "remove", path: badge }).document[badge]).toEqual({ issuer: "HQ" });
    expect(patch(badged({}), { op: "remove", path: badge }).document).toEqual(user);
  });

  test("another manager is not called by the name of the one before", () => {
    const document = {
      ...user,
      schemas: [coreUserSchema, enterprise],
      [enterprise]: { manager: { value: "m", $ref: "../m", displayName: "王" } },
    };
    const path = `${enterprise}:manager`;
    expect(patch(document, { op: "replace", path, value: "n" }).document[enterprise]).toEqual({
      manager: { value: "n" },
    });
    expect(patch(document, { op: "replace", path, value: "m" }).document).toBe(document);
  });

  test("R-126 a filtered removal that empties the list leaves no attribute", () => {
    expect(patch({ ...user, emails: [work] }, { op: "remove", path: 'emails[type eq "work"]' }).document).toEqual(user);
  });

  test("R-129 replace with a filter that chooses nothing is noTarget, and by choice with a part too", () => {
    const strict = { type: "User", catalog, createsElements: false } as const;
    const replaceWork = message({ op: "replace", path: 'emails[type eq "work"].value', value: "a@x.cn" });
    expect(refusalOf(() => patchDocument(user, replaceWork, strict))?.scimType).toBe("noTarget");
    expect(patchDocument(user, replaceWork, { type: "User", catalog }).document["emails"]).toEqual([work]);
    for (const filter of [
      'type ne "home"',
      'type eq "a" or type eq "b"',
      "not (type pr)",
      'type eq "a" and type eq "b"',
      'value eq "other"',
    ]) {
      const operation = { op: "replace", path: `emails[${filter}].value`, value: "a@x.cn" };
      expect(refusal(user, operation)?.scimType).toBe("noTarget");
    }
  });

  test("R-132 a new primary takes the place of the old one", () => {
    const document = { ...user, emails: [{ ...work, primary: true }, home] };
    const expected = [
      { ...work, primary: false },
      { ...home, primary: true },
    ];
    const operations = [
      { op: "replace", path: 'emails[type eq "home"].primary', value: true },
      { op: "add", path: "emails", value: [{ ...home, primary: true }] },
      { op: "replace", path: 'emails[type eq "home"]', value: { ...home, primary: true } },
    ];
    for (const operation of operations) expect(patch(document, operation).document["emails"]).toEqual(expected);
    expect(refusal(document, { op: "replace", path: "emails.primary", value: true })?.scimType).toBe("invalidValue");
  });

  test("R-134 operations on one attribute go in order", () => {
    const add = { op: "add", path: "emails", value: [home] };
    const remove = { op: "remove", path: 'emails[type eq "home"]' };
    expect(patch(user, add, remove).document).toBe(user);
    expect(patch(user, remove, add).document["emails"]).toEqual([home]);
  });

  test("values of a removal choose what goes, in other attributes than members too", () => {
    const roles = [{ value: "a", type: "x" }, { value: "b" }, { value: "c" }];
    const document = { ...user, roles };
    const remaining = (value: Json) => patch(document, { op: "remove", path: "roles", value }).document["roles"];
    expect(remaining([{ value: "A" }, "c"])).toEqual([{ value: "b" }]);
    expect(remaining([{ value: "a", type: "y" }])).toEqual(roles);
    expect(remaining([])).toEqual(roles);
    expect(refusal(document, { op: "remove", path: "roles", value: [{}] })?.scimType).toBe("invalidValue");
    const tagged = badged({ tags: ["a", "b"] });
    expect(patch(tagged, { op: "remove", path: `${badge}:tags`, value: "A" }).document[badge]).toEqual({
      code: "x",
      tags: ["b"],
    });
  });

  test("simple multi-valued attributes and parts are lists too", () => {
    const document = badged({ tags: ["a"], lock: { model: "M", keys: ["k1"] } });
    const result = patch(
      document,
      { op: "add", path: `${badge}:tags`, value: ["b", "A"] },
      { op: "replace", path: `${badge}:tags[value eq "b"]`, value: "c" },
      { op: "add", path: `${badge}:lock.keys`, value: "k2" },
    );
    expect(result.document[badge]).toEqual({ code: "x", tags: ["a", "c"], lock: { model: "M", keys: ["k1", "k2"] } });
  });

  test("a value path may choose the one value of a complex attribute", () => {
    const document = badged({ lock: { model: "M" } });
    expect(
      patch(document, { op: "replace", path: `${badge}:lock[model eq "m"].keys`, value: ["k"] }).document[badge],
    ).toMatchObject({
      lock: { model: "M", keys: ["k"] },
    });
    expect(refusal(document, { op: "add", path: `${badge}:lock[model eq "n"].keys`, value: ["k"] })?.scimType).toBe(
      "noTarget",
    );
  });

  test("names that no schema has are passed over in a value without a path, and named", () => {
    const text = `{"op":"add","value":{"nonsense":1,"manager":"m","urn:x:y:z":1,"__proto__":{"title":"p"},"constructor":{},"${enterprise}":{"x":1},"title":"y"}}`;
    const result = patch(user, JSON.parse(text) as Json);
    expect(result.document).toEqual({ ...user, title: "y" });
    expect(result.ignored).toEqual(["nonsense", "manager", "urn:x:y:z", "__proto__", "constructor", `${enterprise}:x`]);
    expect(Object.hasOwn(Object.prototype, "title")).toBe(false);
  });

  test("R-008 a password is checked and not kept", () => {
    expect(patch(user, { op: "replace", path: "password", value: "hunter2" }).document).toBe(user);
    expect(refusal(user, { op: "replace", path: "password", value: 7 })?.scimType).toBe("invalidValue");
  });

  test("R-133 schemas follows from the data, whatever is done to it", () => {
    expect(patch(user, { op: "add", path: "schemas", value: [enterprise] }).document).toBe(user);
  });
});

describe("members", () => {
  const addAll = (ids: readonly string[]) => ({ op: "add", path: "members", value: ids.map((value) => ({ value })) });
  const removeAll = (ids: readonly string[]) => ({ ...addAll(ids), op: "remove" });
  const add = (...ids: readonly string[]) => addAll(ids);
  const remove = (...ids: readonly string[]) => removeAll(ids);
  const named = (...ids: readonly string[]) => ids.map((value) => ({ value }));

  test("R-134 the last operation on a member counts", () => {
    expect(patchGroup(add("a", "b"), remove("a")).membership).toEqual({
      replace: false,
      add: named("b"),
      remove: ["a"],
    });
    expect(patchGroup(remove("a", "b"), add("a")).membership).toEqual({
      replace: false,
      add: named("a"),
      remove: ["b"],
    });
  });

  test("after all are replaced, the others need no removal", () => {
    const all = { op: "replace", path: "members", value: named("a", "b") };
    expect(patchGroup(remove("x"), add("y"), all, remove("a", "z"), add("c")).membership).toEqual({
      replace: true,
      add: named("b", "c"),
      remove: [],
    });
    expect(patchGroup({ op: "replace", value: { members: null, displayName: "技术部" } }).membership).toEqual({
      replace: true,
      add: [],
      remove: [],
    });
  });

  test("no operation on members says nothing of them (TS-06)", () => {
    expect(patchGroup({ op: "replace", value: { displayName: "x", member: [] } }).membership).toBeNull();
    expect(refusalOf(() => patchGroup({ op: "replace", value: [{ value: "a" }] }))?.scimType).toBe("invalidValue");
    expect(patchGroup({ op: "add", path: "members", value: null }).membership).toEqual({
      replace: false,
      add: [],
      remove: [],
    });
  });

  test("R-135 100,000 members in one operation are added and removed by sets", () => {
    const ids = Array.from(
      { length: writeLimits.members },
      (_, index) => `01900000-0000-7000-8000-${String(index).padStart(12, "0")}`,
    );
    // It takes about half a second; by comparing each with each it would take minutes.
    const start = performance.now();
    const { membership } = patchGroup(addAll(ids), removeAll(ids.slice(1)));
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(membership?.add).toHaveLength(1);
    expect(membership?.remove).toHaveLength(ids.length - 1);
  });

  test("what a message costs is bounded", () => {
    const roles = Array.from({ length: writeLimits.values }, (_, index) => ({ value: `role-${index}`, type: "x" }));
    const costly = (comparisons: number) => {
      const filter = Array.from({ length: comparisons }, (_, index) => `value ew "é${index}"`).join(" or ");
      const operations = Array.from({ length: 450 }, () => ({ op: "remove", path: `roles[${filter}]` }));
      return parsePatch(message(...operations), { type: "User", catalog }).operations;
    };
    const start = performance.now();
    expect(applyPatch({ ...user, roles }, costly(1), { type: "User", catalog }).changed).toEqual([]);
    const refused = refusalOf(() => applyPatch({ ...user, roles }, costly(20), { type: "User", catalog }));
    expect(refused).toMatchObject({ status: 413, scimType: null });
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
