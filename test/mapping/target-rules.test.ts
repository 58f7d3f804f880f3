import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { parseJsonText } from "../../src/mapping/json-text.ts";
import { MappingError } from "../../src/mapping/problem.ts";
import { compileTargetRules } from "../../src/mapping/target-rules.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { testExtensions } from "./inputs.ts";

const catalog = makeSchemaCatalog(testExtensions);
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const document: JsonObject = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
  externalId: "zhangsan",
  userName: "zhangsan",
  displayName: "张三",
  name: { formatted: "张三", familyName: "张" },
  emails: [{ value: "zhangsan@old.example.com", type: "work", primary: true }],
  phoneNumbers: [
    { value: "13800000000", type: "mobile" },
    { value: "020-1234", type: "work" },
  ],
  [enterprise]: { department: "技术部" },
};

const adjusted = (user: object): JsonObject => compileTargetRules({ user }, { catalog }).adjustUser(document);

describe("rules of a target", () => {
  test("read the document and write into it", () => {
    expect(adjusted({ userName: { from: 'emails[type eq "work"].value' } })["userName"]).toBe(
      "zhangsan@old.example.com",
    );
    expect(adjusted({ displayName: { template: "{name.familyName}/{userName}" } })["displayName"]).toBe("张/zhangsan");
    expect(adjusted({ title: { from: `${enterprise}:department` } })["title"]).toBe("技术部");
    expect(adjusted({ title: { expr: `resource["${enterprise}"].department + "!"` } })["title"]).toBe("技术部!");
    expect(
      adjusted({
        'emails[type eq "work"].value': {
          from: 'emails[type eq "work"].value',
          normalise: { withDomain: "example.com" },
        },
      })["emails"],
    ).toEqual([{ value: "zhangsan@example.com", type: "work", primary: true }]);
  });

  test("all see the document as it came", () => {
    expect(adjusted({ userName: { from: "displayName" }, displayName: { from: "userName" } })).toMatchObject({
      userName: "张三",
      displayName: "zhangsan",
    });
  });

  test("make what is not there yet", () => {
    expect(adjusted({ 'emails[type eq "home"].value': { const: "a@example.com" } })["emails"]).toHaveLength(2);
    expect(adjusted({ 'emails[type eq "home"].primary': { const: true } })["emails"]).toHaveLength(1);
    expect(adjusted({ "urn:example:test:User:place.city": { const: "Wuhan" } })["urn:example:test:User"]).toEqual({
      place: { city: "Wuhan" },
    });
  });

  test("null removes an attribute, a part, an element or all of them", () => {
    expect(adjusted({ displayName: null })).not.toHaveProperty("displayName");
    expect(adjusted({ "name.familyName": null })["name"]).toEqual({ formatted: "张三" });
    expect(adjusted({ name: null })).not.toHaveProperty("name");
    expect(adjusted({ 'phoneNumbers[type eq "work"]': null })["phoneNumbers"]).toEqual([
      { value: "13800000000", type: "mobile" },
    ]);
    expect(adjusted({ 'phoneNumbers[type eq "work"].value': null })["phoneNumbers"]).toHaveLength(1);
    expect(adjusted({ phoneNumbers: null })).not.toHaveProperty("phoneNumbers");
    expect(adjusted({ [`${enterprise}:department`]: null })).not.toHaveProperty(enterprise);
    expect(adjusted({ title: null })).toEqual(document);
  });

  test("without a value the attribute goes, or stays where told", () => {
    expect(adjusted({ displayName: { from: "nickName" } })).not.toHaveProperty("displayName");
    expect(adjusted({ displayName: { from: "nickName", absent: "keep" } })["displayName"]).toBe("张三");
    expect(adjusted({ displayName: { from: "nickName", default: "nobody" } })["displayName"]).toBe("nobody");
    expect(
      adjusted({ displayName: { from: "userName", when: "resource.active == true", absent: "keep" } })["displayName"],
    ).toBe("张三");
  });

  test("leave groups alone unless they are told, and the document that was given always", () => {
    const before = JSON.stringify(document);
    const rules = compileTargetRules(
      { user: { title: { const: "x" } }, group: { displayName: { from: "externalId" } } },
      { catalog },
    );
    const group = { externalId: "tag:1", displayName: "A" };
    rules.adjustUser(document);
    expect(rules.adjustGroup(group)).toEqual({ externalId: "tag:1", displayName: "tag:1" });
    expect(compileTargetRules({}, { catalog }).adjustGroup(group)).toBe(group);
    expect(JSON.stringify(document)).toBe(before);
  });

  test("never throw, and give the same bytes again, whatever a document holds", () => {
    const rules = compileTargetRules(
      {
        user: {
          displayName: { expr: "resource.displayName.upper()" },
          'emails[type eq "work"].value': { from: "userName" },
          "name.givenName": { from: ["nickName", "name.formatted"], normalise: "givenName" },
          [`${enterprise}:department`]: null,
          title: { template: "{name.formatted}" },
        },
      },
      { catalog },
    );
    const keys = fc.constantFrom(
      "userName",
      "displayName",
      "name",
      "emails",
      "title",
      enterprise,
      "__proto__",
      "constructor",
    );
    const entries = fc.array(fc.tuple(keys, fc.jsonValue({ maxDepth: 3 })));
    fc.assert(
      fc.property(entries, (members) => {
        const text = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
        const given = JSON.parse(text) as JsonObject;
        const first = JSON.stringify(rules.adjustUser(given));
        expect(JSON.stringify(rules.adjustUser(given))).toBe(first);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});

test("the version changes with the rules alone", () => {
  const version = (user: object) => compileTargetRules({ user }, { catalog }).version;
  expect(version({ title: { const: "a", description: "one" } })).toBe(
    version({ title: { description: "two", const: "a" } }),
  );
  expect(new Set([version({}), version({ title: null }), version({ title: { const: "a" } })]).size).toBe(3);
});

test.each<[string, unknown, string, string]>([
  ["a list", [], "", "user, group"],
  ["an unknown part", { users: {} }, "/users", "known are user, group; did you mean user?"],
  ["an unknown attribute", { user: { titel: null } }, "/user/titel", "did you mean title?"],
  ["an unknown attribute to read", { user: { title: { from: "titel" } } }, "/user/title/from", "did you mean title?"],
  ["a rule that is a text", { user: { title: "x" } }, "/user/title", "null to remove"],
  ["the identity", { user: { externalId: { const: "x" } } }, "/user/externalId", "known again"],
  ["who is active", { user: { active: { const: true } } }, "/user/active", "outside of its scope"],
  ["a required attribute", { user: { userName: null } }, "/user/userName", "required"],
  ["members", { group: { members: null } }, "/group/members", "members"],
  ["a rule for creation", { user: { title: { const: "x", apply: "create" } } }, "/user/title/apply", "mapping files"],
  ["a unique value", { user: { title: { const: "x", unique: true } } }, "/user/title/unique", "mapping files"],
  ["the member", { user: { title: { expr: "member.name" } } }, "/user/title/expr", "member"],
])("%s is refused at its place", (_, section, pointer, detail) => {
  const text = JSON.stringify({ mapping: section }, null, 2);
  const { value, locate } = parseJsonText(text);
  const compile = () =>
    compileTargetRules((value as { mapping: unknown }).mapping, {
      catalog,
      file: "targets/x.json",
      path: ["mapping"],
      locate,
    });
  expect(compile).toThrow(MappingError);
  try {
    compile();
  } catch (error) {
    const { problems } = error as MappingError;
    const problem = problems.find((each) => each.pointer === `/mapping${pointer}`);
    expect(problem?.detail ?? problems).toContain(detail);
    expect(problem?.line).toBeGreaterThan(1);
  }
});
