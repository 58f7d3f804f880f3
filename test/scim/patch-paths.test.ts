import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { patchDocument } from "../../src/scim/patch.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import type { ScimType } from "../../src/scim/scim-error.ts";
import { refusalOf } from "../support/scim-write.ts";

// The path forms P1 to P16 that every implementation of RFC 7644 §3.5.2 has to have, each with add, replace and remove.

const catalog = makeSchemaCatalog([]);
const work = { value: "a@x.cn", type: "work", primary: true };
const home = { value: "b@x.cn", type: "home" };
const user: JsonObject = {
  schemas: [coreUserSchema, enterprise],
  userName: "zhang.san",
  displayName: "张三",
  name: { familyName: "张", givenName: "三" },
  emails: [work, home],
  [enterprise]: { department: "技术部", division: "D", manager: { value: "m1" } },
};
const bare: JsonObject = { schemas: [coreUserSchema], userName: "zhang.san" };

type Outcome =
  /** Attributes that differ from those of the document that is patched; null is gone. */
  { readonly [attribute: string]: Json } | ScimType;

interface Row {
  readonly form: string;
  readonly op: "add" | "replace" | "remove";
  readonly path?: string;
  readonly value?: Json;
  /** On a user who has all this. */
  readonly full: Outcome;
  /** On a user who has a userName only; the same where it is left out. */
  readonly bare?: Outcome;
}

const department = `${enterprise}:department`;
const manager = `${enterprise}:manager`;
const ext = (values: JsonObject) => ({ [enterprise]: { ...(user[enterprise] as JsonObject), ...values } });
const only = (values: JsonObject) => ({ [enterprise]: values });
const third = { value: "c@x.cn", type: "other" };

const rows: readonly Row[] = [
  {
    form: "P1",
    op: "add",
    value: { title: "x", name: { givenName: "四" } },
    full: { title: "x", name: { familyName: "张", givenName: "四" } },
    bare: { title: "x", name: { givenName: "四" } },
  },
  {
    form: "P1",
    op: "replace",
    value: { title: "x", name: { givenName: "四" }, emails: [home] },
    full: { title: "x", name: { familyName: "张", givenName: "四" }, emails: [home] },
    bare: { title: "x", name: { givenName: "四" }, emails: [home] },
  },
  { form: "P1", op: "remove", value: { title: "x" }, full: "noTarget" },
  { form: "P2", op: "add", path: "displayName", value: "李四", full: { displayName: "李四" } },
  { form: "P2", op: "replace", path: "displayName", value: "李四", full: { displayName: "李四" } },
  { form: "P2", op: "remove", path: "displayName", full: { displayName: null }, bare: {} },
  {
    form: "P3",
    op: "add",
    path: "name",
    value: { givenName: "四" },
    full: { name: { familyName: "张", givenName: "四" } },
    bare: { name: { givenName: "四" } },
  },
  {
    form: "P3",
    op: "replace",
    path: "name",
    value: { givenName: "四", familyName: null },
    full: { name: { givenName: "四" } },
  },
  { form: "P3", op: "remove", path: "name", full: { name: null }, bare: {} },
  {
    form: "P4",
    op: "add",
    path: "name.familyName",
    value: "李",
    full: { name: { familyName: "李", givenName: "三" } },
    bare: { name: { familyName: "李" } },
  },
  {
    form: "P4",
    op: "replace",
    path: "name.familyName",
    value: "李",
    full: { name: { familyName: "李", givenName: "三" } },
    bare: { name: { familyName: "李" } },
  },
  { form: "P4", op: "remove", path: "name.familyName", full: { name: { givenName: "三" } }, bare: {} },
  {
    form: "P5",
    op: "add",
    path: "emails",
    value: [home, third],
    full: { emails: [work, home, third] },
    bare: { emails: [home, third] },
  },
  { form: "P5", op: "replace", path: "emails", value: [third], full: { emails: [third] } },
  { form: "P5", op: "remove", path: "emails", full: { emails: null }, bare: {} },
  {
    form: "P6",
    op: "add",
    path: "emails",
    value: third,
    full: { emails: [work, home, third] },
    bare: { emails: [third] },
  },
  { form: "P6", op: "replace", path: "emails", value: third, full: { emails: [third] } },
  { form: "P6", op: "remove", path: "emails", value: home, full: { emails: [work] }, bare: {} },
  {
    form: "P7",
    op: "add",
    path: 'emails[type eq "work"]',
    value: { display: "W" },
    full: { emails: [{ ...work, display: "W" }, home] },
    bare: { emails: [{ type: "work", display: "W" }] },
  },
  {
    form: "P7",
    op: "replace",
    path: 'emails[type eq "work"]',
    value: { value: "w@x.cn" },
    full: { emails: [{ type: "work", value: "w@x.cn" }, home] },
    bare: "noTarget",
  },
  { form: "P7", op: "remove", path: 'emails[type eq "work"]', full: { emails: [home] }, bare: {} },
  {
    form: "P8",
    op: "add",
    path: 'emails[type eq "work"].value',
    value: "w@x.cn",
    full: { emails: [{ ...work, value: "w@x.cn" }, home] },
    bare: { emails: [{ type: "work", value: "w@x.cn" }] },
  },
  {
    form: "P8",
    op: "replace",
    path: 'emails[type eq "work"].value',
    value: "w@x.cn",
    full: { emails: [{ ...work, value: "w@x.cn" }, home] },
    bare: { emails: [{ type: "work", value: "w@x.cn" }] },
  },
  {
    form: "P8",
    op: "remove",
    path: 'emails[type eq "work"].primary',
    full: { emails: [{ value: "a@x.cn", type: "work" }, home] },
    bare: {},
  },
  {
    form: "P11",
    op: "add",
    path: department,
    value: "市场部",
    full: ext({ department: "市场部" }),
    bare: only({ department: "市场部" }),
  },
  {
    form: "P11",
    op: "replace",
    path: department.toUpperCase(),
    value: "市场部",
    full: ext({ department: "市场部" }),
    bare: only({ department: "市场部" }),
  },
  { form: "P11", op: "remove", path: department, full: only({ division: "D", manager: { value: "m1" } }), bare: {} },
  {
    form: "P12",
    op: "add",
    path: enterprise,
    value: { costCenter: "7" },
    full: ext({ costCenter: "7" }),
    bare: only({ costCenter: "7" }),
  },
  {
    form: "P12",
    op: "replace",
    path: enterprise,
    value: { division: "E" },
    full: ext({ division: "E" }),
    bare: only({ division: "E" }),
  },
  { form: "P12", op: "remove", path: enterprise, full: { [enterprise]: null }, bare: {} },
  {
    form: "P13",
    op: "add",
    path: manager,
    value: "m2",
    full: ext({ manager: { value: "m2" } }),
    bare: only({ manager: { value: "m2" } }),
  },
  {
    form: "P13",
    op: "replace",
    path: manager,
    value: "m2",
    full: ext({ manager: { value: "m2" } }),
    bare: only({ manager: { value: "m2" } }),
  },
  { form: "P13", op: "remove", path: manager, full: only({ department: "技术部", division: "D" }), bare: {} },
  {
    form: "P14",
    op: "add",
    path: `${manager}.value`,
    value: "m2",
    full: ext({ manager: { value: "m2" } }),
    bare: only({ manager: { value: "m2" } }),
  },
  {
    form: "P14",
    op: "replace",
    path: `${manager}.value`,
    value: "m2",
    full: ext({ manager: { value: "m2" } }),
    bare: only({ manager: { value: "m2" } }),
  },
  {
    form: "P14",
    op: "remove",
    path: `${manager}.value`,
    full: only({ department: "技术部", division: "D" }),
    bare: {},
  },
  {
    form: "P15",
    op: "add",
    value: { "name.givenName": "四", [department]: "市场部" },
    full: { name: { familyName: "张", givenName: "四" }, ...ext({ department: "市场部" }) },
    bare: { name: { givenName: "四" }, ...only({ department: "市场部" }) },
  },
  {
    form: "P15",
    op: "replace",
    value: { "name.givenName": "四", [`${manager}.value`]: "m2" },
    full: { name: { familyName: "张", givenName: "四" }, ...ext({ manager: { value: "m2" } }) },
    bare: { name: { givenName: "四" }, ...only({ manager: { value: "m2" } }) },
  },
  { form: "P15", op: "remove", value: { "name.givenName": "四" }, full: "noTarget" },
  { form: "P16", op: "add", path: `${coreUserSchema}:userName`, value: "li.si", full: { userName: "li.si" } },
  {
    form: "P16",
    op: "replace",
    path: `${coreUserSchema.toUpperCase()}:USERNAME`,
    value: "li.si",
    full: { userName: "li.si" },
  },
  { form: "P16", op: "remove", path: `${coreUserSchema}:userName`, full: "mutability" },
];

function expectOutcome(document: JsonObject, { op, path, value }: Row, outcome: Outcome): void {
  const operation = { op, ...(path === undefined ? {} : { path }), ...(value === undefined ? {} : { value }) };
  const patch = () =>
    patchDocument(document, { schemas: [patchOpSchema], Operations: [operation] }, { type: "User", catalog });
  if (typeof outcome === "string") {
    expect(refusalOf(patch)).toMatchObject({ status: 400, scimType: outcome });
    return;
  }
  const given = structuredClone(document);
  const { document: patched } = patch();
  expect(document).toEqual(given);
  const { schemas, ...attributes } = patched;
  const wanted = Object.entries({ ...document, ...outcome }).filter(
    ([key, item]) => item !== null && key !== "schemas",
  );
  expect(attributes).toEqual(Object.fromEntries(wanted));
  // `schemas` says what there is.
  expect(schemas).toEqual([coreUserSchema, ...(Object.hasOwn(patched, enterprise) ? [enterprise] : [])]);
}

describe("path forms of a user", () => {
  test.each(rows)("R-120 $form $op $path", (row) => {
    expectOutcome(user, row, row.full);
    expectOutcome(bare, row, row.bare ?? row.full);
  });
});

describe("path forms of a group", () => {
  const group: JsonObject = { schemas: [coreGroupSchema], displayName: "技术部" };
  const a = { value: "a", type: "User" };
  const delta = (add: readonly Json[], remove: readonly string[], replace = false) => ({ replace, add, remove });

  test.each<[string, string, Json | undefined, unknown]>([
    ["P9 add", "members", [a, { value: "b" }, { value: "a" }], delta([a, { value: "b" }], [])],
    ["P9 replace", "members", [a], delta([a], [], true)],
    ["P9 remove", "members", undefined, delta([], [], true)],
    ["P9 remove", "members", [{ value: "a" }, { value: "b" }], delta([], ["a", "b"])],
    ["P9 remove", "members", { value: "a" }, delta([], ["a"])],
    ["P9 remove", "members", "a", delta([], ["a"])],
    ["P9 remove", "members", [], delta([], [])],
    ["P10 add", 'members[value eq "a"]', { value: "a" }, "mutability"],
    ["P10 replace", 'members[value eq "a"]', { value: "b" }, "mutability"],
    ["P10 remove", 'members[value eq "a"]', undefined, delta([], ["a"])],
    ["P10 remove", 'MEMBERS[value eq "a" or (VALUE eq "b")]', undefined, delta([], ["a", "b"])],
    ["P10 remove", 'members[value eq "a" and value eq "b"]', undefined, delta([], [])],
    ["P10 remove", 'members[type eq "Group"]', undefined, "invalidFilter"],
    ["P10 remove", 'members[not (value eq "a")]', undefined, "invalidFilter"],
    ["P10 remove", 'members[value eq "a"].value', undefined, "mutability"],
    ["P10 replace", "members.display", "x", "mutability"],
  ])("R-120 %s %s %j", (form, path, value, outcome) => {
    const operation = { op: form.split(" ")[1], path, ...(value === undefined ? {} : { value }) };
    const patch = () =>
      patchDocument(group, { schemas: [patchOpSchema], Operations: [operation] }, { type: "Group", catalog });
    if (typeof outcome === "string") expect(refusalOf(patch)).toMatchObject({ status: 400, scimType: outcome });
    else expect(patch()).toEqual({ document: group, changed: [], membership: outcome, ignored: [] });
  });
});
