import type { Json, JsonObject } from "../../src/lib/json.ts";
import { coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import type { ScimType } from "../../src/scim/scim-error.ts";

// The path forms P1 to P16 that every implementation of RFC 7644 §3.5.2 has to have, each with add, replace and remove.

const work = { value: "a@x.cn", type: "work", primary: true };
const home = { value: "b@x.cn", type: "home" };
/** Somebody who has a value for each form. */
export const fullUser: JsonObject = {
  schemas: [coreUserSchema, enterprise],
  userName: "zhang.san",
  displayName: "张三",
  name: { familyName: "张", givenName: "三" },
  emails: [work, home],
  [enterprise]: { department: "技术部", division: "D", manager: { value: "m1" } },
};
/** Somebody who has none. */
export const bareUser: JsonObject = { schemas: [coreUserSchema], userName: "zhang.san" };

export type Outcome =
  /** Attributes that differ from those of the document that is patched; null is gone. */
  { readonly [attribute: string]: Json } | ScimType;

/** One form, done to both. */
export interface PathForm {
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
const ext = (values: JsonObject) => ({ [enterprise]: { ...(fullUser[enterprise] as JsonObject), ...values } });
const only = (values: JsonObject) => ({ [enterprise]: values });
const third = { value: "c@x.cn", type: "other" };

export const pathForms: readonly PathForm[] = [
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
