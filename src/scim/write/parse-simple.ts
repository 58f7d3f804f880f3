import type { Json } from "../../lib/json.ts";
import type { AttributeDefinition, AttributeType } from "../schemas/schema.ts";
import type { Problems } from "./problems.ts";

/**
 * One value of a simple type (RFC 7643 §2.3). One of another type is a problem, and null here. Text is kept as it is
 * written.
 */
export function parseSimple(
  { type }: AttributeDefinition,
  json: Json,
  place: string,
  problems: Problems,
): string | number | boolean | null {
  const value = type === "complex" ? undefined : simpleTypes[type].read(json);
  if (value === undefined) problems.add("invalidValue", place, whyNot(type, json));
  return value ?? null;
}

interface SimpleType {
  /** Completes "is not …". */
  readonly article: string;
  /** Undefined for what is not of this type. */
  read(json: Json): string | number | boolean | undefined;
}

const simpleTypes: Readonly<Record<Exclude<AttributeType, "complex">, SimpleType>> = {
  string: { article: "text", read: readText },
  boolean: { article: "true or false", read: readBoolean },
  integer: {
    article: "a whole number",
    read: (json) => (typeof json === "number" && Number.isSafeInteger(json) ? json + 0 : undefined),
  },
  decimal: {
    article: "a number",
    read: (json) => (typeof json === "number" && Number.isFinite(json) ? json + 0 : undefined),
  },
  dateTime: {
    article: 'a date and time such as "2026-01-31T08:00:00Z"',
    read: (json) => (typeof json === "string" && isDateTime(json) ? json : undefined),
  },
  // RFC 7643 §2.3.6: base64 or base64url.
  binary: {
    article: "base64",
    read: (json) => (typeof json === "string" && /^[A-Za-z0-9+/_-]+={0,2}$/.test(json) ? json : undefined),
  },
  // RFC 7643 §2.3.7: a URI, which has no white space. Whether it leads anywhere is not looked at.
  reference: {
    article: "a URI",
    read: (json) => (typeof json === "string" && !/[\s\p{Cc}]/u.test(json) ? readText(json) : undefined),
  },
};

function whyNot(type: AttributeType, json: Json): string {
  if (type === "complex") return "is not an object";
  if (type === "string" && typeof json === "string") {
    return "has a character that cannot be stored: NUL, or half of a surrogate pair";
  }
  return `is not ${simpleTypes[type].article}`;
}

// NUL and half surrogate pairs are in no UTF-8 text (RFC 7643 §2.3.1) that a database takes.
function readText(json: Json): string | undefined {
  return typeof json === "string" && json.isWellFormed() && !json.includes("\0") ? json : undefined;
}

// Entra ID writes "True" and "False", also where its documents say true: in PATCH without its compliance flag, and for
// `primary`. Against RFC 7643 §2.3.2, for attributes that are boolean only, and for no other text.
function readBoolean(json: Json): boolean | undefined {
  if (typeof json === "boolean") return json;
  const text = typeof json === "string" ? json.toLowerCase() : "";
  return text === "true" || text === "false" ? text === "true" : undefined;
}

// RFC 7643 §2.3.5: an xsd:dateTime with date and time.
function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/.test(text) && !Number.isNaN(Date.parse(text));
}
