import { z } from "@hono/zod-openapi";
import { secretMask } from "../../lib/secrets.ts";
import { isRecordPath } from "../../mapping/personal-fields.ts";
import {
  isPlainUrl,
  isProxyUrl,
  nameField,
  readOnlyField,
  safeguardsField,
  secretField,
  statusField,
  textField,
  urlField,
} from "./fields.ts";
import { taskBrief } from "./task-schemas.ts";

/** Where the secrets of a source stand in its form. */
export const sourceSecrets = [
  "/wecom/corpSecret",
  "/wecom/contactsSecret",
  "/wecom/callback/token",
  "/wecom/callback/encodingAesKey",
  "/wecom/appCallback/token",
  "/wecom/appCallback/encodingAesKey",
];

/** Where a proxy stands, which is a secret as a whole when it holds credentials: see {@link secretsOf}. */
export const sourceProxy = "/wecom/proxy";

/** Where the secrets of this form stand. */
export function secretsOf(form: SourceForm): readonly string[] {
  const proxy = form.type === "wecom" ? form.wecom.proxy : undefined;
  return proxy === undefined || isPlainUrl(proxy) ? sourceSecrets : [...sourceSecrets, sourceProxy];
}

/** Members of which another variant leaves nothing behind, with what tells the variants apart. */
export const sourceVariants = { scope: "mode" };

const masked = secretMask.replaceAll("*", "\\*");

/** WeCom's limits for its callbacks: doc path/90238. */
export const callbackField = z.strictObject({
  token: secretField.regex(new RegExp(`^([A-Za-z0-9]{1,32}|${masked})$`), "has to be up to 32 letters and digits"),
  encodingAesKey: secretField.regex(
    new RegExp(`^([A-Za-z0-9]{43}|${masked})$`),
    "has to be the 43 letters and digits that WeCom shows",
  ),
});

/** What of `wecom` is kept in the clear. */
const wecomSettings = {
  corpId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "has to be a corp id: letters and digits, as in ww0123456789abcdef")
    .optional()
    .openapi({ description: "Required, unless `authorization` says which corp it is." }),
  authorization: z.string().min(1).max(100).optional().openapi({
    description: "Id of what the corp authorised by QR code (see /providers), in the place of secrets.",
  }),
  agentId: z.int().min(1).optional(),
  apiBaseUrl: urlField.optional(),
  authorizeBaseUrl: urlField.optional().openapi({
    description:
      "Scheme and host of the page on which people agree that their fields are seen; `https://open.weixin.qq.com` if not said, or `apiBaseUrl` where that is another one than WeCom's own.",
  }),
  proxy: urlField.optional(),
  reading: z.enum(["auto", "departments", "export"]).optional().openapi({
    description:
      "How everybody is read: department by department, by an export, or (`auto`, if nothing is said) by an export from 2,400 departments on. Where an export comes to nothing, department by department.",
  }),
  limits: z
    .strictObject({
      // WeCom publishes 10,000 calls a minute for a corp and an interface, and no figure for concurrency.
      requestsPerSecond: z.number().min(1).max(150).optional(),
      concurrency: z.int().min(1).max(50).optional(),
    })
    .optional()
    .openapi({ description: "How hard WeCom may be asked; 20 requests a second, 5 at a time if nothing is said." }),
};

/** WeCom wants to be called from one address, and the proxy that has it may ask who is there. */
const proxy = z
  .string()
  .max(2048)
  .refine(
    (text) => text === secretMask || isProxyUrl(text),
    "has to be an http or https URL without query or fragment, as in http://user:password@proxy.example.com:3128; what is no letter or digit in the user and the password has to be %-encoded",
  )
  .openapi({
    description: `An HTTP or HTTPS proxy that all calls go through, by CONNECT. With credentials it is a secret as a whole and reads back as ${secretMask}.`,
  });

const noSecret =
  "is required: the Secret of a self-built app (应用管理 → 自建). A contacts secret alone cannot take its place: from addresses added after 15 August 2022 it reads ids only, no names of people or departments and no fields";

const wecomFields = z.strictObject({
  ...wecomSettings,
  proxy: proxy.optional(),
  corpSecret: secretField.optional(),
  contactsSecret: secretField.optional(),
  callback: callbackField.optional().openapi({
    description: "Events of the contacts: to `/wecom/callback/{id of the source}`. What WeCom's admin console has too.",
  }),
  appCallback: callbackField
    .optional()
    .openapi({ description: "Events of the app itself: to `/wecom/callback/{id of the source}/app`." }),
});

type WecomFields = z.output<typeof wecomFields>;

const inPlaceOfSecrets = "goes without: what the corp authorised (wecom.authorization) takes its place. Leave it out";

/** What goes with what: judged also where something else is wrong, so that all of it is said at once. */
const wecomRules: readonly (readonly [keyof WecomFields, string, (wecom: Partial<WecomFields>) => boolean])[] = [
  ["corpId", "expected string, but it is missing", (it) => it.authorization !== undefined || it.corpId !== undefined],
  ["corpSecret", noSecret, (it) => it.authorization !== undefined || it.corpSecret !== undefined],
  ["corpSecret", inPlaceOfSecrets, (it) => it.authorization === undefined || it.corpSecret === undefined],
  ["agentId", inPlaceOfSecrets, (it) => it.authorization === undefined || it.agentId === undefined],
  [
    "contactsSecret",
    "goes without: WeCom forbids service providers to ask customers for it. Leave it out",
    (it) => it.authorization === undefined || it.contactsSecret === undefined,
  ],
];

const wecom = wecomRules.reduce(
  (schema, [path, message, holds]) =>
    schema.refine(holds, { path: [path], message, when: ({ value }) => typeof value === "object" && value !== null }),
  wecomFields,
);

const scope = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("all") }),
  z.strictObject({
    mode: z.literal("partial"),
    departments: z.array(z.int().min(1)).min(1, "has to name at least one department").max(1000).readonly(),
  }),
]);

const personalField = z
  .string()
  .min(1)
  .max(200)
  .refine(isRecordPath, "is no path of a field, as in mobile, or extattr.工号 for a custom field");

const identity = z.strictObject({
  ask: z.boolean().default(true).openapi({
    description:
      "False: nobody is asked. Without an event that says so, another userid is another person; whoever is back is the same.",
  }),
  fields: z.array(personalField).min(1).max(10).readonly().optional().openapi({
    description:
      "Paths, as in mapping files, of what no two people have at a time; if nothing is said mobile, email, biz_mail and open_userid.",
  }),
});

const sync = z.strictObject({
  automatic: z.boolean().default(true),
  users: z.boolean().default(true),
  intervalHours: z.int().min(1).max(24).default(1),
  alertAfterHours: z.int().min(1).max(8760).optional().openapi({
    description: "Hours without a good sync after which it is told of (`source.stale`); else as the settings say.",
  }),
  identity: identity.optional().openapi({ description: "How it is found out who is the same under another userid." }),
});

const mapping = z.string().min(1).max(100);

/** What says how a source is read. Nobody reads a custom source: people are written to it. */
export const readingMembers = ["sync", "scope", "mapping"] as const;

/** Settings that every type of source has. */
const common = {
  description: textField(1000).optional(),
  organization: textField(256).optional(),
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "has to be 1 to 64 letters, digits and -")
    .optional(),
  sync: sync.prefault({}),
  scope: scope.default({ mode: "all" }),
  mapping: mapping.default("wecom"),
  safeguards: safeguardsField,
};

const readOnly = {
  id: readOnlyField,
  createdAt: readOnlyField,
  updatedAt: readOnlyField,
  nextRunAt: readOnlyField,
  syncedAt: readOnlyField,
  lastTask: readOnlyField,
  summary: readOnlyField,
  disabledBecause: readOnlyField,
};

const head = { name: nameField, status: statusField.default("enabled"), ...common, ...readOnly };

const onlyRead = "Not of a custom source, which is not read: people are written to it.";

/** The same where they need not be there. */
const readingOptional = {
  sync: sync.optional().openapi({ description: onlyRead }),
  scope: scope.optional().openapi({ description: onlyRead }),
  mapping: mapping.optional().openapi({ description: onlyRead }),
};

/** A source as a client writes it. */
export const sourceForm = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("wecom"), ...head, wecom }).openapi("WecomSourceForm"),
    z.strictObject({ type: z.literal("custom"), ...head, ...readingOptional }).openapi("CustomSourceForm"),
  ])
  .openapi("SourceForm");

export type SourceForm = z.output<typeof sourceForm>;

/** The part of a form that the store keeps in the clear; the rest is secret, read-only or has a column of its own. */
export const storedSourceSettings = z.object({
  ...common,
  wecom: z.object({ ...wecomSettings, corpId: z.string() }).optional(),
});

/** A source as it is answered. */
export const sourceView = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(["wecom", "custom"]),
    status: statusField,
    ...common,
    ...readingOptional,
    wecom: wecomFields.optional(),
    disabledBecause: z.string().nullable().openapi({ description: "Why the bridge itself disabled it." }),
    nextRunAt: z.string().nullable().openapi({ format: "date-time" }),
    syncedAt: z.string().nullable().openapi({
      format: "date-time",
      description: "When it was last read whole and brought into the directory.",
    }),
    lastTask: taskBrief.nullable(),
    summary: z.object({ users: z.int(), activeUsers: z.int(), groups: z.int() }),
    createdAt: z.string().openapi({ format: "date-time" }),
    updatedAt: z.string().openapi({ format: "date-time" }),
  })
  .openapi("Source");

export const department = z
  .object({ id: z.int(), name: z.string(), parentId: z.int().nullable() })
  .openapi("Department");
