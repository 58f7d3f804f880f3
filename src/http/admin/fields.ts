import { z } from "@hono/zod-openapi";
import { secretMask } from "../../lib/secrets.ts";

// Members that several bodies share. The schemas validate requests and are the OpenAPI document.

/** Names that people type on a command line and in a URL. One that looks like an id would shadow a real id. */
export const nameField = z
  .string()
  .regex(
    /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u,
    "has to be 2 to 100 characters: Chinese characters, letters, digits, - and _",
  )
  .refine((name) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name), "has the form of an id: choose another")
  .refine((name) => name !== "null" && name !== "user-groups", "is reserved: choose another");

export const statusField = z.enum(["enabled", "disabled"]);

/** Text without control characters, line breaks aside. */
export const textField = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}]*$/u, "must not hold control characters");

/** A secret: printable ASCII, because it goes into a header or a URL. */
export const secretField = secretOf(z.string());

/** A secret that has to be there; `missing` says why, and what to do. */
export const requiredSecretField = (missing: string) =>
  secretOf(z.string({ error: ({ input }) => (input === undefined ? missing : undefined) }));

function secretOf(text: z.ZodString) {
  return text
    .min(1)
    .max(8192)
    .regex(/^[\x21-\x7e]+$/, "has to be printable ASCII without spaces")
    .openapi({
      format: "password",
      description: `Reads back as ${secretMask}; sent back like that it stays as it is.`,
    });
}

/** An http(s) URL without credentials in it: those have members of their own, which are kept secret. */
export const urlField = z
  .string()
  .max(2048)
  .refine((text) => isPlainUrl(text), "has to be an http or https URL without user, password, query or fragment")
  .openapi({ format: "uri" });

/** What a client sends back of an answer: accepted so that what was read can be sent, and ignored. */
export const readOnlyField = z.unknown().optional().openapi({ readOnly: true, description: "Ignored in requests." });

const count = z.int().min(0).max(10_000_000);
const percent = z.number().min(0).max(100);

const protectionFilter = z.string().min(1).max(8192).optional();

export const safeguardsField = z
  .strictObject({
    maxRemovals: z
      .strictObject({ floor: count.default(5), percent: percent.default(10), count: count.default(500) })
      .prefault({}),
    maxMemberRemovals: z.strictObject({ floor: count.default(20), percent: percent.default(50) }).prefault({}),
    windowHours: z.int().min(1).max(720).default(24),
    protected: protectionFilter.openapi({
      description:
        "A SCIM filter of people who are never overwritten, deactivated or deleted, and never taken out of a group.",
    }),
    protectedGroups: protectionFilter.openapi({
      description:
        "The same of groups: never renamed or deleted. At a target nobody is put into one or taken out of it, but for the " +
        "members that the bridge makes it with.",
    }),
  })
  .prefault({})
  .openapi("Safeguards", {
    description:
      "Removals beyond `floor` are held when they exceed `percent` of all or `count`, counted over `windowHours`.",
  });

/**
 * Optional members are absent, never undefined: JSON has no undefined. The types that zod infers do not say so.
 * A cast, not a conversion.
 */
export function present<T>(value: T): Present<T> {
  return value as Present<T>;
}

export type Present<T> = T extends readonly unknown[] | string | number | boolean | null
  ? T
  : { [K in keyof T]: Present<Exclude<T[K], undefined>> };

/** An http or https URL without user, password, query and fragment. */
export function isPlainUrl(text: string): boolean {
  const url = parseWebUrl(text);
  return url !== null && url.username === "" && url.password === "";
}

/** The same, but there may be a user and a password. */
export function isProxyUrl(text: string): boolean {
  const url = parseWebUrl(text);
  // In a header both go decoded, with a colon between them: RFC 7617 §2.
  return url !== null && isPercentEncoded(url.username) && isPercentEncoded(url.password) && !/%3a/i.test(url.username);
}

function parseWebUrl(text: string): URL | null {
  if (!URL.canParse(text) || /[\s?#]/.test(text)) return null;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : null;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
