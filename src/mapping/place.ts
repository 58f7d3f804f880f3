import type { AttributeDefinition, SchemaCatalog } from "../scim/catalog.ts";
import { findSubAttribute } from "../scim/catalog.ts";
import { enterpriseUserSchema, type ResourceType } from "../scim/resource.ts";
import { formatAttributeKey, type KeyCondition, KeySyntaxError, parseAttributeKey } from "./attribute-key.ts";
import { didYouMean } from "./suggest.ts";

/** Where in a resource a rule writes, and what may stand there. */
export interface Place {
  /** The key in one spelling; two rules with the same one write the same place. */
  readonly key: string;
  /** URN of the extension object; null at the top. */
  readonly extension: string | null;
  readonly attribute: AttributeDefinition;
  readonly filter: readonly KeyCondition[] | null;
  readonly sub: AttributeDefinition | null;
  /** What is written: the sub-attribute, or the attribute itself. */
  readonly leaf: AttributeDefinition;
}

/**
 * Looks a key of a mapping file up in the schemas. Names may be written in any case (RFC 7643 §2.1); the place has
 * them as the schema does.
 *
 * @param wholeForRemoval allows attributes with parts, and elements, as a whole
 * @throws {KeySyntaxError} for what is no path, no known attribute, or not for a mapping to write
 */
export function findPlace(
  catalog: SchemaCatalog,
  type: ResourceType,
  text: string,
  { wholeForRemoval = false }: { readonly wholeForRemoval?: boolean } = {},
): Place {
  const { schema, name, filter, sub } = parseAttributeKey(text);
  if (type === "Group" && schema === null && name.toLowerCase() === "members") {
    throw new KeySyntaxError('who is in a group is said by "members": { "users": …, "groups": … }');
  }
  const match = catalog.findAttribute(type, { schema, name, sub });
  if (!match) throw new KeySyntaxError(explainUnknown(catalog, type, { schema, name, sub }));
  const { attribute, extension } = match;
  if (kept.has(attribute.name) && extension === null)
    throw new KeySyntaxError(`${attribute.name} is set by the bridge`);
  const leaf = match.sub ?? attribute;
  for (const { mutability } of [attribute, leaf]) {
    if (mutability === "readOnly") throw new KeySyntaxError(`${name}${sub ? `.${sub}` : ""} is readOnly (RFC 7643 §7)`);
    if (mutability === "writeOnly") throw new KeySyntaxError(`${name} is writeOnly: the directory keeps no such value`);
  }
  // What is removed may be removed whole: all of `name`, every element of `photos`.
  if (!wholeForRemoval || filter !== null || sub !== null)
    refuseShape(attribute, filter !== null, match.sub, wholeForRemoval);
  const conditions = filter === null ? null : checkConditions(attribute, filter, match.sub);
  const key = formatAttributeKey({
    schema: extension,
    name: attribute.name,
    filter: conditions,
    sub: match.sub?.name ?? null,
  });
  return { key, extension, attribute, filter: conditions, sub: match.sub, leaf };
}

/** Attributes that the bridge makes itself, whatever their mutability. */
const kept = new Set(["id", "meta", "schemas"]);

function refuseShape(
  attribute: AttributeDefinition,
  hasFilter: boolean,
  sub: AttributeDefinition | null,
  wholeElement: boolean,
): void {
  const { name, type, multiValued } = attribute;
  if (type !== "complex") {
    if (hasFilter) throw new KeySyntaxError(`${name} has no elements with sub-attributes: write it without brackets`);
    return;
  }
  if (sub === null && !(wholeElement && hasFilter && multiValued)) {
    const example = (attribute.subAttributes ?? []).map((each) => `.${each.name}`).join(", ");
    throw new KeySyntaxError(`${name} is made of parts: write one of them (${example})`);
  }
  if (multiValued && !hasFilter) {
    throw new KeySyntaxError(`${name} has several elements: say which one, as in ${name}[type eq "work"].${sub?.name}`);
  }
  if (!multiValued && hasFilter) throw new KeySyntaxError(`${name} has one value: write ${name}.${sub?.name}`);
}

function checkConditions(
  attribute: AttributeDefinition,
  filter: readonly KeyCondition[],
  written: AttributeDefinition | null,
): readonly KeyCondition[] {
  const conditions = filter.map(({ sub, value }) => {
    const definition = findSubAttribute(attribute, sub);
    if (!definition) throw new KeySyntaxError(`${attribute.name} has no sub-attribute ${sub}`);
    const expected = definition.type === "boolean" ? "boolean" : "string";
    if (typeof value !== expected)
      throw new KeySyntaxError(`${sub} takes ${expected === "string" ? "a text in quotes" : "true or false"}`);
    if (definition === written) throw new KeySyntaxError(`${sub} is set by the brackets already`);
    return { sub: definition.name, value };
  });
  const sorted = conditions.toSorted((a, b) => (a.sub < b.sub ? -1 : 1));
  const twice = sorted.find(({ sub }, index) => sorted[index + 1]?.sub === sub);
  if (twice) throw new KeySyntaxError(`${twice.sub} stands twice between the brackets`);
  return sorted;
}

/** Why a path leads nowhere, and what was perhaps meant. */
export function explainUnknown(
  catalog: SchemaCatalog,
  type: ResourceType,
  { schema, name, sub }: { readonly schema: string | null; readonly name: string; readonly sub: string | null },
): string {
  if (schema !== null && !catalog.findSchema(schema)) {
    const known = catalog.extensionsOf(type).map(({ id }) => id);
    return `no schema ${schema}; ${known.length > 0 ? `known for ${type}: ${known.join(", ")}` : `no schema extends ${type}`}`;
  }
  const parent = sub === null ? null : catalog.findAttribute(type, { schema, name, sub: null });
  if (parent) {
    const parts = (parent.attribute.subAttributes ?? []).map((each) => each.name);
    return `${name} has no sub-attribute ${sub}${didYouMean(sub ?? "", parts)}`;
  }
  const extension = schema === null && catalog.extensionsOf(type).find((each) => hasAttribute(each.attributes, name));
  if (extension) return `${name} belongs to an extension: write ${extension.id}:${name}`;
  const attributes = schema === null ? catalog.topAttributes(type) : (catalog.findSchema(schema)?.attributes ?? []);
  const suggestion = didYouMean(
    name,
    attributes.map((each) => each.name),
  );
  const isOurs = schema !== null && schema.toLowerCase() !== enterpriseUserSchema.toLowerCase();
  // Who saves a draft of both files is told in which order they come.
  const advice = isOurs && suggestion === "" ? "; a new one is added to the extension schema first, and activated" : "";
  return `${schema ?? type} has no attribute ${name}${suggestion}${advice}`;
}

function hasAttribute(attributes: readonly AttributeDefinition[], name: string): boolean {
  return attributes.some((attribute) => attribute.name.toLowerCase() === name.toLowerCase());
}
