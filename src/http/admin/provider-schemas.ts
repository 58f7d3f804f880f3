import { z } from "@hono/zod-openapi";
import { secretMask } from "../../lib/secrets.ts";
import {
  isPlainUrl,
  isProxyUrl,
  nameField,
  readOnlyField,
  requiredSecretField,
  textField,
  urlField,
} from "./fields.ts";
import { callbackField } from "./source-schemas.ts";

const kindField = z.enum(["customised", "third-party"]).openapi({
  description:
    "`customised`: a template (代开发模板) of apps that look like the corp's own; its QR code is scanned by the corp's " +
    "administrator. `third-party`: a suite (第三方应用), which is installed by a link and is shown ids alone.",
});

/** Ids of templates and suites: `dk…`, `ww…`, `wx…`, `tj…`. */
const suiteId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "has to be the id of a template or suite, as in dk0123456789abcdef");

const corpIdField = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "has to be a corp id: letters and digits, as in ww0123456789abcdef");

const templateForm = z
  .strictObject({
    kind: kindField,
    name: textField(100).optional().openapi({ description: "For people." }),
    secret: requiredSecretField("is required: the Secret of the template or suite, from the provider's console"),
    callback: callbackField,
    ticketAt: readOnlyField,
    ticketIsStale: readOnlyField,
  })
  .openapi("ProviderTemplateForm");

const proxyField = z
  .string()
  .max(2048)
  .refine(
    (text) => text === secretMask || isProxyUrl(text),
    "has to be an http or https URL without query or fragment, as in http://user:password@proxy.example.com:3128",
  );

/** A service provider as a client writes it. */
export const providerForm = z
  .strictObject({
    name: nameField,
    corpId: corpIdField.openapi({ description: "The provider's own corp id." }),
    providerSecret: requiredSecretField("is required: the ProviderSecret, from the provider's console"),
    apiBaseUrl: urlField.optional(),
    installBaseUrl: urlField.optional().openapi({
      description: "Where the page is at which a suite is installed; WeCom's if not said.",
    }),
    proxy: proxyField.optional().openapi({
      description: `An HTTP or HTTPS proxy for all calls in its name. With credentials it reads back as ${secretMask}.`,
    }),
    templates: z.record(suiteId, templateForm).default({}).openapi({ description: "By template id or suite id." }),
    id: readOnlyField,
    callbackUrl: readOnlyField,
    dataCallbackUrl: readOnlyField,
    openCodes: readOnlyField,
    createdAt: readOnlyField,
    updatedAt: readOnlyField,
  })
  .openapi("ProviderForm");

export type ProviderForm = z.output<typeof providerForm>;

/** Where the secrets of this form stand. */
export function providerSecretsOf({ proxy, templates }: ProviderForm): readonly string[] {
  return [
    "/providerSecret",
    ...(proxy === undefined || isPlainUrl(proxy) ? [] : ["/proxy"]),
    ...Object.keys(templates).flatMap((id) =>
      ["secret", "callback/token", "callback/encodingAesKey"].map((name) => `/templates/${id}/${name}`),
    ),
  ];
}

/** The part of a form that is kept in the clear. */
export const storedProviderSettings = z.object({
  corpId: z.string(),
  apiBaseUrl: z.string().optional(),
  installBaseUrl: z.string().optional(),
  proxy: z.string().optional(),
  templates: z.record(z.string(), z.object({ kind: kindField, name: z.string().optional() })),
});

const time = z.string().openapi({ format: "date-time" });

const templateView = z.object({
  kind: kindField,
  name: z.string().optional(),
  secret: z.string(),
  callback: z.object({ token: z.string(), encodingAesKey: z.string() }),
  ticketAt: time.nullable().openapi({ description: "Of the last suite_ticket; null: none has come." }),
  ticketIsStale: z
    .boolean()
    .openapi({ description: "None has come for 30 minutes: nothing can be asked for with it." }),
});

/** A service provider as it is answered. */
export const providerView = z
  .object({
    id: z.string(),
    name: z.string(),
    corpId: z.string(),
    providerSecret: z.string(),
    apiBaseUrl: z.string().optional(),
    installBaseUrl: z.string().optional(),
    proxy: z.string().optional(),
    templates: z.record(z.string(), templateView),
    callbackUrl: z.string().openapi({ description: "What is entered as 指令回调URL of each template and suite." }),
    dataCallbackUrl: z.string().openapi({ description: "The same as 数据回调URL." }),
    openCodes: z
      .array(
        z.object({
          template: z.string(),
          event: z.enum(["create_auth", "reset_permanent_code"]),
          since: time,
          tried: z.boolean().openapi({ description: "False: it is given up." }),
          detail: z.string().nullable(),
        }),
      )
      .readonly()
      .openapi({ description: "Codes that corps' authorisations brought and that are not exchanged." }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi("Provider");

/** What a corp is to be asked for. */
export const authorizationForm = z
  .strictObject({
    template: suiteId.openapi({ description: "One of the provider's `templates`." }),
    sourceName: nameField.optional().openapi({ description: "What the source is to be called that is made of it." }),
    corpId: corpIdField.optional().openapi({ description: "The one corp that may authorise; any if not said." }),
    trial: z.boolean().default(false).openapi({ description: "Of a third-party suite that is not published yet." }),
  })
  .openapi("AuthorizationForm");

export const authorizationView = z
  .object({
    id: z.string(),
    provider: z.string(),
    template: z.string(),
    kind: kindField,
    state: z.enum(["waiting", "authorised", "expired", "failed", "cancelled"]),
    reason: z.string().nullable().openapi({ description: "Why it failed, was cancelled, or takes its time." }),
    invited: z.boolean().openapi({
      description: "False: nobody here asked for it. It is bound to nothing until somebody names it in a source.",
    }),
    url: z.string().nullable().openapi({
      description: "While it waits: of a template what is shown as QR code, of a suite the link to its installation.",
    }),
    qrCode: z.string().nullable().optional().openapi({ description: "The same as SVG; not in lists." }),
    expiresAt: time.nullable(),
    corp: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    source: z.string().nullable().openapi({ description: "Id of the source that is read by it." }),
    sourceName: z.string().nullable(),
    note: z.string().nullable().openapi({ description: "What an app of this kind is not shown." }),
    createdAt: time,
    authorisedAt: time.nullable(),
  })
  .openapi("Authorization");
