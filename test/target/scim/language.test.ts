import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { makeScimLanguage } from "../../../src/target/scim/language.ts";
import type { Constants } from "../../../src/target/scim/refine.ts";
import type { TargetLanguage } from "../../../src/target/target.ts";
import { profileWith } from "./with-target.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const enterpriseGroup = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:Group";
const coreUser = "urn:ietf:params:scim:schemas:core:2.0:User";
const coreGroup = "urn:ietf:params:scim:schemas:core:2.0:Group";
const all = { schemas: new Map([enterprise, enterpriseGroup].map((urn) => [urn.toLowerCase(), null])) };

const document: JsonObject = {
  externalId: "zhangsan",
  userName: "zhangsan",
  active: true,
  name: { formatted: "张三", familyName: "张", givenName: "三" },
  emails: [
    { value: "home@example.com", type: "home", display: "h" },
    { value: "work@example.com", type: "work", primary: true },
  ],
  phoneNumbers: [{ value: "1" }, { value: "2" }],
  [enterprise]: { department: "Sales", organization: "ours" },
};

function languageWith(facts: Readonly<Record<string, unknown>>, constants: Constants = {}): TargetLanguage {
  return makeScimLanguage(profileWith(facts).facts, constants);
}

function adjusted(facts: Readonly<Record<string, unknown>>, constants: Constants = {}): JsonObject {
  return languageWith(facts, constants).adjust(document, { type: "User", capabilities: all, managerRemoteId: null });
}

describe("a document goes there", () => {
  test("as it is where the profile says nothing", () => {
    expect(adjusted({})).toEqual({ schemas: [coreUser, enterprise], ...document });
    expect(languageWith({}).version).toBeNull();
  });

  test("without what is omitted: attributes, parts of them, parts of each value, of extensions, whole extensions", () => {
    const omit = { users: ["active", "name.formatted", "emails.display", `${enterprise}:department`] };
    const { active: _, ...rest } = document;
    expect(adjusted({ omit })).toEqual({
      schemas: [coreUser, enterprise],
      ...rest,
      name: { familyName: "张", givenName: "三" },
      emails: [
        { value: "home@example.com", type: "home" },
        { value: "work@example.com", type: "work", primary: true },
      ],
      [enterprise]: { organization: "ours" },
    });
    expect(adjusted({ omit: { users: [enterprise] } })["schemas"]).toEqual([coreUser]);
    expect(adjusted({ omit: { groups: ["userName"] } })["userName"]).toBe("zhangsan");
  });

  test("with one value each: the primary one, else the first", () => {
    const { emails, phoneNumbers } = adjusted({ singleValued: true });
    expect(emails).toEqual([{ value: "work@example.com", type: "work", primary: true }]);
    expect(phoneNumbers).toEqual([{ value: "1" }]);
  });

  test("with values that are nothing but values", () => {
    expect(adjusted({ valueTypes: false })["emails"]).toEqual([
      { value: "home@example.com" },
      { value: "work@example.com" },
    ]);
  });

  test("with the constants of the target, in place of what we would say", () => {
    const organization = {
      description: "its organization",
      users: [`${enterprise}:organization`],
      groups: [`${enterpriseGroup}:organization`],
    };
    const language = languageWith({ constants: { organization } }, { organization: "acme", other: "x" });
    const options = { capabilities: all, managerRemoteId: null };
    expect(language.adjust(document, { type: "User", ...options })[enterprise]).toEqual({
      department: "Sales",
      organization: "acme",
    });
    expect(language.adjust({ displayName: "研发" }, { type: "Group", ...options })).toEqual({
      schemas: [coreGroup, enterpriseGroup],
      displayName: "研发",
      [enterpriseGroup]: { organization: "acme" },
    });
  });

  test("without externalId where it is never sent, in updates too", () => {
    const language = languageWith({ externalId: { users: "never", groups: "create" } });
    const options = { capabilities: all, managerRemoteId: null };
    expect(language.adjust(document, { type: "User", ...options })).not.toHaveProperty("externalId");
    const group = language.adjust({ externalId: "g", displayName: "研发" }, { type: "Group", ...options });
    expect(group["externalId"]).toBe("g");
    expect(language.difference("Group", group, { ...group, externalId: "h", displayName: "市场" })).toEqual([
      { op: "replace", path: "displayName", value: "市场" },
    ]);
    expect(adjusted({ externalId: false })).not.toHaveProperty("externalId");
  });
});

test("what is omitted from now on is not taken away from what was given before", () => {
  const language = languageWith({ omit: { users: ["active", `${enterprise}:department`] } });
  const given = language.known("User", document, all);
  const desired = language.adjust(document, { type: "User", capabilities: all, managerRemoteId: null });
  expect(language.difference("User", given, desired)).toEqual([]);
});

test("another profile or constant is another language; what does not change the writing is not", () => {
  const version = (facts: Readonly<Record<string, unknown>>, constants: Constants = {}) =>
    languageWith(facts, constants).version;
  const constants = { organization: { description: "x", users: [`${enterprise}:organization`] } };
  const versions = [
    version({}),
    version({ omit: { users: ["title"] } }),
    version({ omit: { groups: ["title"] } }),
    version({ singleValued: true }),
    version({ valueTypes: false }),
    version({ externalId: { groups: "never" } }),
    version({ constants }, { organization: "a" }),
    version({ constants }, { organization: "b" }),
  ];
  expect(new Set(versions).size).toBe(versions.length);
  expect(version({ patch: false, maxPage: 7, groupRename: false, require: { users: ["title"] } })).toBeNull();
});

test("what a create can't do without is named where it is missing, also inside of values and extensions", () => {
  const language = languageWith({
    require: {
      users: ["userName", "name.givenName", "emails", "emails.value", `${enterprise}:organization`],
      groups: ["displayName"],
    },
  });
  expect(language.lacking("User", document)).toEqual([]);
  const bare = { userName: "", name: { familyName: "x" }, emails: [], [enterprise]: { department: "d" } };
  expect(language.lacking("User", bare)).toEqual([
    "userName",
    "name.givenName",
    "emails",
    "emails.value",
    `${enterprise}:organization`,
  ]);
  expect(language.lacking("Group", {})).toEqual(["displayName"]);
});

describe("members as a whole", () => {
  const users = (...ids: string[]) => ids.map((value) => ({ value, type: "User" as const }));

  test("are replaced by as many as fit, and the rest is added", () => {
    expect(languageWith({}).replaceMembers(users("a", "b", "c"), { membersPerRequest: 2 })).toEqual([
      [{ op: "replace", path: "members", value: [{ value: "a" }, { value: "b" }] }],
      [{ op: "add", path: "members", value: [{ value: "c" }] }],
    ]);
    expect(languageWith({}).replaceMembers(users("a", "b", "c"), { membersPerRequest: 0 })).toHaveLength(1);
  });

  test("nobody is a removal of all", () => {
    expect(languageWith({}).replaceMembers([], { membersPerRequest: 2 })).toEqual([
      [{ op: "remove", path: "members" }],
    ]);
  });
});

// Whatever a product takes of them, a document that is there already differs in nothing.
test("adjusting is the same each time, and what was given differs from itself in nothing", () => {
  const path = fc.constantFrom(
    "title",
    "name.formatted",
    "emails.type",
    "emails",
    `${enterprise}:department`,
    enterprise,
  );
  const facts = fc.record({
    omit: fc.record({ users: fc.array(path, { maxLength: 3 }), groups: fc.constant([]) }),
    singleValued: fc.boolean(),
    valueTypes: fc.boolean(),
    externalId: fc.record({
      users: fc.constantFrom("always", "create", "never"),
      groups: fc.constant("always"),
    }),
  });
  const email = fc.record(
    { value: fc.string(), type: fc.constantFrom("work", "home"), primary: fc.boolean(), display: fc.string() },
    { requiredKeys: ["value"] },
  );
  const person = fc.record(
    {
      externalId: fc.string(),
      userName: fc.string(),
      title: fc.option(fc.string()),
      name: fc.record({ formatted: fc.string(), familyName: fc.string() }, { requiredKeys: [] }),
      emails: fc.array(email, { maxLength: 3 }),
      [enterprise]: fc.record({ department: fc.string(), organization: fc.string() }, { requiredKeys: [] }),
    },
    { requiredKeys: ["userName"] },
  );
  fc.assert(
    fc.property(facts, person, (given, input) => {
      const language = languageWith(given);
      const before = JSON.stringify(input);
      const adjust = (each: JsonObject) =>
        language.adjust(each, { type: "User", capabilities: all, managerRemoteId: null });
      const once = adjust(input as JsonObject);
      expect(adjust(once)).toEqual(once);
      expect(language.difference("User", language.known("User", once, all), once)).toEqual([]);
      expect(JSON.stringify(input)).toBe(before);
    }),
  );
});
