import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { type PatchResult, patchDocument } from "../../src/scim/patch.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import { refusalOf } from "../support/scim-write.ts";

// Requests as these clients send them, by their documents (Microsoft's articles on SCIM, read 2026-11; Okta's reference
// of SCIM 2.0; the source of authentik). Each bends a rule of RFC 7644 §3.5.2 that is bent back in the code it names.

const catalog = makeSchemaCatalog([]);
const id = "2819c223-7f76-453a-919d-413861904646";
const user: JsonObject = { schemas: [coreUserSchema], userName: "zhang.san", displayName: "张三" };
const group: JsonObject = { schemas: [coreGroupSchema], displayName: "技术部" };

const patchUser = (document: JsonObject, ...operations: readonly Json[]): JsonObject =>
  patchDocument(document, { schemas: [patchOpSchema], Operations: operations }, { type: "User", catalog, id }).document;
const patchGroup = (...operations: readonly Json[]): PatchResult =>
  patchDocument(group, { schemas: [patchOpSchema], Operations: operations }, { type: "Group", catalog, id });

describe("Entra ID", () => {
  test('E1, E2 "Replace" of active with "False"', () => {
    const disabled = patchUser(user, { op: "Replace", path: "active", value: "False" });
    expect(disabled).toEqual({ ...user, active: false });
    expect(patchUser(disabled, { op: "Replace", path: "active", value: "True" })).toEqual({ ...user, active: true });
  });

  test("E7 without its flag: one operation for each attribute; the work address is made where there is none", () => {
    const patched = patchUser(
      user,
      { op: "Replace", path: "displayName", value: "Pvlo" },
      { op: "Replace", path: 'emails[type eq "work"].value', value: "TestBcwqnm@test.microsoft.com" },
      { op: "Replace", path: "name.givenName", value: "Gtfd" },
      { op: "Replace", path: "name.familyName", value: "Pkqf" },
      { op: "Replace", path: "externalId", value: "Eqpj" },
      { op: "Replace", path: `${enterprise}:employeeNumber`, value: "Eqpj" },
    );
    expect(patched).toEqual({
      schemas: [coreUserSchema, enterprise],
      userName: "zhang.san",
      displayName: "Pvlo",
      emails: [{ type: "work", value: "TestBcwqnm@test.microsoft.com" }],
      name: { givenName: "Gtfd", familyName: "Pkqf" },
      externalId: "Eqpj",
      [enterprise]: { employeeNumber: "Eqpj" },
    });
  });

  test("E3 with its flag: a value without a path that has paths for names", () => {
    const patched = patchUser(
      { ...user, emails: [{ type: "work", value: "a@x.cn", primary: true }] },
      { op: "replace", path: 'emails[type eq "work"].value', value: "TestMhvaes@test.microsoft.com" },
      {
        op: "replace",
        value: {
          displayName: "Bjfe",
          "name.givenName": "Kkom",
          "name.familyName": "Unua",
          [`${enterprise}:employeeNumber`]: "Aklq",
        },
      },
    );
    expect(patched).toMatchObject({
      displayName: "Bjfe",
      name: { givenName: "Kkom", familyName: "Unua" },
      emails: [{ type: "work", value: "TestMhvaes@test.microsoft.com", primary: true }],
      [enterprise]: { employeeNumber: "Aklq" },
    });
  });

  test("addresses come one part at a time", () => {
    const part = (name: string, value: string) => ({ op: "Add", path: `addresses[type eq "work"].${name}`, value });
    const patched = patchUser(user, part("locality", "Rochester"), part("region", "MN"), part("country", "US"));
    expect(patched["addresses"]).toEqual([{ type: "work", locality: "Rochester", region: "MN", country: "US" }]);
  });

  test("what an address is for can come before the address", () => {
    const patched = patchUser(
      user,
      { op: "add", path: 'emails[type eq "work"].primary', value: true },
      { op: "add", path: 'emails[type eq "work"].value', value: "alessandra@jakubowski.us" },
    );
    expect(patched["emails"]).toEqual([{ type: "work", primary: true, value: "alessandra@jakubowski.us" }]);
    expect(patchUser(user, { op: "add", path: 'emails[type eq "work"].primary', value: true })).toBe(user);
  });

  test('E2 roles[primary eq "True"], part by part', () => {
    const part = (name: string, value: string) => ({ op: "Add", path: `roles[primary eq "True"].${name}`, value });
    const patched = patchUser(
      user,
      part("display", "Admin"),
      part("value", "admin"),
      part("type", "WindowsAzureActiveDirectoryRole"),
    );
    expect(patched["roles"]).toEqual([
      { primary: true, display: "Admin", value: "admin", type: "WindowsAzureActiveDirectoryRole" },
    ]);
  });

  test('E12 the manager as text, as a list, as an object; "" clears', () => {
    const path = `${enterprise}:manager`;
    const shapes: readonly Json[] = [
      "m1",
      { value: "m1" },
      [{ $ref: null, value: "m1" }],
      { value: "m1", displayName: "王" },
    ];
    for (const value of shapes) {
      const patched = patchUser(user, { op: "Add", path, value });
      expect(patched[enterprise]).toEqual({ manager: { value: "m1" } });
      expect(patchUser(patched, { op: "Replace", path, value: { value: "" } })).toEqual(user);
      expect(patchUser(patched, { op: "Replace", path, value: "" })).toEqual(user);
    }
  });

  test('E11 members are added with "$ref": null', () => {
    const value = [{ $ref: null, value: "f648f8d5ea4e4cd38e9c" }];
    const added = patchGroup({ op: "Add", path: "members", value }).membership;
    expect(added).toEqual({ replace: false, add: [{ value: "f648f8d5ea4e4cd38e9c" }], remove: [] });
  });

  test("E4 without its flag: members are removed by value, and only those", () => {
    const removed = patchGroup({ op: "Remove", path: "members", value: [{ value: "u1091" }] }).membership;
    expect(removed).toEqual({ replace: false, add: [], remove: ["u1091"] });
  });

  test("E5 with its flag: members are removed by a filter", () => {
    const path = 'members[value eq "7f4bc1a3-285e-48ae-8202-5accb43efb0e"]';
    const removed = patchGroup({ op: "remove", path }).membership;
    expect(removed?.remove).toEqual(["7f4bc1a3-285e-48ae-8202-5accb43efb0e"]);
  });
});

describe("Microsoft's collection of requests", () => {
  test("M12, M25 adds members as text, in an operation that has a name", () => {
    const added = patchGroup({ name: "addMember", op: "add", path: "members", value: "string id 1" });
    expect(added.membership?.add).toEqual([{ value: "string id 1" }]);
  });
});

describe("Okta", () => {
  test("O4 deactivates without a path", () => {
    expect(patchUser(user, { op: "replace", value: { active: false } })).toEqual({ ...user, active: false });
  });

  test("O5 renames a group with its id in the value", () => {
    const renamed = patchGroup({ op: "replace", value: { id, displayName: "Test SCIMv2" } });
    expect(renamed).toMatchObject({
      document: { displayName: "Test SCIMv2" },
      changed: ["displayName"],
      membership: null,
    });
  });

  test("O5 another id than that of the resource is mutability", () => {
    const refusal = refusalOf(() => patchGroup({ op: "replace", value: { id: "x", displayName: "y" } }));
    expect(refusal).toMatchObject({ status: 400, scimType: "mutability" });
  });

  test("O5 adds, removes and replaces members", () => {
    const member = { value: "23a35c27-23d3-4c03-b4c5-6443c09e7173", display: "test.user@okta.local" };
    const named = [{ value: member.value }];
    expect(patchGroup({ op: "add", path: "members", value: [member] }).membership?.add).toEqual(named);
    expect(patchGroup({ op: "replace", path: "members", value: [member] }).membership).toEqual({
      replace: true,
      add: named,
      remove: [],
    });
    const path = `members[value eq "${member.value}"]`;
    expect(patchGroup({ op: "remove", path }).membership?.remove).toEqual([member.value]);
  });
});

describe("authentik", () => {
  test("A2 adds members with an operation for each", () => {
    const operations = ["u1", "u2", "u3"].map((value) => ({ op: "add", path: "members", value: [{ value }] }));
    expect(patchGroup(...operations).membership?.add).toEqual([{ value: "u1" }, { value: "u2" }, { value: "u3" }]);
  });

  test("A4 removes members by value", () => {
    expect(patchGroup({ op: "remove", path: "members", value: [{ value: "u1" }] }).membership?.remove).toEqual(["u1"]);
  });

  test("A5 replaces without a path, by the whole resource", () => {
    const whole = {
      schemas: [coreUserSchema],
      id,
      meta: { resourceType: "User", version: "1" },
      userName: "li.si",
      groups: [],
      photos: null,
    };
    expect(patchUser(user, { op: "replace", value: whole })).toEqual({ ...user, userName: "li.si" });
  });
});
