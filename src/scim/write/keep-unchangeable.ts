import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { SchemaCatalog } from "../catalog.ts";
import type { ResourceType } from "../resource.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import {
  besideDocument,
  type DocumentPlace,
  nameOf,
  readAttribute,
  withMember,
  writeAttribute,
} from "./document-attribute.ts";
import type { Problems } from "./problems.ts";
import { elementKey, valueKey } from "./same-value.ts";

/**
 * New attributes with what the client cannot change (RFC 7644 §3.5.1): readOnly ones as they are now; immutable ones too,
 * where they have a value, and another value is a problem. A complex attribute that is left out goes with all its parts.
 */
export function keepUnchangeable(
  attributes: JsonObject,
  current: JsonObject,
  type: ResourceType,
  catalog: SchemaCatalog,
  problems: Problems,
): JsonObject {
  return placesOf(type, catalog).reduce((kept, place) => {
    const before = readAttribute(current, place);
    if (before === undefined) return kept;
    const after = readAttribute(kept, place);
    const value = keep(place.attribute, before, after, nameOf(place), problems);
    return value === after ? kept : writeAttribute(kept, place, value);
  }, attributes);
}

function placesOf(type: ResourceType, catalog: SchemaCatalog): readonly DocumentPlace[] {
  const top = catalog.topAttributes(type).filter(({ name }) => !besideDocument.has(name));
  return [
    ...top.map((attribute) => ({ extension: null, attribute })),
    ...catalog
      .extensionsOf(type)
      .flatMap(({ id, attributes }) => attributes.map((attribute) => ({ extension: id, attribute }))),
  ];
}

function keep(
  attribute: AttributeDefinition,
  before: Json,
  after: Json | undefined,
  path: string,
  problems: Problems,
): Json | undefined {
  if (attribute.mutability === "readOnly") return before;
  if (attribute.mutability === "immutable") {
    if (after !== undefined && valueKey(attribute, after) !== valueKey(attribute, before)) {
      problems.add("mutability", path, "is immutable and has another value");
    }
    return before;
  }
  if (after === undefined || attribute.subAttributes === undefined) return after;
  return Array.isArray(after)
    ? keepReadOnlyParts(attribute, before, after)
    : keepInComplex(attribute, before, after, path, problems);
}

// What is readOnly was said of the value that stood there: of another manager it would be wrong.
function keepInComplex(
  attribute: AttributeDefinition,
  before: Json,
  after: Json,
  path: string,
  problems: Problems,
): Json {
  if (!isJsonObject(before) || !isJsonObject(after)) return after;
  const isSame = elementKey(attribute, before) === elementKey(attribute, after) || member(after, "value") === undefined;
  return (attribute.subAttributes ?? []).reduce<JsonObject>((kept, sub) => {
    const old = member(before, sub.name);
    if (old === undefined) return kept;
    // Where there is a `$ref` that is readOnly, a client wrote it when it was not yet: it may lead anywhere.
    if (sub.mutability === "readOnly" && (!isSame || sub.name === "$ref")) return kept;
    const value = keep(sub, old, member(kept, sub.name), `${path}.${sub.name}`, problems);
    return withMember(kept, sub.name, value);
  }, after);
}

/**
 * Elements with the readOnly parts of those that were there with the same type and value (RFC 7644 §3.5.1): elements
 * come and go (RFC 7643 §4.2), and one with the same type and value is the same as before.
 */
export function keepReadOnlyParts(
  attribute: AttributeDefinition,
  before: Json | undefined,
  after: readonly Json[],
): readonly Json[] {
  const readOnly = (attribute.subAttributes ?? []).filter(({ mutability }) => mutability === "readOnly");
  if (readOnly.length === 0 || !Array.isArray(before)) return after;
  const old = new Map((before as readonly Json[]).map((element) => [elementKey(attribute, element), element]));
  return after.map((element) => {
    const same = old.get(elementKey(attribute, element));
    if (!isJsonObject(same) || !isJsonObject(element)) return element;
    const kept = readOnly.flatMap(({ name }) => {
      const value = member(same, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return { ...element, ...Object.fromEntries(kept) };
  });
}
