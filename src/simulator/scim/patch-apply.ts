import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { type Attribute, findAttribute, type Schema } from "./attribute.ts";
import type { Judge } from "./journal.ts";
import { findExtension, type Model } from "./model.ts";
import type { Operation, Target } from "./patch-operation.ts";
import { cleanElements, cleanSingle, cleanValue, type Draft, isArray, quoted } from "./values.ts";

/** Takes the operations on `members`, which do not stand among a group's attributes. */
export type ApplyToMembers = (operation: Operation & { readonly target: AttributeTarget }) => void;

export type AttributeTarget = Extract<Target, { kind: "attribute" }>;

/**
 * The attributes after all operations, in order; the given ones are not changed (RFC 7644 §3.5.2: all or nothing).
 *
 * @throws Refusal with the first operation that can't be applied
 */
export function applyPatch(
  model: Model,
  attributes: JsonObject,
  operations: readonly Operation[],
  applyToMembers: ApplyToMembers,
  judge: Judge,
): JsonObject {
  const draft: Draft = { ...attributes };
  for (const operation of operations) {
    for (const single of withPaths(model, operation, judge)) {
      if (single.target.attribute.name === "members") applyToMembers(single);
      else applyToAttribute(draft, single, judge);
      judge.settle();
    }
  }
  return draft;
}

/** Cuts an operation on the resource, or on an extension, into one for each attribute in its value. */
function withPaths(
  model: Model,
  operation: Operation,
  judge: Judge,
): readonly (Operation & { readonly target: AttributeTarget })[] {
  const { target } = operation;
  if (target.kind === "attribute") return [{ ...operation, target }];
  if (target.kind === "extension") return onExtension(operation, target.extension, operation.value, judge);
  const value = isJsonObject(operation.value) ? operation.value : {};
  return Object.entries(value).flatMap(([key, item]) => {
    const attribute = findAttribute(model.top, key);
    if (attribute) return [onAttribute(operation, undefined, attribute, item)];
    const extension = findExtension(model, key);
    if (!extension) judge.refuse("attribute-unknown", `${model.type} has no attribute ${quoted(key)}.`, "invalidPath");
    return onExtension(operation, extension, item, judge);
  });
}

function onExtension(
  operation: Operation,
  extension: Schema,
  value: Json | undefined,
  judge: Judge,
): readonly (Operation & { readonly target: AttributeTarget })[] {
  if (operation.op === "remove" || value === null) {
    return extension.attributes.map((attribute) =>
      onAttribute({ ...operation, op: "remove" }, extension, attribute, undefined),
    );
  }
  if (!isJsonObject(value)) {
    judge.refuse("attribute-type", `${operation.place}: ${extension.id} is expected to be an object.`, "invalidValue");
  }
  return Object.entries(value).map(([key, item]) => {
    const attribute = findAttribute(extension.attributes, key);
    if (!attribute)
      judge.refuse("attribute-unknown", `${extension.id} has no attribute ${quoted(key)}.`, "invalidPath");
    return onAttribute(operation, extension, attribute, item);
  });
}

function onAttribute(
  operation: Operation,
  extension: Schema | undefined,
  attribute: Attribute,
  value: Json | undefined,
): Operation & { readonly target: AttributeTarget } {
  const target: AttributeTarget = {
    kind: "attribute",
    extension,
    attribute,
    sub: undefined,
    elements: undefined,
    filter: undefined,
  };
  return { ...operation, target, value };
}

function applyToAttribute(
  draft: Draft,
  operation: Operation & { readonly target: AttributeTarget },
  judge: Judge,
): void {
  const { op, place, target } = operation;
  const { extension, attribute, sub } = target;
  // The schemas follow from the data; a client may name them.
  if (attribute.name === "schemas") return;
  const name = sub ? `${attribute.name}.${sub.name}` : attribute.name;
  if (attribute.mutability === "readOnly" || sub?.mutability === "readOnly") {
    judge.refuse("patch-mutability", `${place}: ${name} is read-only.`, "mutability");
  }
  if (op === "replace" && operation.value === null) judge.note("value-null", `${place}: ${name} is null.`);
  const removes = op === "remove" || operation.value === null;
  if (removes && !target.elements && (sub ?? attribute).required) {
    judge.refuse("patch-mutability", `${place}: ${name} is required.`, "mutability");
  }
  const holder = extension ? draft[extension.id] : draft;
  const before = isJsonObject(holder) ? holder[attribute.name] : undefined;
  const given = removes ? undefined : operation.value;
  const after = attribute.multiValued
    ? changedElements(isArray(before) ? before : [], { ...operation, value: given }, judge)
    : changedSingle(before, { ...operation, value: given }, judge);
  setAttribute(draft, extension, attribute, after);
}

/** Sets or, with nothing to hold, removes it; an extension without attributes goes as a whole. */
function setAttribute(
  draft: Draft,
  extension: Schema | undefined,
  attribute: Attribute,
  value: Json | undefined,
): void {
  if (!extension) {
    setOrDelete(draft, attribute.name, value);
    return;
  }
  const held = draft[extension.id];
  const holder: Draft = isJsonObject(held) ? { ...held } : {};
  setOrDelete(holder, attribute.name, value);
  setOrDelete(draft, extension.id, orNothing(holder));
}

function changedSingle(
  before: Json | undefined,
  { target, value, place }: Operation & { readonly target: AttributeTarget },
  judge: Judge,
): Json | undefined {
  const { attribute, sub } = target;
  const name = `${place}: ${attribute.name}`;
  if (sub) {
    const changed: Draft = isJsonObject(before) ? { ...before } : {};
    const cleaned = value === undefined ? undefined : cleanValue(sub, value, `${name}.${sub.name}`, judge);
    setOrDelete(changed, sub.name, cleaned);
    return orNothing(changed);
  }
  if (value === undefined) return undefined;
  const cleaned = cleanValue(attribute, value, name, judge);
  if (attribute.type !== "complex") return cleaned;
  return merged(attribute, isJsonObject(before) ? before : {}, value, cleaned);
}

/** RFC 7644 §3.5.2.3: sub-attributes that are not named stay; those that are null go. */
function merged(attribute: Attribute, before: JsonObject, given: Json, cleaned: Json | undefined): Json | undefined {
  const changed: Draft = { ...before, ...(isJsonObject(cleaned) ? cleaned : {}) };
  for (const [key, value] of Object.entries(isJsonObject(given) ? given : {})) {
    const sub = value === null ? findAttribute(attribute.subAttributes ?? [], key) : undefined;
    if (sub) delete changed[sub.name];
  }
  return orNothing(changed);
}

function changedElements(
  before: readonly Json[],
  { op, target, value, place }: Operation & { readonly target: AttributeTarget },
  judge: Judge,
): Json | undefined {
  const { attribute, sub, elements } = target;
  const name = `${place}: ${attribute.name}`;
  if (!elements && !sub) {
    if (value === undefined) return undefined;
    // A single object stands for a list of one: RFC 7644 §3.5.2.1 adds "a new value".
    const given = cleanElements(attribute, isArray(value) ? value : [value], name, judge);
    return listOrNothing(op === "replace" ? given : appended(before, given));
  }
  const selected = before.filter((element) => !elements || (isJsonObject(element) && elements(element)));
  if (selected.length === 0) {
    if (value === undefined) return listOrNothing(before);
    judge.refuse("patch-no-target", `${name}: no value matches.`, "noTarget");
  }
  const chosen = new Set(selected);
  if (value === undefined && !sub) return listOrNothing(before.filter((element) => !chosen.has(element)));
  const change = elementChange(target, op, value, name, judge);
  const changed = before.map((element) => (chosen.has(element) ? change(element) : element));
  const kept = changed.filter((element) => element !== undefined);
  const primary = changed.find((element, index) => isPrimary(element) && !isPrimary(before[index]));
  return listOrNothing(primary === undefined ? kept : withPrimary(kept, primary));
}

/** What becomes of each element that a value filter, or a sub-attribute of all, has selected. */
function elementChange(
  { attribute, sub }: AttributeTarget,
  op: Operation["op"],
  value: Json | undefined,
  name: string,
  judge: Judge,
): (element: Json) => Json | undefined {
  if (sub) {
    const cleaned = value === undefined ? undefined : cleanValue(sub, value, `${name}.${sub.name}`, judge);
    return (element) => {
      const changed: Draft = isJsonObject(element) ? { ...element } : {};
      setOrDelete(changed, sub.name, cleaned);
      return orNothing(changed);
    };
  }
  const single = isArray(value) && value.length === 1 ? value[0] : value;
  const cleaned = single === undefined ? undefined : cleanSingle(attribute, single, name, judge);
  // RFC 7644 §3.5.2.3: a value that is selected and replaced is replaced as a whole.
  if (op === "replace" || !isJsonObject(cleaned)) return () => cleaned;
  return (element) => ({ ...(isJsonObject(element) ? element : {}), ...cleaned });
}

/** RFC 7644 §3.5.2.1: a value that is there already is not added again. */
function appended(before: readonly Json[], given: readonly Json[]): readonly Json[] {
  const present = new Set(before.map(canonicalJson));
  const added = given.filter((element) => !present.has(canonicalJson(element)));
  const primary = added.find(isPrimary);
  const all = [...before, ...added];
  return primary === undefined ? all : withPrimary(all, primary);
}

/** RFC 7644 §3.5.2: a new primary takes the place of the old one. */
function withPrimary(elements: readonly Json[], primary: Json): readonly Json[] {
  return elements.map((element) =>
    element !== primary && isJsonObject(element) && isPrimary(element) ? { ...element, primary: false } : element,
  );
}

function isPrimary(element: Json | undefined): boolean {
  return isJsonObject(element) && element["primary"] === true;
}

function setOrDelete(draft: Draft, name: string, value: Json | undefined): void {
  if (value === undefined) delete draft[name];
  else draft[name] = value;
}

function orNothing(object: Draft): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}

function listOrNothing(list: readonly Json[]): readonly Json[] | undefined {
  return list.length === 0 ? undefined : list;
}
