import { foldCase } from "../../src/lib/fold.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import type { AttributePath, CompareOperator, Filter, FilterValue } from "../../src/scim/filter.ts";

// RFC 7644 §3.4.2.2 once more, read naively over whole resources in memory: the second opinion on the SQL.

/** Attributes that are caseExact or dates, by their last name. Everything else that is text is folded. */
const exact = new Set([
  "id",
  "externalId",
  "resourceType",
  "photos.value",
  "schemas",
  "x509Certificates.value",
  "badge",
]);
const dates = new Set(["created", "lastModified", "hiredAt"]);

/** Whether a whole resource (with `id`, `meta`, `members`, `groups`) fulfils a filter whose names are written exactly. */
export function fulfils(resource: JsonObject, filter: Filter): boolean {
  switch (filter.kind) {
    case "and":
      return fulfils(resource, filter.left) && fulfils(resource, filter.right);
    case "or":
      return fulfils(resource, filter.left) || fulfils(resource, filter.right);
    case "not":
      return !fulfils(resource, filter.filter);
    case "valuePath":
      // What is empty is not there (RFC 7643 §2.5).
      return elementsAt(resource, filter.path)
        .filter(isFilled)
        .some((element) =>
          fulfils(isJsonObject(element) ? element : { value: element }, underElement(filter.filter, filter.path.name)),
        );
    case "present":
      return valuesAt(resource, filter.path).some(isFilled);
    case "compare":
      return compareAll(valuesAt(resource, filter.path), filter.operator, filter.value, kindOf(filter.path));
  }
}

type Kind = "exact" | "folded" | "date";

/** Within `photos[…]`, `value` is caseExact, within `emails[…]` it is not: the path keeps where it came from. */
function underElement(filter: Filter, name: string): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, left: underElement(filter.left, name), right: underElement(filter.right, name) };
    case "not":
      return { kind: "not", filter: underElement(filter.filter, name) };
    case "valuePath":
      return filter;
    default:
      return { ...filter, path: { ...filter.path, schema: `element:${name}` } };
  }
}

function kindOf({ schema, name, sub }: AttributePath): Kind {
  const parent = schema?.startsWith("element:") ? schema.slice("element:".length) : null;
  const full = parent === null ? `${name}.${sub ?? "value"}` : `${parent}.${name}`;
  if (dates.has(sub ?? name)) return "date";
  return exact.has(full) || exact.has(sub ?? name) || (parent === "schemas" && name === "value") ? "exact" : "folded";
}

function elementsAt(resource: JsonObject, { schema, name }: AttributePath): readonly Json[] {
  const isExtension = schema !== null && !schema.startsWith("element:");
  const scope = isExtension ? resource[schema] : resource;
  const value = isJsonObject(scope) ? scope[name] : undefined;
  return value === undefined || value === null ? [] : isList(value) ? value : [value];
}

function valuesAt(resource: JsonObject, path: AttributePath): readonly Json[] {
  return elementsAt(resource, path).flatMap((element) => {
    if (path.sub === null) return [element];
    const value = isJsonObject(element) ? element[path.sub] : undefined;
    return value === undefined ? [] : [value];
  });
}

function isFilled(value: Json): boolean {
  if (value === null || value === "") return false;
  if (isJsonObject(value)) return Object.values(value).some((inner) => inner !== null && inner !== "");
  return true;
}

function compareAll(values: readonly Json[], operator: CompareOperator, wanted: FilterValue, kind: Kind): boolean {
  // The short form: `emails co "x"` is about `emails.value`.
  const plain = values.flatMap((value) => (isJsonObject(value) ? (value["value"] ?? []) : [value]));
  const filled = plain.filter(isFilled);
  if (wanted === null) return operator === "eq" ? filled.length === 0 : filled.length > 0;
  if (operator === "ne") return plain.length === 0 || plain.some((value) => !compareOne(value, "eq", wanted, kind));
  return plain.some((value) => compareOne(value, operator, wanted, kind));
}

function compareOne(found: Json, operator: CompareOperator, wanted: FilterValue, kind: Kind): boolean {
  if (kind === "date") return order(Date.parse(String(found)) - Date.parse(String(wanted)), operator);
  if (typeof found === "boolean" || typeof wanted === "boolean") return operator === "eq" && found === wanted;
  if (typeof found === "number" && typeof wanted === "number") return order(found - wanted, operator);
  if (typeof found !== "string" || typeof wanted !== "string") return false;
  const [a, b] = kind === "exact" ? [found, wanted] : [foldCase(found), foldCase(wanted)];
  if (operator === "co") return a.includes(b);
  if (operator === "sw") return a.startsWith(b);
  if (operator === "ew") return a.endsWith(b);
  return order(compareCodePoints(a, b), operator);
}

function order(difference: number, operator: CompareOperator): boolean {
  switch (operator) {
    case "eq":
      return difference === 0;
    case "gt":
      return difference > 0;
    case "ge":
      return difference >= 0;
    case "lt":
      return difference < 0;
    case "le":
      return difference <= 0;
    default:
      return false;
  }
}

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
