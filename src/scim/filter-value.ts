import type { CompareOperator, FilterValue } from "./filter.ts";
import type { AttributeDefinition, AttributeType } from "./schemas/schema.ts";
import { ScimError } from "./scim-error.ts";

/**
 * The value as the attribute's type has it: text, number, boolean, null, or for a dateTime its milliseconds.
 *
 * @throws {ScimError} 400 invalidFilter for an operator or a value that does not go with the type
 */
export function checkedValue(
  definition: AttributeDefinition,
  operator: CompareOperator,
  value: FilterValue,
): FilterValue {
  const { name, type } = definition;
  if (!allowedOperators[type].has(operator)) throw refuse(`${name} is a ${type}, which has no "${operator}"`);
  if (value === null) {
    if (operator === "eq" || operator === "ne") return null;
    throw refuse(`"${operator}" needs a value other than null`);
  }
  switch (type) {
    case "boolean":
      return toBoolean(name, value);
    case "decimal":
    case "integer":
      if (typeof value === "number") return value;
      throw refuse(`${name} is compared with a number`);
    case "dateTime":
      return toInstant(name, value);
    default:
      if (typeof value === "string") return value;
      throw refuse(`${name} is compared with text in double quotes`);
  }
}

const equality: ReadonlySet<CompareOperator> = new Set(["eq", "ne"]);
const ordered: ReadonlySet<CompareOperator> = new Set(["eq", "ne", "gt", "ge", "lt", "le"]);
const substrings: ReadonlySet<CompareOperator> = new Set(["eq", "ne", "co", "sw", "ew"]);
const all: ReadonlySet<CompareOperator> = new Set([...ordered, ...substrings]);

/** RFC 7644 §3.4.2.2: gt, ge, lt and le of boolean or binary fail with invalidFilter; co, sw and ew are for text. */
const allowedOperators: Readonly<Record<AttributeType, ReadonlySet<CompareOperator>>> = {
  string: all,
  reference: all,
  binary: substrings,
  boolean: equality,
  decimal: ordered,
  integer: ordered,
  dateTime: ordered,
  complex: equality,
};

// Entra ID writes booleans as text ("True"); RFC 7643 §2.3.2 knows literals only. No other text is taken for one.
function toBoolean(name: string, value: string | number | boolean): boolean {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" ? value.toLowerCase() : "";
  if (text === "true" || text === "false") return text === "true";
  throw refuse(`${name} is compared with true or false`);
}

function toInstant(name: string, value: string | number | boolean): number {
  const match = typeof value === "string" ? dateTime.exec(value) : null;
  // xsd:dateTime without a zone: UTC, not the zone of this machine, which is what Date.parse would take.
  const instant = match ? Date.parse(`${match[1]}T${match[2]}${match[3] ?? "Z"}`) : Number.NaN;
  if (Number.isNaN(instant)) throw refuse(`${name} is compared with a date and time such as "2026-01-31T08:00:00Z"`);
  return instant;
}

/** RFC 7643 §2.3.5: date and time, both there. */
const dateTime = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/i;

function refuse(reason: string): ScimError {
  return new ScimError(400, "invalidFilter", `Filter: ${reason}`);
}
