import type { Json } from "../../lib/json.ts";
import type { Edit, ElementChange, IfNone, MembershipEdit, Pattern, SubEdit } from "../patch-operation.ts";
import type { AttributeDefinition } from "../schemas/schema.ts";
import { writeLimits } from "./limits.ts";
import { parseMembers } from "./members.ts";
import { isNothing, parseAttribute, parseSubValues, type SubValue, toComplex, toList } from "./parse-attribute.ts";
import type { ElementsTarget, PatchTarget } from "./patch-target.ts";
import type { Problems } from "./problems.ts";
import { valueKey } from "./same-value.ts";

/** The operations of RFC 7644 §3.5.2. */
export type PatchOp = "add" | "remove" | "replace";

/** An operation on a target, before its value has been looked at. */
export interface Request {
  readonly op: PatchOp;
  /** Null clears; of `add` it is nothing to add (RFC 7643 §2.5). Of `remove` it is no value. */
  readonly value: Json;
  /** Where it stands in the message, for problems. */
  readonly at: string;
  readonly problems: Problems;
  /** Whether `replace` with a value path that ends in a sub-attribute makes the element that is not there. */
  readonly createsElements: boolean;
}

/** The edit of a whole attribute; null where there is nothing to do. */
export function editAttribute(attribute: AttributeDefinition, request: Request): Edit | null {
  const { op, value, at, problems } = request;
  if (op === "remove") {
    if (attribute.multiValued && value !== null) return discard(attribute, request);
    if (attribute.required) problems.add("mutability", at, "is required and cannot be removed");
    return { kind: "assign", value: null };
  }
  if (attribute.type === "complex" && !attribute.multiValued && !isNothing(value)) {
    const values = parseSubValues(attribute, value, at, problems);
    return mergeOf(op, values, request);
  }
  const parsed = parseAttribute(attribute, value, at, problems);
  if (op === "add" && parsed === null) return null;
  if (parsed === null && attribute.required) problems.add("invalidValue", at, "is required");
  return op === "add" && attribute.multiValued
    ? { kind: "append", elements: parsed === null ? [] : toList(parsed) }
    : { kind: "assign", value: parsed };
}

/** The edit of a part of an attribute that has one value. */
export function editSub(sub: AttributeDefinition, request: Request): Edit | null {
  return mergeOf(request.op, subValues(sub, request), request);
}

/** The edit of the elements that a value path chooses. */
export function editElements(target: ElementsTarget, request: Request): Edit | null {
  const { sub, place, filter } = target;
  const { op, value, at, problems } = request;
  const { attribute } = place;
  if (op === "remove" || isNothing(value)) {
    if (op === "add") return null;
    const change: ElementChange =
      sub === null ? { kind: "remove" } : { kind: "merge", values: toSubEdits(op, subValues(sub, request), request) };
    return { kind: "elements", filter, change, ifNone: { kind: "ignore" } };
  }
  if (sub === null && attribute.type !== "complex") {
    const [element = null] = toList(parseAttribute(attribute, value, at, problems));
    return element === null
      ? null
      : { kind: "elements", filter, change: { kind: "replace", element }, ifNone: { kind: "refuse" } };
  }
  const named = sub === null ? parseSubValues(attribute, oneOf(value), at, problems) : subValues(sub, request);
  const values = op === "add" ? named.filter((part) => part.value !== null) : named;
  if (op === "add" && values.length === 0) return null;
  const seeds = seedsOf(target, problems);
  const made = toComplex(withSeeds(seeds ?? [], values));
  const ifNone = ifNoneOf(target, request, seeds, values, made);
  if (op === "replace" && sub === null) {
    // RFC 7644 §3.5.2.3: the elements are replaced. What they were chosen by stays, unless the value says otherwise.
    const change: ElementChange = made === null ? { kind: "remove" } : { kind: "replace", element: made };
    return { kind: "elements", filter, change, ifNone };
  }
  return { kind: "elements", filter, change: { kind: "merge", values: toSubEdits(op, values, request) }, ifNone };
}

/** The edit of a group's members; null where there is nothing to do. */
export function editMembers(
  { ids }: PatchTarget & { readonly kind: "members" },
  request: Request,
): MembershipEdit | null {
  const { op, value, at, problems } = request;
  if (ids !== null) {
    if (op === "remove") return { kind: "remove", ids };
    problems.add("mutability", at, "is immutable: members are added and removed");
    return null;
  }
  const members = parseMembers(value, at, problems);
  if (op !== "remove") return { kind: op, members };
  // Entra ID (without its compliance flag) and authentik remove members by value, where RFC 7644 §3.5.2.2 would have a
  // filter and ignores the value: these alone go, and where the list is empty nobody. Without a value everybody goes.
  return value === null ? { kind: "replace", members } : { kind: "remove", ids: new Set(members.keys()) };
}

function mergeOf(op: PatchOp, values: readonly SubValue[], request: Request): Edit | null {
  const edits = toSubEdits(op, values, request);
  return edits.length === 0 ? null : { kind: "merge", values: edits };
}

function toSubEdits(op: PatchOp, values: readonly SubValue[], { at, problems }: Request): readonly SubEdit[] {
  return values.flatMap(({ sub, value }) => {
    if (value === null && op === "add") return [];
    if (value === null && sub.required) {
      if (op === "remove") problems.add("mutability", at, `has ${sub.name}, which is required and cannot be removed`);
      else problems.add("invalidValue", at, `has ${sub.name}, which is required`);
    }
    return [{ sub, value, append: op === "add" && sub.multiValued }];
  });
}

function subValues(sub: AttributeDefinition, { op, value, at, problems }: Request): readonly SubValue[] {
  return [{ sub, value: op === "remove" ? null : parseAttribute(sub, value, at, problems) }];
}

// Some clients send the one object that a value path takes in a list.
function oneOf(value: Json): Json {
  return Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value;
}

function seedsOf({ terms, place }: ElementsTarget, problems: Problems): readonly SubValue[] | null {
  return (
    terms?.map(({ sub, value }) => ({
      sub,
      value: parseAttribute(sub, value, `${place.attribute.name}[…]`, problems),
    })) ?? null
  );
}

function withSeeds(seeds: readonly SubValue[], values: readonly SubValue[]): readonly SubValue[] {
  const named = new Set(values.map(({ sub }) => sub));
  return [...seeds.filter(({ sub }) => !named.has(sub)), ...values];
}

/**
 * RFC 7644 §3.5.2.1: what is added where nothing is, is created. §3.5.2.3: what is replaced where nothing is chosen, is
 * `noTarget`. Against the latter Entra ID replaces `emails[type eq "work"].value` of people who have no such address and
 * expects it to be there; an element of the filter's terms is made for it.
 */
function ifNoneOf(
  { sub }: ElementsTarget,
  { op, createsElements }: Request,
  seeds: readonly SubValue[] | null,
  values: readonly SubValue[],
  made: Json | null,
): IfNone {
  const isWanted = op === "add" || (sub !== null && createsElements);
  if (!isWanted || seeds === null || made === null) return { kind: "refuse" };
  return [...seeds, ...values].some((value) => contradicts(value, seeds))
    ? { kind: "refuse" }
    : { kind: "create", element: made };
}

function contradicts({ sub, value }: SubValue, seeds: readonly SubValue[]): boolean {
  return seeds.some((seed) => seed.sub === sub && valueKey(sub, seed.value) !== valueKey(sub, value));
}

// RFC 7644 §3.5.2.2 knows no value of a removal. Clients that send one (as for members) mean these values and not all.
function discard(attribute: AttributeDefinition, { value, at, problems }: Request): Edit {
  const list = toList(value);
  if (list.length > writeLimits.values) problems.add("invalidValue", at, `has more than ${writeLimits.values} values`);
  const patterns = list.slice(0, writeLimits.values).flatMap((element, index): readonly Pattern[] => {
    const place = `${at}[${index}]`;
    if (attribute.type !== "complex") {
      const simple = parseAttribute({ ...attribute, multiValued: false }, element, place, problems);
      return simple === null || typeof simple === "object" ? [] : [simple];
    }
    const values = parseSubValues(attribute, element, place, problems).filter((part) => part.value !== null);
    if (values.length === 0) problems.add("invalidValue", place, "says of no value which one is meant");
    return [values];
  });
  return { kind: "discard", patterns };
}
