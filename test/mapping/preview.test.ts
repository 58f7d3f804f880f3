import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { makeDirectoryCheck } from "../../src/mapping/check-directory.ts";
import { compileMapping, compileMappingText } from "../../src/mapping/compile.ts";
import { explainTag, explainUser } from "../../src/mapping/explain.ts";
import type { MappingProgram } from "../../src/mapping/program.ts";
import { runMappingTests, toRecordInput } from "../../src/mapping/run-tests.ts";
import { loadMappings } from "../support/load-schemas.ts";
import { plainSource, testExtensions, userInput } from "./inputs.ts";

const mappings = await loadMappings(join(import.meta.dirname, "../../schemas"));

const program = compileMapping({
  name: "preview",
  extensions: testExtensions,
  mapping: {
    user: {
      userName: { from: "userid", normalise: ["trim", "lower"] },
      title: { from: ["position", "alias"], default: "staff" },
      nickName: { from: "alias", when: "member.status == 1", absent: "keep" },
      active: { expr: "member.status == 1" },
      "urn:example:test:User:count": { from: "name" },
      "urn:example:test:User:text": { from: "gender", values: { "1": "male", "0": null } },
      "urn:example:test:User:flag": { from: "enable" },
      'phoneNumbers[type eq "work"].value': { from: "telephone", normalise: "e164" },
      'phoneNumbers[type eq "work"].primary': { const: true },
      'photos[type eq "photo"].value': { from: "avatar" },
    },
    tag: { displayName: { from: "tagname" } },
  },
});

describe("the explanation of a member", () => {
  const source = { ...plainSource, namespace: "east", unseenFields: new Set(["avatar"]) };
  const raw = { userid: " ZhangSan", name: "张三", alias: "", status: 2, gender: 2, enable: 1, telephone: "1234" };
  const { attributes, mapped } = explainUser(program, userInput(raw, { source }));
  const of = (attribute: string) => attributes.find((each) => each.attribute === attribute);

  test("has the rule, the source's values and every step", () => {
    expect(of("userName")).toEqual({
      attribute: "userName",
      pointer: "/user/userName",
      line: null,
      column: null,
      sources: [{ path: "userid", value: " ZhangSan" }],
      steps: [
        { step: "from", value: " ZhangSan" },
        { step: "normalise: trim", value: "ZhangSan" },
        { step: "normalise: lower", value: "zhangsan" },
      ],
      result: "zhangsan@east",
      why: "the namespace of the source is added",
    });
    expect(mapped.document["userName"]).toBe("zhangsan@east");
    expect(of("urn:example:test:User:flag")?.steps).toEqual([
      { step: "from", value: 1 },
      { step: "type", value: true },
    ]);
  });

  test.each([
    ["title", "staff", null],
    ["nickName", undefined, "the condition does not hold: the attribute stays as it was"],
    ["active", false, null],
    ["urn:example:test:User:count", undefined, "the value does not fit the type of the attribute"],
    ["urn:example:test:User:text", undefined, "the table does not have this value"],
    ['phoneNumbers[type eq "work"].value', undefined, "e164 leaves no value"],
    ['phoneNumbers[type eq "work"].primary', undefined, "the element has no value"],
    [
      'photos[type eq "photo"].value',
      undefined,
      "the credential is never shown what the rule reads: the attribute stays as it was",
    ],
  ])("says of %s that it is %j and why", (attribute, result, why) => {
    expect(of(attribute)).toMatchObject({ why });
    expect(of(attribute)?.result).toEqual(result);
  });

  test("tells the table's no value from a value that the table lacks", () => {
    const { attributes } = explainUser(program, userInput({ userid: "u", gender: "0" }));
    expect(attributes.find(({ attribute }) => attribute === "urn:example:test:User:text")?.why).toBe(
      "the table says that this is no value",
    );
  });

  test("is there for groups too", () => {
    const tag = {
      kind: "tag",
      key: "1",
      raw: { tagid: 1, tagname: "A" },
      name: "A",
      users: [],
      departments: [],
    } as const;
    expect(explainTag(program, { tag, source: plainSource }).attributes.map(({ result }) => result)).toEqual([
      "A",
      "tag:1",
    ]);
  });

  test("never throws, and its last step is what stands in the document", () => {
    const names = ["userid", "name", "alias", "status", "gender", "email", "biz_mail", "mobile", "avatar", "enable"];
    const member = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string(), fc.nat(5)),
    );
    fc.assert(
      fc.property(member, (raw) => {
        for (const mapping of [program, ...mappings.values()]) {
          for (const { why, steps, result } of explainUser(mapping, userInput(raw as JsonObject)).attributes) {
            if (result !== undefined) expect(result).toEqual(steps.at(-1)?.value);
            else expect(why).not.toBeNull();
          }
        }
      }),
    );
  });
});

describe("the tests that a file carries", () => {
  const text = `{
  "user": { "userName": { "from": "userid" }, "emails[type eq \\"work\\"].value": { "from": "email" } },
  "department": { "displayName": { "from": "path" } },
  "tag": { "displayName": { "from": "tagname" } },
  "tests": [
    {
      "name": "one that holds",
      "member": { "userid": "li" },
      "expect": { "userName": "li", "emails[type eq \\"work\\"].value": null, "emails": null }
    },
    {
      "name": "one that does not",
      "member": { "userid": "li", "email": "li@example.com" },
      "expect": {
        "userName": "wang",
        "emails": [{ "type": "work", "value": "li@example.com" }]
      }
    },
    { "name": "a department", "department": { "id": 2, "name": "B" }, "path": "A/B", "expect": { "displayName": "A/B", "externalId": "department:2" } },
    { "name": "a tag", "tag": { "tagid": 1, "tagname": "T" }, "namespace": "east", "expect": { "externalId": "east:tag:1" } }
  ]
}`;

  test("tell what is not as expected, and where that stands", () => {
    const results = runMappingTests(compileMappingText({ name: "x", text, extensions: [] }));
    expect(results.map(({ name, ok, line }) => [name, ok, line])).toEqual([
      ["one that holds", true, 6],
      ["one that does not", false, 11],
      ["a department", true, 19],
      ["a tag", true, 20],
    ]);
    expect(results[1]?.failures).toEqual([
      {
        file: "mappings/x.json",
        pointer: "/tests/1/expect/userName",
        line: 15,
        column: 21,
        detail: 'expected "wang", got "li"',
        path: "userName",
        expected: "wang",
        actual: "li",
      },
    ]);
  });

  test("do not change the version", () => {
    const { tests: _, ...plain } = JSON.parse(text);
    const version = (mapping: unknown) => compileMapping({ name: "x", mapping, extensions: [] }).version;
    expect(version(plain)).toBe(version(JSON.parse(text)));
  });

  test.each([...mappings.values()].map((mapping) => [mapping.name, mapping] as const))("of %s hold", (_, mapping) => {
    const results = runMappingTests(mapping);
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe("a mapping beside a directory", () => {
  const checkAgainst = (
    mapping: MappingProgram,
    {
      users = [],
      unseenFields = [],
    }: { readonly users?: readonly object[]; readonly unseenFields?: readonly string[] },
  ) => {
    const check = makeDirectoryCheck(mapping, unseenFields);
    for (const member of users) check.note(toRecordInput({ member: { ...member } }));
    return check.warnings();
  };

  test("a table that lacks a value which is there is told, with the value", () => {
    const users = [{ gender: "1" }, { gender: 2 }, { gender: "2" }, { gender: 9 }, { gender: "0" }, {}];
    expect(checkAgainst(program, { users })).toEqual([
      {
        file: "mappings/preview.json",
        pointer: "/user/urn:example:test:User:text/values",
        line: null,
        column: null,
        detail: 'the table lacks "2" (2 times), "9" (1 times): no value there, and no default',
      },
    ]);
    expect(checkAgainst(program, { users: [{ gender: "1" }] })).toEqual([]);
  });

  test("a rule that can see nothing is told", () => {
    expect(checkAgainst(program, { unseenFields: ["avatar", "position"] })).toMatchObject([
      { pointer: '/user/photos[type eq "photo"].value', detail: expect.stringContaining("never shown avatar") },
    ]);
  });

  test("the shipped mappings fit every value that WeCom documents", () => {
    const users = ["0", "1", "2"].flatMap((gender) => [1, 2, 4, 5].map((status) => ({ userid: "u", gender, status })));
    for (const mapping of mappings.values()) expect(checkAgainst(mapping, { users })).toEqual([]);
  });
});

test("what is surely not meant is a warning, not a problem", () => {
  const mapping = {
    user: {
      userName: { from: "userid" },
      title: { from: "position", normalise: "lower", values: { Boss: "x", staff: "y" } },
      nickName: { from: "isleader" },
      active: { expr: "member.status == 1" },
    },
  };
  expect(compileMapping({ name: "x", mapping, extensions: [] }).warnings).toMatchObject([
    { pointer: "/user/title/values/Boss", detail: 'never found: normalise makes "boss" of it first' },
    { pointer: "/user/nickName", detail: "WeCom calls isleader deprecated: read is_leader_in_dept" },
  ]);
  for (const { warnings } of mappings.values()) expect(warnings).toEqual([]);
});
