import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog, parseSchema } from "../../src/scim/catalog.ts";
import { parseReplacement, parseResource } from "../../src/scim/parse-resource.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import { writeLimits } from "../../src/scim/write/limits.ts";
import { badgeSchema, refusalOf } from "../support/scim-write.ts";

const catalog = makeSchemaCatalog([parseSchema(badgeSchema)]);
const badge = badgeSchema.id;

const parseUser = (body: unknown) => parseResource(body, "User", catalog);
const documentOf = (body: Json) => parseUser(body).document;
const replace = (body: Json, current: JsonObject) => parseReplacement(body, "User", catalog, current).document;
const user = { schemas: [coreUserSchema], userName: "zhang.san" };

describe("attributes of a body", () => {
  test("R-001 names are read in any case and spelled as the schemas spell them", () => {
    const body = { USERNAME: "zhang.san", Name: { FAMILYname: "张" }, EMAILS: [{ Value: "a@x.cn", TYPE: "work" }] };
    expect(documentOf(body)).toEqual({
      ...user,
      name: { familyName: "张" },
      emails: [{ value: "a@x.cn", type: "work" }],
    });
  });

  test("R-001 the same name in two spellings is invalidValue", () => {
    const refusal = refusalOf(() =>
      parseUser({ userName: "a", USERNAME: "b", name: { givenName: "c", GIVENNAME: "d" } }),
    );
    expect(refusal).toMatchObject({ status: 400, scimType: "invalidValue" });
    expect(refusal?.message).toBe("userName is given twice; name.givenName is given twice");
  });

  test("R-003 an extension is found by its URN in any case", () => {
    expect(documentOf({ ...user, [enterprise.toUpperCase()]: { Department: "技术部" } })).toEqual({
      schemas: [coreUserSchema, enterprise],
      userName: "zhang.san",
      [enterprise]: { department: "技术部" },
    });
  });

  test("R-006, R-026 what is readOnly is ignored: id, meta, groups, manager.displayName", () => {
    const body = {
      ...user,
      id: "x",
      meta: { resourceType: "Nonsense" },
      groups: [{ value: "g" }],
      [enterprise]: { manager: { value: "m", displayName: "王" } },
    };
    expect(documentOf(body)[enterprise]).toEqual({ manager: { value: "m" } });
    expect(Object.keys(documentOf(body))).toEqual(["schemas", "userName", enterprise]);
  });

  test("R-008 a password is checked and not kept", () => {
    expect(documentOf({ ...user, password: "hunter2" })).toEqual(user);
    expect(refusalOf(() => parseUser({ ...user, password: 7 }))?.message).not.toContain("7");
  });

  test.each<[string, JsonObject, string]>([
    ["string", { title: 7 }, "title is not text"],
    [
      "string with NUL",
      { title: "a\0" },
      "title has a character that cannot be stored: NUL, or half of a surrogate pair",
    ],
    [
      "string with half a surrogate pair",
      { title: "\ud83d" },
      "title has a character that cannot be stored: NUL, or half of a surrogate pair",
    ],
    ["boolean", { active: "yes" }, "active is not true or false"],
    ["boolean", { active: 1 }, "active is not true or false"],
    ["reference", { profileUrl: "not a uri" }, "profileUrl is not a URI"],
    ["binary", { x509Certificates: [{ value: "%%" }] }, "x509Certificates[0].value is not base64"],
    ["complex", { name: "张三" }, "name is not an object"],
    ["complex", { name: [{}, {}] }, "name is not an object"],
    ["list of complex", { emails: [[]], addresses: ["x"] }, "addresses[0] is not an object"],
    ["integer", { [badge]: { number: 1.5, code: "x" } }, `${badge}:number is not a whole number`],
    ["decimal", { [badge]: { weight: "1", code: "x" } }, `${badge}:weight is not a number`],
    ["dateTime", { [badge]: { since: "2026-01-31", code: "x" } }, `${badge}:since is not a date and time`],
    ["extension", { [badge]: "x" }, `${badge} is not an object`],
  ])("R-012, R-066 a %s of another type is invalidValue: %j", (_, attributes, detail) => {
    const refusal = refusalOf(() => parseUser({ ...user, ...attributes }));
    expect(refusal).toMatchObject({ status: 400, scimType: "invalidValue" });
    expect(refusal?.message).toContain(detail);
  });

  test("R-012 values of every type are kept as they are written", () => {
    const body = {
      ...user,
      active: false,
      profileUrl: "https://例子.cn/张",
      x509Certificates: [{ value: "MIIB-_8=" }],
      [badge]: { number: -3, weight: 1.25, since: "2026-01-31T08:00:00+08:00", tags: ["b", "a"], code: "x" },
    };
    expect(documentOf(body)).toEqual({ ...body, schemas: [coreUserSchema, badge] });
  });

  test('R-013 Entra ID writes booleans as "True" and "False"', () => {
    const body = { ...user, active: "False", emails: [{ value: "a@x.cn", primary: "True" }] };
    expect(documentOf(body)).toMatchObject({ active: false, emails: [{ primary: true }] });
    expect(documentOf({ ...user, title: "True" })).toMatchObject({ title: "True" });
  });

  test("R-016 two primaries are invalidValue", () => {
    const emails = [
      { value: "a@x.cn", primary: true },
      { value: "b@x.cn", primary: true },
    ];
    expect(refusalOf(() => parseUser({ ...user, emails }))?.message).toContain("emails has more than one primary");
  });

  test("R-017 a type and value that is there twice is one element", () => {
    const emails = [
      { value: "a@x.cn", type: "work" },
      { value: "A@X.cn", type: "Work", primary: true },
      { value: "a@x.cn", type: "home" },
    ];
    expect(documentOf({ ...user, emails })["emails"]).toEqual([
      { value: "a@x.cn", type: "work", primary: true },
      { value: "a@x.cn", type: "home" },
    ]);
  });

  test("R-018 null, empty text and empty lists are nothing, however deep", () => {
    const body = {
      ...user,
      title: null,
      nickName: "",
      roles: [],
      name: { givenName: null },
      emails: [null, { value: "" }, { type: "work", value: null, primary: true }],
      [enterprise]: { department: null, manager: { value: "" } },
      [badge]: null,
    };
    expect(documentOf(body)).toEqual(user);
  });

  test("P6 a single object is taken for a list of one", () => {
    expect(documentOf({ ...user, emails: { value: "a@x.cn" } })["emails"]).toEqual([{ value: "a@x.cn" }]);
  });

  test("R-031 the manager at the top is no attribute and is not taken for one", () => {
    const parsed = parseUser({ ...user, manager: { value: "m" }, [enterprise]: { nonsense: 1 } });
    expect(parsed.document).toEqual(user);
    expect(parsed.ignored).toEqual([`${enterprise}:nonsense`, "manager"]);
  });

  test("R-112 what is required has to be there, in the extension too", () => {
    const refusal = refusalOf(() => parseUser({ title: "x", [badge]: { number: 1, doors: [{ floor: 3 }] } }));
    expect(refusal).toMatchObject({ status: 400, scimType: "invalidValue" });
    expect(refusal?.message).toBe(`userName is required; ${badge}:code is required; ${badge}:doors.value is required`);
  });

  test("R-152 all problems are said at once, ten of them in words", () => {
    const refusal = refusalOf(() => parseUser({ title: 1, emails: Array(20).fill({ value: 1 }) }));
    expect(refusal?.message).toMatch(/^title is not text; emails\[0\]\.value .*; and 12 more$/);
  });

  test("a multi-valued attribute has its limit", () => {
    const roles = Array.from({ length: writeLimits.values + 1 }, (_, index) => ({ value: `r${index}` }));
    expect(refusalOf(() => parseUser({ ...user, roles }))?.message).toContain("roles has more than 1000 values");
  });
});

describe("schemas", () => {
  test("R-021, R-022 follow from the data, whatever the body says or leaves out", () => {
    const attributes = { userName: "zhang.san", [enterprise]: { division: "x" } };
    const schemas = [coreUserSchema, enterprise];
    expect(documentOf(attributes)).toEqual({ schemas, ...attributes });
    expect(documentOf({ schemas: [coreUserSchema], ...attributes })).toEqual({ schemas, ...attributes });
    expect(documentOf({ schemas: [coreUserSchema, enterprise, "urn:x:y"], userName: "zhang.san" })).toEqual(user);
    expect(Object.keys(documentOf({ [enterprise]: { division: "x" }, userName: "a" }))[0]).toBe("schemas");
  });

  test("R-022 of another type, or no list of URNs, are invalidValue", () => {
    for (const schemas of [[coreGroupSchema], "x", [1]]) {
      expect(refusalOf(() => parseUser({ ...user, schemas }))?.scimType).toBe("invalidValue");
    }
  });
});

describe("bodies", () => {
  test.each(["", "{", "[]", "null", '"x"', "7", "[".repeat(100_000)])("R-066 %j is invalidSyntax", (body) => {
    expect(refusalOf(() => parseUser(body))).toMatchObject({ status: 400, scimType: "invalidSyntax" });
  });

  test("names of a prototype are names like any other", () => {
    const text = `{"userName":"a","__proto__":{"title":"x"},"constructor":{"prototype":{"y":1}},"name":{"__proto__":{"z":1}}}`;
    const parsed = parseUser(text);
    expect(parsed.document).toEqual({ schemas: [coreUserSchema], userName: "a" });
    expect(Object.hasOwn(Object.prototype, "title")).toBe(false);
    expect(parsed.ignored).toEqual(["__proto__", "constructor"]);
  });
});

describe("groups", () => {
  const parseGroup = (body: Json) => parseResource(body, "Group", catalog);

  test("R-042 need a displayName, and have their members beside the document", () => {
    expect(refusalOf(() => parseGroup({ members: [] }))?.message).toBe("displayName is required");
    const members = [
      { value: "u1", type: "user", display: "x", $ref: null },
      { value: "g1", type: "Group" },
      "u2",
      { value: "u1" },
    ];
    expect(parseGroup({ displayName: "x", members })).toEqual({
      document: { schemas: [coreGroupSchema], displayName: "x" },
      members: [{ value: "u1", type: "User" }, { value: "g1", type: "Group" }, { value: "u2" }],
      ignored: [],
    });
  });

  test("whether members are mentioned can be told", () => {
    expect(parseGroup({ displayName: "x" }).members).toBeNull();
    expect(parseGroup({ displayName: "x", members: null }).members).toEqual([]);
    expect(parseGroup({ displayName: "x", members: [] }).members).toEqual([]);
  });

  test("R-044 a member without an id, or of another type, is invalidValue", () => {
    const refusal = refusalOf(() => parseGroup({ displayName: "x", members: [{}, { value: "a", type: "Robot" }, 7] }));
    expect(refusal?.message).toBe(
      "members[0].value is not an id; members[1].type is neither User nor Group; members[2] is not an object",
    );
  });

  test("members have their limit", () => {
    const members = Array.from({ length: writeLimits.members + 1 }, (_, index) => `u${index}`);
    expect(refusalOf(() => parseGroup({ displayName: "x", members }))?.message).toContain("more than 100000 members");
  });

  test("of Entra ID come with a URN that nobody knows", () => {
    const body = {
      schemas: [coreGroupSchema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
      externalId: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      displayName: "displayName",
      meta: { resourceType: "Group" },
    };
    expect(parseGroup(body).document).toEqual({
      schemas: [coreGroupSchema],
      externalId: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      displayName: "displayName",
    });
  });
});

describe("a replacement", () => {
  test("may be as large as what it replaces, where that is larger than a new one may be", () => {
    const old = { ...user, title: "x".repeat(writeLimits.documentBytes) };
    expect(replace(old, old)).toEqual(old);
    expect(refusalOf(() => replace({ ...old, title: old.title.repeat(2) }, old))?.message).toContain(
      "title makes this User",
    );
    expect(refusalOf(() => replace(old, user))).toMatchObject({ status: 400, scimType: "invalidValue" });
  });

  test("R-110 clears what it leaves out, and R-019 what is null", () => {
    const current = { ...user, title: "x", nickName: "y", [enterprise]: { department: "z" } };
    expect(replace({ userName: "li.si", nickName: null }, current)).toEqual({ ...user, userName: "li.si" });
  });

  test("R-111 says what is immutable again, or leaves it as it is; another value is mutability", () => {
    const current = {
      schemas: [coreUserSchema, badge],
      userName: "a",
      [badge]: { code: "x", number: 1, serial: "S1" },
    };
    const stays = { code: "x", serial: "S1" };
    expect(replace({ userName: "a", [badge]: { code: "x", serial: "s1" } }, current)[badge]).toEqual(stays);
    expect(replace({ userName: "a", [badge]: { code: "x" } }, current)[badge]).toEqual(stays);
    const refusal = refusalOf(() => replace({ userName: "a", [badge]: { code: "x", serial: "S2" } }, current));
    expect(refusal).toMatchObject({ status: 400, scimType: "mutability" });
    expect(refusal?.message).toBe(`${badge}:serial is immutable and has another value`);
    expect(replace({ userName: "a", [badge]: { code: "x", serial: "S2" } }, user)[badge]).toEqual({
      code: "x",
      serial: "S2",
    });
  });

  test("R-111 keeps what is readOnly, and what was said of a value that goes only with it", () => {
    const manager = { value: "m", displayName: "王" };
    // A `$ref` is left from when clients could write it.
    const old = { ...manager, $ref: "https://elsewhere.example.com/x" };
    const current = { ...user, [enterprise]: { manager: old }, [badge]: { code: "x", issuer: "HQ" } };
    const kept = replace(
      { userName: "a", [enterprise]: { manager: { value: "m" } }, [badge]: { code: "x", issuer: "me" } },
      current,
    );
    expect(kept).toMatchObject({ [enterprise]: { manager }, [badge]: { issuer: "HQ" } });
    const other = replace(
      { userName: "a", [enterprise]: { manager: { value: "n" } }, [badge]: { code: "x" } },
      current,
    );
    expect(other[enterprise]).toEqual({ manager: { value: "n" } });
  });
});
