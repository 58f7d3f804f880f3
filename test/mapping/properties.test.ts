import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { carryOver } from "../../src/mapping/carry-over.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { CompiledMapping, DepartmentContext, Mapped, TagContext } from "../../src/mapping/mapping.ts";
import { plainNormalisers } from "../../src/mapping/normalise-form.ts";
import { MappingError } from "../../src/mapping/problem.ts";
import { loadMappings } from "../support/load-schemas.ts";
import { testExtensions } from "./inputs.ts";

const schemas = join(import.meta.dirname, "../../schemas");
const shipped = await loadMappings(schemas);

const everyNormaliser = [
  ...Object.keys(plainNormalisers).filter((name) => name !== "digits" && name !== "e164"),
  { e164: { region: "US", invalid: "keep" } },
  { pinyin: { part: "family", tones: "marks", case: "title", separator: " " } },
  { truncate: { bytes: 20 } },
  { replace: { pattern: "[a-z]", with: "$0$0" } },
  { replace: { text: "a", with: "bb" } },
  { extract: { pattern: "(.+)" } },
  { withDomain: "example.com" },
];

// Beside the shipped ones a mapping that uses every part of the language.
const everything = compileMapping({
  name: "everything",
  extensions: testExtensions,
  mapping: {
    fields: ["constructor"],
    user: {
      userName: { from: ["userid", "extattr.工号"], normalise: ["trim", "lower", "upper", "halfwidth"] },
      displayName: { template: "{name} {{{extattr['a.b']}}}" },
      nickName: { expr: "member.alias + string(size(departments))", absent: "keep" },
      title: { expr: 'extattr["工号"]', when: "member.status == 1", default: "x", absent: "keep" },
      active: { from: "status", values: { "1": true }, default: false, apply: "create" },
      'emails[type eq "work"].value': { from: "email" },
      'emails[type eq "work"].display': { from: "name" },
      "urn:example:test:User:labels": { expr: "member.department.map(d, d)" },
      "urn:example:test:User:count": { from: "order[0]" },
      "urn:example:test:User:share": { from: "order" },
      "urn:example:test:User:text": { from: ["alias", "name"], normalise: everyNormaliser },
      "urn:example:test:User:flag": { from: "enable" },
      "urn:example:test:User:since": { from: "constructor" },
      "urn:example:test:User:place.city": { from: "extattr.地点.title" },
      profileUrl: { from: ["tags[1].id", "departments[1].parent"], absent: "keep" },
      preferredLanguage: { template: "{mainDepartment.leaders[0]}", when: "tags.exists(t, t.name != '')" },
      userType: { expr: "tags.map(t, t.name)[0] + mainDepartment.leaders[0]" },
      locale: { expr: "departments[0].parent" },
    },
    department: { displayName: { expr: "path + department.name" } },
    tag: { displayName: { from: "tagname" } },
  },
});

const all: readonly CompiledMapping[] = [...shipped.values(), everything];

const fields = [
  "userid",
  "name",
  "alias",
  "department",
  "order",
  "main_department",
  "direct_leader",
  "position",
  "mobile",
  "gender",
  "email",
  "biz_mail",
  "avatar",
  "telephone",
  "extattr",
  "status",
  "enable",
  "id",
  "tagid",
  "tagname",
  "attrs",
  "text",
  "value",
  "type",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "then",
  "length",
  "",
];

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.integer({ min: -1, max: 5 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
    tie("extattr"),
  ),
  object: fc.array(fc.tuple(fc.constantFrom(...fields), tie("value")), { maxLength: 8 }).map(fromEntries),
  extattr: fc
    .array(fc.tuple(fc.constantFrom("工号", "a.b", "地点", "__proto__"), tie("value")), { maxLength: 3 })
    .map((entries) => ({ attrs: entries.map(([name, value]) => ({ name, type: 0, text: { value }, web: value })) })),
}));

// Through text, as WeCom's answers come: `__proto__` is then an own member.
const record = fc.array(fc.tuple(fc.constantFrom(...fields), json.value), { maxLength: 20 }).map(fromEntries);

function fromEntries(entries: readonly (readonly [string, unknown])[]): JsonObject {
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${members.join(",")}}`) as JsonObject;
}

const source = fc.record({
  organization: fc.option(fc.string()),
  namespace: fc.option(fc.string()),
  unseenFields: fc.subarray([...fields, "tags"]).map((unseen) => new Set(unseen)),
});

const department = fc.record({
  key: fc.string(),
  name: fc.string(),
  path: fc.string(),
  parent: fc.option(fc.string()),
  leaders: fc.array(fc.string(), { maxLength: 2 }),
});

const tag = fc.record({ key: fc.string(), name: fc.string({ unit: "binary" }) });

describe("whatever JSON a record holds", () => {
  const input = fc.record({
    raw: record,
    source,
    departments: fc.array(department, { maxLength: 3 }),
    tags: fc.array(tag, { maxLength: 3 }),
  });

  test("mapping never throws, gives the same bytes again, and leaves its input and every prototype alone", () => {
    fc.assert(
      fc.property(input, (parts) => {
        const before = JSON.stringify(parts.raw);
        for (const mapping of all) {
          const first = JSON.stringify(mapAll(mapping, parts));
          expect(JSON.stringify(mapAll(mapping, parts))).toBe(first);
        }
        expect(JSON.stringify(parts.raw)).toBe(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("a document has neither null nor undefined nor an empty list nor an empty object", () => {
    fc.assert(
      fc.property(input, (parts) => {
        for (const mapping of all) for (const { document } of mapAll(mapping, parts)) expectNoHoles(document, true);
      }),
      { numRuns: 200 },
    );
  });

  test("what is kept is what was there, and a second look changes nothing", () => {
    fc.assert(
      fc.property(input, input, (before, after) => {
        for (const mapping of all) {
          const current = mapAll(mapping, before)[0].document;
          const mapped = mapAll(mapping, after)[0];
          const stored = carryOver(mapped, current);
          expect(carryOver(mapped, stored)).toEqual(stored);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test("whatever JSON a mapping file holds, it compiles or is refused with its problems", () => {
  const rule = fc.dictionary(
    fc.constantFrom("from", "const", "template", "expr", "values", "default", "normalise", "when", "apply", "absent"),
    fc.oneof(json.value, fc.constantFrom("name", "always", "create", "keep", "trim", "member.name", "{name}")),
    { maxKeys: 3 },
  );
  const keys = fc.constantFrom("userName", "title", 'emails[type eq "work"].value', "members", "__proto__", "name", "");
  const section = fc.oneof(json.value, fc.dictionary(keys, fc.oneof(rule, json.value), { maxKeys: 4 }));
  const file = fc.oneof(json.value, fc.dictionary(fc.constantFrom("user", "department", "tag", "x"), section));
  fc.assert(
    fc.property(file, (mapping) => {
      try {
        compileMapping({ name: "any", mapping, extensions: testExtensions });
      } catch (error) {
        expect(error).toBeInstanceOf(MappingError);
        expect((error as MappingError).problems.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500, examples: [[{ user: { userName: { from: { length: { toString: "" } } } } }]] },
  );
});

interface Parts {
  readonly raw: JsonObject;
  readonly source: Parameters<CompiledMapping["mapTag"]>[0]["source"];
  readonly departments: readonly DepartmentContext[];
  readonly tags: readonly TagContext[];
}

function mapAll(mapping: CompiledMapping, { raw, source, departments, tags }: Parts): [Mapped, Mapped, Mapped] {
  const [main] = departments;
  return [
    mapping.mapUser({
      user: { kind: "user", key: "k", raw, departments: [], mainDepartment: null, managers: [] },
      departments,
      mainDepartment: main ?? null,
      tags,
      source,
    }),
    mapping.mapDepartment({
      department: { kind: "department", key: "k", raw, name: "", parent: null, leaders: [] },
      context: main ?? { key: "k", name: "n", path: "p", parent: null, leaders: [] },
      source,
    }),
    mapping.mapTag({ tag: { kind: "tag", key: "k", raw, name: "", users: [], departments: [] }, source }),
  ];
}

function expectNoHoles(value: unknown, isRoot: boolean): void {
  expect(value).not.toBeNull();
  expect(value).toBeDefined();
  if (typeof value !== "object" || value === null) return;
  if (!isRoot) expect(Object.keys(value)).not.toEqual([]);
  for (const item of Object.values(value)) expectNoHoles(item, false);
}
