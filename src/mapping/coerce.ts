import type { Json } from "../lib/json.ts";
import type { AttributeType } from "../scim/catalog.ts";

/**
 * A value in the type of its attribute (RFC 7643 §2.3), or undefined where it does not fit. Text is never trimmed or
 * otherwise changed; numbers become their decimal text, 0 and 1 a boolean.
 */
export function coerce(type: AttributeType, value: Json): string | number | boolean | undefined {
  switch (type) {
    case "string":
    case "reference":
    case "binary":
      return toText(value);
    case "boolean":
      return toBoolean(value);
    case "integer":
      return toInteger(value);
    case "decimal":
      return toDecimal(value);
    case "dateTime":
      return typeof value === "string" && isDateTime(value) ? value : undefined;
    case "complex":
      return undefined;
  }
}

/** Each item of a list in the type of a multi-valued attribute; undefined where one does not fit. */
export function coerceList(type: AttributeType, value: Json): readonly Json[] | undefined {
  const items = (Array.isArray(value) ? value : [value]).map((item: Json) => coerce(type, item));
  return items.every((item) => item !== undefined) ? [...new Set(items)] : undefined;
}

/** Text of a text, a number or a boolean; undefined for anything else. */
export function toText(value: Json): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (Number.isInteger(value)) return BigInt(value).toString();
  return withoutExponent(String(value));
}

// Only small fractions come with an exponent here: 1.5e-7 is 0.00000015.
function withoutExponent(text: string): string {
  const [, sign, whole, fraction, exponent] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? [];
  if (whole === undefined) return text;
  return `${sign}0.${"0".repeat(Number(exponent) - 1)}${whole}${fraction ?? ""}`;
}

function toBoolean(value: Json): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value === 1) return true;
  if (value === 0) return false;
  if (typeof value !== "string") return undefined;
  const text = value.toLowerCase();
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : undefined;
}

function toInteger(value: Json): number | undefined {
  const number = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number + 0 : undefined;
}

function toDecimal(value: Json): number | undefined {
  const number = typeof value === "string" && /^-?\d{1,300}(\.\d{1,300})?$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number + 0 : undefined;
}

// RFC 7643 §2.3.5: an xsd:dateTime with date and time.
function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/.test(text) && !Number.isNaN(Date.parse(text));
}
