import fc from "fast-check";
import type { JsonObject } from "../../src/lib/json.ts";
import { parseSchema } from "../../src/scim/catalog.ts";
import type { CompareOperator, Filter, FilterValue } from "../../src/scim/filter.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from "../../src/scim/resource.ts";

/** An extension with every type that the core schemas do not use. */
export const testExtension = parseSchema({
  id: "urn:example:scim:schemas:2.0:User",
  name: "Example",
  attributes: [
    { name: "shift", type: "integer" },
    { name: "score", type: "decimal" },
    { name: "hiredAt", type: "dateTime" },
    { name: "badge", caseExact: true },
    { name: "labels", multiValued: true },
  ],
});

/** Few and short, so that they meet: with quotes, wildcards, case, Chinese, characters beyond 16 bits. */
export const text = fc.constantFrom(
  "",
  "a",
  "A",
  "ab",
  "aB",
  "b",
  "B",
  "%",
  "_",
  "a%b",
  "a_b",
  "'",
  '"',
  "\\",
  '\\"',
  "é",
  "É",
  "张",
  "张三",
  "😀",
  "a😀",
  "\uffee",
  "Ａ",
  "ß",
  "work",
  "true",
  "5",
);

const instant = fc.integer({ min: 0, max: 5 }).map((hours) => Date.UTC(2026, 0, 31, hours, 0, 0, hours));
const filledText = text.filter((value) => value !== "");

const element = fc.record(
  { value: filledText, type: fc.constantFrom("work", "Home", "a"), primary: fc.boolean() },
  { requiredKeys: ["value"] },
);
const elements = fc.array(element, { minLength: 1, maxLength: 3 });

const extensionValues = fc.record(
  {
    shift: fc.integer({ min: -2, max: 2 }),
    score: fc.constantFrom(-1.5, 0, 0.25, 1.5),
    hiredAt: instant.map((time) => new Date(time).toISOString()),
    badge: filledText,
    labels: fc.array(filledText, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

export const userDocument: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      externalId: filledText,
      displayName: filledText,
      name: fc.record({ formatted: text, familyName: filledText }, { requiredKeys: [] }),
      title: text,
      active: fc.boolean(),
      emails: elements,
      photos: elements,
      [enterpriseUserSchema]: fc.record(
        { department: filledText, manager: fc.record({ value: filledText }) },
        { requiredKeys: [] },
      ),
      [testExtension.id]: extensionValues,
    },
    { requiredKeys: ["active"] },
  )
  .map((document) => ({ schemas: [coreUserSchema], ...document }));

export const groupDocument: fc.Arbitrary<JsonObject> = fc
  .record({ displayName: filledText, externalId: filledText }, { requiredKeys: ["displayName"] })
  .map((document) => ({ schemas: [coreGroupSchema], ...document }));

interface Searchable {
  readonly schema?: string;
  readonly name: string;
  readonly sub?: string;
  readonly values: fc.Arbitrary<FilterValue>;
  readonly operators: readonly CompareOperator[];
}

const ofText: readonly CompareOperator[] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
const ofOrder: readonly CompareOperator[] = ["eq", "ne", "gt", "ge", "lt", "le"];
const ofBoolean: readonly CompareOperator[] = ["eq", "ne"];
const dates = instant.chain((time) =>
  fc.constantFrom(new Date(time).toISOString(), new Date(time + 8 * 3_600_000).toISOString().replace("Z", "+08:00")),
);
const textual = (name: string, sub?: string, schema?: string): Searchable => ({
  name,
  ...(sub === undefined ? {} : { sub }),
  ...(schema === undefined ? {} : { schema }),
  values: text,
  operators: ofText,
});

const common: readonly Searchable[] = [
  textual("externalId"),
  textual("displayName"),
  { name: "schemas", values: fc.constantFrom(coreUserSchema, coreGroupSchema, "urn"), operators: ofText },
  { name: "meta", sub: "created", values: dates, operators: ofOrder },
  { name: "meta", sub: "lastModified", values: dates, operators: ofOrder },
  { name: "meta", sub: "resourceType", values: fc.constantFrom("User", "Group", "user"), operators: ofText },
];

const ofUsers: readonly Searchable[] = [
  ...common,
  textual("userName"),
  textual("title"),
  textual("name", "formatted"),
  textual("name", "familyName"),
  textual("emails"),
  textual("emails", "value"),
  textual("emails", "type"),
  textual("photos", "value"),
  textual("groups", "value"),
  textual("groups", "display"),
  textual("department", undefined, enterpriseUserSchema),
  textual("manager", undefined, enterpriseUserSchema),
  textual("manager", "value", enterpriseUserSchema),
  textual("badge", undefined, testExtension.id),
  textual("labels", undefined, testExtension.id),
  { name: "active", values: fc.boolean(), operators: ofBoolean },
  { name: "emails", sub: "primary", values: fc.boolean(), operators: ofBoolean },
  { name: "groups", sub: "type", values: fc.constantFrom("direct", "DIRECT", "x"), operators: ofText },
  { schema: testExtension.id, name: "shift", values: fc.integer({ min: -2, max: 2 }), operators: ofOrder },
  { schema: testExtension.id, name: "score", values: fc.constantFrom(-1.5, 0, 0.3, 1.5), operators: ofOrder },
  { schema: testExtension.id, name: "hiredAt", values: dates, operators: ofOrder },
];

const inEmails = [textual("value"), textual("type"), { name: "primary", values: fc.boolean(), operators: ofBoolean }];

export function filtersOf(type: "User" | "Group", memberIds: readonly string[]): fc.Arbitrary<Filter> {
  const ids = fc.oneof(
    fc.constantFrom(...memberIds),
    fc.constantFrom(...memberIds).map((id) => id.toUpperCase()),
    text,
  );
  const searchable: readonly Searchable[] =
    type === "User"
      ? [
          ...ofUsers,
          { name: "id", values: ids, operators: ofText },
          { name: "groups", sub: "value", values: ids, operators: ofText },
        ]
      : [
          ...common,
          { name: "members", values: ids, operators: ofText },
          { name: "members", sub: "value", values: ids, operators: ofText },
          { name: "members", sub: "type", values: fc.constantFrom("User", "group", "x"), operators: ofText },
          textual("members", "display"),
        ];
  const valuePaths: readonly (readonly [string, readonly Searchable[]])[] =
    type === "User"
      ? [
          ["emails", inEmails],
          ["photos", inEmails],
          ["groups", [{ ...textual("value"), values: ids }, textual("display")]],
          ["schemas", [{ name: "value", values: fc.constant(coreUserSchema), operators: ["eq", "ne"] }]],
          ["name", [textual("formatted"), textual("familyName")]],
        ]
      : [["members", [{ ...textual("value"), values: ids }, textual("type"), textual("display")]]];
  const valuePath = fc.oneof(
    ...valuePaths.map(([name, inside]) =>
      treeOf(leafOf(inside)).map(
        (filter): Filter => ({ kind: "valuePath", path: { schema: null, name, sub: null }, filter }),
      ),
    ),
  );
  return treeOf(fc.oneof({ weight: 4, arbitrary: leafOf(searchable) }, { weight: 1, arbitrary: valuePath }));
}

function leafOf(searchable: readonly Searchable[]): fc.Arbitrary<Filter> {
  return fc.constantFrom(...searchable).chain(({ schema, name, sub, values, operators }) => {
    const path = { schema: schema ?? null, name, sub: sub ?? null };
    const compare = fc
      .record({ operator: fc.constantFrom(...operators), value: values })
      .map(({ operator, value }): Filter => ({ kind: "compare", path, operator, value }));
    const withNull = fc
      .constantFrom("eq" as const, "ne" as const)
      .map((operator): Filter => ({ kind: "compare", path, operator, value: null }));
    return fc.oneof(
      { weight: 6, arbitrary: compare },
      { weight: 1, arbitrary: withNull },
      { weight: 1, arbitrary: fc.constant<Filter>({ kind: "present", path }) },
    );
  });
}

function treeOf(leaf: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return fc.letrec<{ any: Filter }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constantFrom("and" as const, "or" as const), left: tie("any"), right: tie("any") }),
      fc.record({ kind: fc.constant("not" as const), filter: tie("any") }),
    ),
  })).any;
}
