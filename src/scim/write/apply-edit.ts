import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { jsonElement } from "../filterable-resource.ts";
import { matchesElement } from "../match-filter.ts";
import type { Edit, ElementChange, SubEdit } from "../patch-operation.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { ScimError } from "../scim-error.ts";
import { discardElements } from "./discard.ts";
import { withMember } from "./document-attribute.ts";
import { countPrimary, isPrimary, mergeDuplicates, withoutPrimary } from "./elements.ts";
import { keepReadOnlyParts } from "./keep-unchangeable.ts";
import { writeLimits } from "./limits.ts";
import { valueKey } from "./same-value.ts";

/**
 * The value of an attribute after an edit (RFC 7644 §3.5.2.1–3), or undefined where none is left. What is passed in is
 * not changed.
 *
 * @throws {ScimError} 400 noTarget, mutability or invalidValue
 */
export function applyEdit(
  edit: Edit,
  before: Json | undefined,
  attribute: AttributeDefinition,
  at: string,
): Json | undefined {
  switch (edit.kind) {
    case "assign":
      return Array.isArray(edit.value) ? keepReadOnlyParts(attribute, before, edit.value) : (edit.value ?? undefined);
    case "merge":
      return mergeParts(isJsonObject(before) ? before : {}, edit.values, attribute, at);
    case "append":
      return append(attribute, elementsOf(before), edit.elements, at);
    case "discard":
      return toValue(attribute, discardElements(attribute, elementsOf(before), edit.patterns));
    case "elements":
      return toValue(attribute, changeElements(edit, elementsOf(before), attribute, at));
  }
}

/** A complex attribute with one value is an element that is there or not. */
function elementsOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function toValue({ multiValued }: AttributeDefinition, elements: readonly Json[]): Json | undefined {
  if (elements.length === 0) return undefined;
  return multiValued ? elements : elements[0];
}

/** RFC 7644 §3.5.2.1: values that are there already are not added again, and a new primary takes the old one's place. */
function append(
  attribute: AttributeDefinition,
  before: readonly Json[],
  added: readonly Json[],
  at: string,
): readonly Json[] {
  const kept = added.some(isPrimary) ? before.map(withoutPrimary) : before;
  const all = mergeDuplicates(attribute, [...kept, ...added]);
  if (all.length <= writeLimits.values || all.length <= before.length) return all;
  throw new ScimError(400, "invalidValue", `${at} has more than ${writeLimits.values} values`);
}

function changeElements(
  { filter, change, ifNone }: Edit & { readonly kind: "elements" },
  before: readonly Json[],
  attribute: AttributeDefinition,
  at: string,
): readonly Json[] {
  const chosen = before.map(
    (element) => filter === null || matchesElement(filter, jsonElement(element, attribute), attribute),
  );
  if (!chosen.includes(true)) {
    if (ifNone.kind === "ignore") return before;
    // Where there can be one value only, and it is another, there is no place for a new one.
    if (ifNone.kind === "create" && (attribute.multiValued || before.length === 0)) {
      return append(attribute, before, [ifNone.element], at);
    }
    throw new ScimError(400, "noTarget", `${at} has a filter that chooses no value`);
  }
  if (change.kind === "remove") return before.filter((_, index) => !chosen[index]);
  const setsPrimary = makesPrimary(change);
  const changed = before.flatMap((element, index): readonly Json[] => {
    if (!chosen[index]) return [setsPrimary ? withoutPrimary(element) : element];
    return changeElement(element, change, attribute, at) ?? [];
  });
  const merged = mergeDuplicates(attribute, changed);
  if (setsPrimary && countPrimary(merged) > 1) {
    throw new ScimError(400, "invalidValue", `${at} would have more than one primary (RFC 7643 §2.4)`);
  }
  return merged;
}

function changeElement(
  element: Json,
  change: Exclude<ElementChange, { readonly kind: "remove" }>,
  attribute: AttributeDefinition,
  at: string,
): readonly Json[] | null {
  if (change.kind === "replace") {
    const replaced = keepReadOnlyParts(attribute, [element], [change.element]);
    if (isJsonObject(element) && isJsonObject(change.element)) refuseImmutable(attribute, element, change.element, at);
    return replaced;
  }
  const merged = mergeParts(isJsonObject(element) ? element : {}, change.values, attribute, at);
  return merged === undefined ? null : [merged];
}

function makesPrimary(change: Exclude<ElementChange, { readonly kind: "remove" }>): boolean {
  if (change.kind === "replace") return isPrimary(change.element);
  return change.values.some(({ sub, value }) => sub.name === "primary" && value === true);
}

/** RFC 7644 §3.5.2.3: parts that are not named stay; null clears. Undefined where nothing is left. */
function mergeParts(
  before: JsonObject,
  values: readonly SubEdit[],
  attribute: AttributeDefinition,
  at: string,
): JsonObject | undefined {
  const start = withoutStale(before, values, attribute);
  const after = values.reduce((object, edit) => withMember(object, edit.sub.name, partOf(object, edit)), start);
  refuseImmutable(attribute, before, after, at);
  return Object.keys(after).length === 0 ? undefined : after;
}

function partOf(object: JsonObject, { sub, value, append: isAppended }: SubEdit): Json | undefined {
  if (!isAppended || value === null) return value ?? undefined;
  return mergeDuplicates(sub, [...elementsOf(member(object, sub.name)), ...elementsOf(value)]);
}

// `$ref` and what is readOnly, such as `manager.displayName`, were said of the value that goes.
function withoutStale(before: JsonObject, values: readonly SubEdit[], attribute: AttributeDefinition): JsonObject {
  const edit = values.find(({ sub }) => sub.name === "value");
  const old = member(before, "value");
  if (edit === undefined || old === undefined) return before;
  if (edit.value !== null && valueKey(edit.sub, edit.value) === valueKey(edit.sub, old)) return before;
  const stale = (attribute.subAttributes ?? []).filter(
    ({ name, mutability }) => name === "$ref" || mutability === "readOnly",
  );
  return stale.reduce((object, { name }) => withMember(object, name, undefined), before);
}

// RFC 7643 §2.2: what is immutable can be set while it has no value, and goes only with all that it is a part of.
function refuseImmutable(
  { subAttributes = [] }: AttributeDefinition,
  before: JsonObject,
  after: JsonObject,
  at: string,
): void {
  for (const sub of subAttributes) {
    if (sub.mutability !== "immutable") continue;
    const old = member(before, sub.name);
    const fresh = member(after, sub.name);
    if (old === undefined || (fresh !== undefined && valueKey(sub, fresh) === valueKey(sub, old))) continue;
    throw new ScimError(400, "mutability", `${at} has ${sub.name}, which is immutable and has a value`);
  }
}
