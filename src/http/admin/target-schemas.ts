import { z } from "@hono/zod-openapi";
import { certificateProblem } from "../../lib/certificate.ts";
import { jsonPointer } from "../../lib/json-pointer.ts";
import { parseAttributePath } from "../../scim/attribute-path.ts";
import { parseFilter } from "../../scim/parse-filter.ts";
import { ScimError } from "../../scim/scim-error.ts";
import { nameField, readOnlyField, safeguardsField, secretField, statusField, textField, urlField } from "./fields.ts";
import { mappingField } from "./target-mapping.ts";

/** Where the secrets of a target stand in its form: credentials, and the values of its query. */
export function targetSecrets({ query = {} }: Pick<TargetForm, "query">): readonly string[] {
  const ofQuery = Object.keys(query).map((name) => jsonPointer(["query", name]));
  return [...ofAuth("/auth"), ...ofAuth("/api/auth"), ...ofQuery];
}

function ofAuth(pointer: string): readonly string[] {
  return ["token", "password", "clientSecret", "value"].map((name) => `${pointer}/${name}`);
}

/** Members of which another variant leaves nothing behind, with what tells the variants apart. */
export const targetVariants = { auth: "type" };

/** Members that a patch replaces whole: null in a mapping is a rule. */
export const replacedWhole = ["mapping"];

/** Of a header value: spaces are usual in it, as in `Token abc`. */
const headerSecret = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, "has to be printable ASCII")
  .openapi({ format: "password" });

const passwordSecret = z.string().min(1).max(1024).openapi({ format: "password" });

/** Headers that the HTTP client sets itself. */
const ownHeaders = ["host", "connection", "content-length", "content-type", "transfer-encoding", "accept", "expect"];

const bearer = { type: z.literal("bearer") };
const basic = {
  type: z.literal("basic"),
  // RFC 7617 §2: what is before the first colon is the user.
  username: textField(256).regex(/^[^:]*$/, "must not hold a colon"),
};
const oauth2 = {
  type: z.literal("oauth2"),
  tokenUrl: urlField,
  clientId: textField(512),
  scope: textField(1024).optional(),
};
const header = {
  type: z.literal("header"),
  name: z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/, "has to be the name of a header")
    .refine((name) => !ownHeaders.includes(name.toLowerCase()), "is a header that the bridge sets itself"),
};

const auth = z
  .discriminatedUnion("type", [
    z.strictObject({ ...bearer, token: secretField }),
    z.strictObject({ ...basic, password: passwordSecret }),
    z.strictObject({ ...oauth2, clientSecret: passwordSecret }),
    z.strictObject({ ...header, value: headerSecret }),
  ])
  .openapi("TargetAuth");

const storedAuth = z.discriminatedUnion("type", [
  z.object(bearer),
  z.object(basic),
  z.object(oauth2),
  z.object(header),
]);

const filter = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      parseFilter(text);
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      context.addIssue({ code: "custom", message: `is not a SCIM filter (RFC 7644 §3.4.2.2): ${error.message}` });
    }
  });

const attributePath = z.string().refine((path) => parseAttributePath(path) !== null, "has to be a SCIM attribute path");

const attributes = (...defaults: readonly string[]) =>
  z
    .array(attributePath)
    .max(5)
    .readonly()
    .default([...defaults]);

const onRemoval = z
  .union(
    [
      z.enum(["deactivate", "delete"]),
      z.strictObject({ deactivateThenDeleteAfterDays: z.int().min(1).max(3650) }).readonly(),
    ],
    'has to be "deactivate", "delete" or {"deactivateThenDeleteAfterDays": 30} (1 to 3650 days)',
  )
  .default("deactivate");

const settings = {
  baseUrl: urlField,
  profile: z.string().min(1).max(100).default("generic"),
  sources: z
    .array(z.string().min(1).max(100))
    .max(1000)
    .readonly()
    .openapi({ description: "Ids or names; answered as ids." }),
  provision: z
    .strictObject({
      users: z.boolean().default(true),
      groups: z.boolean().default(true),
      userGroups: z.boolean().default(true),
      onRemoval,
    })
    .prefault({}),
  scope: z
    .strictObject({ users: filter.optional(), groups: filter.optional() })
    .prefault({})
    .openapi({ description: "SCIM filters: what goes there. Absent: everything." }),
  match: z
    .strictObject({ users: attributes("externalId", "userName"), groups: attributes("externalId", "displayName") })
    .prefault({})
    .openapi({ description: "What an account that is there already is found by, first one first." }),
  limits: z
    .strictObject({
      concurrency: z.int().min(1).max(64).optional(),
      requestsPerSecond: z.number().min(0).max(10_000).optional(),
    })
    .prefault({})
    .openapi({
      description:
        "0 requests per second: no limit of our own. What is not said is as the profile says, and answered so.",
    }),
  constants: z
    .record(z.string().max(64), textField(256))
    .optional()
    .openapi({ description: "Values for the constants that the profile names, such as Casdoor's organization." }),
  ca: z
    .string()
    .max(262_144)
    .superRefine((text, context) => {
      const problem = certificateProblem(text);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    })
    .optional()
    .openapi({ description: "Certificates in PEM of authorities that are trusted besides the public ones." }),
  proxy: urlField
    .optional()
    .openapi({ format: "uri", description: "An HTTP or HTTPS proxy that all calls to the target go through." }),
  safeguards: safeguardsField,
  mapping: mappingField.optional(),
  verify: z
    .strictObject({ everyHours: z.int().min(1).max(720), repair: z.boolean().default(false) })
    .optional()
    .openapi({ description: "How often it is read back and compared; absent: only when somebody asks." }),
};

/** What the bridge says itself in the query of a call. */
const ownParameters = [
  "filter",
  "startindex",
  "count",
  "cursor",
  "attributes",
  "excludedattributes",
  "sortby",
  "sortorder",
];

/** The product's own API beside its SCIM. `credentials` are as the form, the store or an answer has them. */
const api = <Credentials extends z.ZodType>(credentials: Credentials) =>
  z
    .strictObject({
      baseUrl: urlField
        .optional()
        .openapi({ format: "uri", description: "Absent: /api beside a baseUrl that ends in /scim." }),
      auth: credentials.optional(),
      userid: attributePath.optional().openapi({
        description:
          "The attribute that holds WeCom's userid, such as externalId: accounts are linked to WeCom by it. Absent: they are not.",
      }),
    })
    .optional()
    .openapi({
      description:
        "Uses the product's own API for what its SCIM can't say, as its profile's fact `api` names it. `auth` absent: as for SCIM.",
    });

const query = z
  .record(
    z
      .string()
      .regex(/^[\w.~$-]{1,64}$/, "has to be the name of a parameter")
      .refine((name) => !ownParameters.includes(name.toLowerCase()), "is a parameter that the bridge sets itself"),
    passwordSecret,
  )
  .refine((parameters) => Object.keys(parameters).length <= 10, "has more than 10 parameters")
  .optional()
  .openapi({ description: "Parameters that the product wants in the query of every call. Values read back masked." });

/** A target as a client writes it. */
export const targetForm = z
  .strictObject({
    name: nameField,
    status: statusField.default("enabled"),
    ...settings,
    auth,
    query,
    api: api(auth),
    id: readOnlyField,
    createdAt: readOnlyField,
    updatedAt: readOnlyField,
    links: readOnlyField,
    verifyFirst: readOnlyField,
    quarantine: readOnlyField,
    paused: readOnlyField,
  })
  .openapi("TargetForm");

export type TargetForm = z.output<typeof targetForm>;

/** The part of a form that the store keeps in the clear. */
export const storedTargetSettings = z.object({ ...settings, auth: storedAuth, api: api(storedAuth) });

const time = z.string().openapi({ format: "date-time" });
const secretText = z.string().optional();

const authView = z
  .discriminatedUnion("type", [
    z.object({ ...bearer, token: secretText }),
    z.object({ ...basic, password: secretText }),
    z.object({ ...oauth2, clientSecret: secretText }),
    z.object({ ...header, value: secretText }),
  ])
  .openapi("TargetAuthView");

/** A target as it is answered. */
export const targetView = z
  .object({
    id: z.string(),
    name: z.string(),
    status: statusField,
    ...settings,
    auth: authView,
    api: api(authView),
    limits: z.object({ concurrency: z.int(), requestsPerSecond: z.number() }),
    query: z.record(z.string(), secretText).optional(),
    links: z
      .object({ pending: z.int(), synced: z.int(), failed: z.int(), protected: z.int(), paused: z.int() })
      .openapi({ description: "How many, by state." }),
    verifyFirst: z.enum(["moved", "restored"]).nullable().openapi({
      description: "Why nothing is pushed until it was verified; null: it may be pushed to.",
    }),
    quarantine: z
      .object({
        since: time,
        code: z.string().openapi({ description: "What the last try ended with, such as `target.unauthorized`." }),
        detail: z.string(),
        tries: z.int().openapi({ description: "Tries since then that failed." }),
        nextTryAt: time,
      })
      .nullable()
      .openapi({
        description:
          "Why nothing is pushed to it until the next try, which sends one request first; null: it takes what it is sent, as far as is known.",
      }),
    paused: z
      .object({ reason: z.string().nullable(), since: time, by: z.string() })
      .nullable()
      .openapi({ description: "Why an administrator keeps all changes of it back; null: he does not." }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi("Target");

export const linkStateField = z.enum(["pending", "synced", "failed", "protected", "paused"]).openapi({
  description: "`protected`: a safeguard keeps a change from it; `paused`: an administrator does.",
});

export const linkView = z
  .object({
    resourceId: z.string(),
    resourceType: z.enum(["User", "Group"]),
    externalId: z.string().nullable(),
    displayName: z.string().nullable(),
    remoteId: z.string().nullable(),
    state: linkStateField,
    attempts: z.int(),
    lastError: z.string().nullable(),
    nextTryAt: time.nullable(),
    reason: z.string().nullable().openapi({ description: "Why it is `protected` or `paused`; null otherwise." }),
  })
  .openapi("Link");

export const verifyForm = z
  .strictObject({ repair: z.boolean().optional(), forget: z.boolean().optional() })
  .refine(({ repair, forget }) => !(repair && forget), {
    path: ["forget"],
    message: "goes not with repair: what is forgotten cannot be put right",
  })
  .openapi("VerifyForm", {
    description:
      "`repair`: what is missing or different is put right by a push. `forget`: it is another server; its links are " +
      "forgotten, and a push matches everything anew.",
  });

export const linkForm = z
  .strictObject({ remoteId: textField(1000) })
  .openapi("LinkForm", { description: "The id of the account, or group, at the target." });
