import { z } from "zod";
import { sensitiveFields } from "./settings.ts";

/** The bodies of the control API, as WeCom's own writing calls name things. */

const userid = z.string();
const id = z.int();
const optional = <T extends z.ZodType>(schema: T) => schema.optional();
const attribute = z.union([
  z.strictObject({ type: z.literal(0), name: z.string(), text: z.strictObject({ value: z.string() }) }),
  z.strictObject({ type: z.literal(1), name: z.string(), web: z.strictObject({ url: z.string(), title: z.string() }) }),
  z.strictObject({ name: z.string(), value: z.string() }),
]);

const fields = {
  name: z.string(),
  department: z.array(id),
  order: z.array(z.number()),
  is_leader_in_dept: z.array(z.union([z.literal(0), z.literal(1)])),
  direct_leader: z.array(userid),
  status: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(5)]),
  main_department: z.union([id, z.string()]),
  position: z.string(),
  mobile: z.string(),
  gender: z.enum(["0", "1", "2"]),
  email: z.string(),
  biz_mail: z.string(),
  avatar: z.string(),
  thumb_avatar: z.string(),
  qr_code: z.string(),
  address: z.string(),
  telephone: z.string(),
  alias: z.string(),
  english_name: z.string(),
  extattr: z.strictObject({ attrs: z.array(attribute) }),
  enable: z.union([z.literal(0), z.literal(1)]),
  external_position: z.string(),
  external_profile: z.strictObject({
    external_corp_name: optional(z.string()),
    external_attr: optional(z.array(attribute)),
  }),
};

const member = z.strictObject(fields);
export const newMemberBody = member.partial().extend({ userid, name: fields.name, department: fields.department });
export const memberPatchBody = z.strictObject(
  Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, schema.nullable().optional()])),
) as unknown as z.ZodType<{ [Field in keyof z.infer<typeof member>]?: z.infer<typeof member>[Field] | null }>;
export const moveBody = z.strictObject({ departments: z.array(id), mainDepartment: optional(id) });
export const renameBody = z.strictObject({ userid, told: z.boolean().default(true) });

export const newDepartmentBody = z.strictObject({
  id: optional(id),
  name: z.string(),
  name_en: optional(z.string()),
  parentid: id,
  order: optional(z.number()),
});
export const departmentPatchBody = z.strictObject({
  name: optional(z.string()),
  name_en: optional(z.string().nullable()),
  parentid: optional(id),
  order: optional(z.number()),
});

const tagMembers = {
  addUsers: optional(z.array(userid)),
  removeUsers: optional(z.array(userid)),
  addDepartments: optional(z.array(id)),
  removeDepartments: optional(z.array(id)),
};
export const newTagBody = z.strictObject({
  tagid: optional(id),
  tagname: z.string(),
  ownedByApp: z.boolean().default(false),
});
export const tagPatchBody = z.strictObject({ tagname: optional(z.string()), ...tagMembers });

const credential = z.enum(["app", "contacts"]);
export const scopeBody = z.strictObject({
  departments: z.array(id),
  users: z.array(userid).default([]),
  tags: z.array(id).default([]),
});
export const settingsBody = z
  .strictObject({
    privacy: z.enum(["old", "new"]),
    withheld: z.enum(["missing", "empty"]),
    sendsEnable: z.boolean(),
    ancestors: z.enum(["omitted", "nameless", "named"]),
    contactsIp: z.enum(["new", "old"]),
    departedListed: z.boolean(),
    inactiveListed: z.boolean(),
    idListRows: z.int().min(1).max(10_000),
    fetchChild: z.boolean(),
    appTags: z.enum(["all", "own-and-scope"]),
    contactsTags: z.boolean(),
    emptyTree: z.enum(["empty", "refused"]),
    unknownDepartment: z.union([z.literal(60003), z.literal(60123)]),
    outOfScopeMember: z.union([z.literal(60111), z.literal(60011)]),
    hiddenMainDepartment: z.enum(["sent", "omitted"]),
    gettokenChecksIp: z.boolean(),
    exports: z.enum(["done", "failed", "refused"]),
    exportFields: z.enum(["all", "few"]),
    exportMs: z.int().min(0),
    exportBlock: z.int().min(0).max(1_000_000),
    exportLostFiles: z.int().min(0),
    appEnabled: z.boolean(),
    consentFields: z.array(z.enum(sensitiveFields)),
    trustedDomain: z.string().nullable(),
    afterConsent: z.enum(["detail", "read"]),
    consentOutOfScope: z.enum(["page-error", "no-ticket"]),
    usedCode: z.union([z.literal(40029), z.literal(42022)]),
  })
  .partial();
const ceiling = z.int().min(0);
export const limitsBody = z
  .strictObject({
    perMinute: ceiling,
    perHour: ceiling,
    ipPerMinute: ceiling,
    ipPerHour: ceiling,
    concurrent: ceiling,
    replyBytes: ceiling,
    wrongSecrets: ceiling,
    wrongTokens: ceiling,
  })
  .partial();
export const consentBody = z.strictObject({ agreed: z.boolean() });
export const trustedIpsBody = z.strictObject({ credential, ips: z.array(z.string()).nullable() });
export const credentialBody = z.strictObject({ credential: optional(credential) });
export const clockBody = z.strictObject({ ms: z.number().min(0) });
export const randomChangesBody = z.strictObject({ count: z.int().min(1), seed: z.union([z.number(), z.string()]) });

export const faultBody = z.strictObject({
  endpoint: z.string(),
  department: optional(id),
  userid: optional(userid),
  tag: optional(id),
  credential: optional(credential),
  after: optional(ceiling),
  times: optional(ceiling),
  answer: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("errcode"), errcode: z.int(), errmsg: optional(z.string()) }),
    z.strictObject({ kind: z.literal("html"), status: optional(z.int().min(200).max(599)) }),
    z.strictObject({
      kind: z.literal("status"),
      status: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]),
    }),
    z.strictObject({ kind: z.literal("malformed") }),
    z.strictObject({ kind: z.literal("truncated") }),
    z.strictObject({ kind: z.literal("reset") }),
    z.strictObject({ kind: z.literal("empty") }),
    z.strictObject({ kind: z.literal("short") }),
    z.strictObject({ kind: z.literal("delay"), ms: z.number().min(0) }),
    z.strictObject({ kind: z.literal("hang") }),
  ]),
});

const share = z.number().min(0).max(1);
export const callbackBody = z.strictObject({
  url: z.url(),
  token: z.string().regex(/^[A-Za-z0-9]{1,32}$/),
  encodingAesKey: z.string().regex(/^[A-Za-z0-9]{43}$/),
  form: optional(z.enum(["full", "ids"])),
});
export const callbackFaultsBody = z.strictObject({
  drop: optional(share),
  double: optional(share),
  delayMs: optional(z.int().min(0)),
});
