import { z } from "@hono/zod-openapi";
import { firstAdministrator } from "./caller.ts";
import { nameField, readOnlyField, statusField } from "./fields.ts";

/** What records call others than accounts: the environment's administrator, now and before there were accounts. */
const reservedNames: ReadonlySet<string> = new Set([firstAdministrator, "administrator"]);

const nameOfAccount = nameField.refine((name) => !reservedNames.has(name.toLowerCase()), "is reserved: choose another");

const roleField = z.enum(["administrator", "auditor"]).openapi({
  description: "An auditor reads everything and changes nothing.",
});

/** Length is what makes a password hard to guess; what it is made of is left to whoever chooses it. */
const passwordField = z
  .string()
  .min(12, "has to be of 12 characters at least")
  .max(1024)
  .openapi({ format: "password", description: "Never shown. Null or left out: only the token lets in." });

const readOnly = {
  ...{ id: readOnlyField, hasPassword: readOnlyField, builtIn: readOnlyField },
  ...{ createdAt: readOnlyField, lastSeenAt: readOnlyField },
};

export const administratorForm = z
  .strictObject({
    name: nameOfAccount.openapi({ description: "Stays as long as the account." }),
    role: roleField,
    password: passwordField.nullish(),
    ...readOnly,
  })
  .openapi("AdministratorForm");

/** What a merge patch makes of an account; of its password only a new one is said. */
export const administratorPatch = z.strictObject({
  ...{ name: z.string(), role: roleField, status: statusField, password: passwordField.optional() },
  ...readOnly,
});

export const administratorView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: roleField,
    status: statusField,
    hasPassword: z.boolean(),
    builtIn: z
      .boolean()
      .openapi({ description: "True of the server's own token (BRIDGE_ADMIN_TOKEN, or admin.token)." }),
    createdAt: z.string().nullable().openapi({ format: "date-time" }),
    lastSeenAt: z.string().nullable().openapi({
      format: "date-time",
      description: "To within a minute; null: never, or not known, of the server's own token.",
    }),
  })
  .openapi("Administrator");

export const newAdministratorView = administratorView
  .extend({ token: z.string().openapi({ description: "Shown this once." }) })
  .openapi("NewAdministrator");
