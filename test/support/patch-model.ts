import { isDeepStrictEqual } from "node:util";
import { enterpriseUserSchema } from "../../src/scim/resource.ts";

// A second PATCH, written from RFC 7644 §3.5.2 for tests to compare with: on whole resources with their members, with
// its own list of attributes, step by step and without regard to cost. It shares no code with src/scim.

export interface ModelTarget {
  readonly extension?: typeof enterpriseUserSchema;
  /** Null is the extension itself. */
  readonly attribute: string | null;
  /** `sub eq value`, joined by `and`. */
  readonly filter?: readonly { readonly sub: string; readonly value: unknown }[];
  readonly sub?: string;
}

export interface ModelOperation {
  readonly op: "add" | "replace" | "remove";
  /** Null: no path. */
  readonly target: ModelTarget | null;
  /** Undefined: no value. */
  readonly value?: unknown;
}

export class ModelRefusal extends Error {}

type Node = Record<string, unknown>;

const complex = ["name", "manager"];
const lists = ["emails", "addresses"];
const required = ["userName", "schemas"];

/** The resource after all operations. `members` is a list of ids. */
export function applyToModel(resource: Node, operations: readonly ModelOperation[]): Node {
  const copy = structuredClone(resource);
  for (const operation of operations) applyOne(copy, operation);
  for (const list of lists) tidy(copy, list);
  return copy;
}

function applyOne(resource: Node, { op, target, value }: ModelOperation): void {
  if (target === null) {
    // §3.5.2.2: "If path is unspecified, the operation fails with noTarget".
    if (op === "remove") throw new ModelRefusal("noTarget");
    for (const [key, item] of Object.entries(value as Node)) {
      const inner: ModelTarget =
        key === enterpriseUserSchema ? { extension: key, attribute: null } : { attribute: key };
      applyOne(resource, { op, target: inner, value: item });
    }
    return;
  }
  if (target.attribute === null) {
    if (op === "remove" || (op === "replace" && value === null)) delete resource[enterpriseUserSchema];
    else
      for (const [key, item] of Object.entries((value ?? {}) as Node))
        applyOne(resource, { op, target: { extension: enterpriseUserSchema, attribute: key }, value: item });
    return;
  }
  const { extension } = target;
  if (target.attribute === "members") applyToMembers(resource, op, target, value);
  else if (extension === undefined) applyToScope(resource, op, target, value);
  else {
    const scope = (resource[extension] ?? {}) as Node;
    applyToScope(scope, op, target, value);
    if (Object.keys(scope).length === 0) delete resource[extension];
    else resource[extension] = scope;
  }
}

function applyToScope(scope: Node, op: ModelOperation["op"], target: ModelTarget, value: unknown): void {
  const name = target.attribute ?? "";
  if (lists.includes(name)) {
    applyToList(scope, op, target, value);
    return;
  }
  if (complex.includes(name)) {
    const before = (scope[name] ?? {}) as Node;
    if (op === "remove" && target.sub === undefined) return void delete scope[name];
    if (op === "replace" && target.sub === undefined && isEmpty(value)) return void delete scope[name];
    if (op === "add" && isEmpty(value)) return;
    const parts = target.sub === undefined ? toNode(value) : { [target.sub]: op === "remove" ? null : value };
    const after = setParts(before, parts, op);
    if (Object.keys(after).length === 0) delete scope[name];
    else scope[name] = after;
    return;
  }
  if (op === "remove" || isEmpty(value)) {
    if (op === "add") return;
    if (required.includes(name)) throw new ModelRefusal("mutability");
    delete scope[name];
    return;
  }
  scope[name] = toBoolean(name, value);
}

// §3.5.2.3: "Sub-attributes that are not specified in the value parameter are left unchanged."
function setParts(before: Node, parts: Node, op: ModelOperation["op"]): Node {
  const after = { ...before };
  for (const [key, value] of Object.entries(parts)) {
    if (isEmpty(value)) {
      if (op !== "add") delete after[key];
    } else after[key] = toBoolean(key, value);
  }
  return after;
}

function applyToList(scope: Node, op: ModelOperation["op"], target: ModelTarget, value: unknown): void {
  const name = target.attribute ?? "";
  const before = (scope[name] ?? []) as Node[];
  const write = (after: readonly Node[]) => {
    const merged = withoutTwins(after.filter((element) => Object.keys(element).length > 0));
    if (merged.length === 0) delete scope[name];
    else scope[name] = merged;
    return merged;
  };
  if (target.filter === undefined && target.sub === undefined) {
    if (op === "remove") {
      if (value === undefined || value === null) return void write([]);
      const patterns = toElements(value);
      return void write(before.filter((element) => !patterns.some((pattern) => agrees(element, pattern))));
    }
    const elements = withoutTwins(toElements(value).filter((element) => Object.keys(element).length > 0));
    if (elements.filter(isPrimary).length > 1) throw new ModelRefusal("invalidValue");
    if (op === "replace") write(elements);
    // §3.5.2: "the server SHALL set the value of the existing primary attribute to false".
    else write([...(elements.some(isPrimary) ? before.map(demote) : before), ...elements]);
    return;
  }
  const filter = Object.fromEntries((target.filter ?? []).map((term) => [term.sub, toBoolean(term.sub, term.value)]));
  const isChosen = (element: Node) => agrees(element, filter);
  if (op === "add" && isEmpty(value)) return;
  if (op === "remove" || isEmpty(value)) {
    const { sub } = target;
    write(
      sub === undefined
        ? before.filter((element) => !isChosen(element))
        : before.map((element) => (isChosen(element) ? setParts(element, { [sub]: null }, "remove") : element)),
    );
    return;
  }
  const given: Node = target.sub === undefined ? toNode(value) : { [target.sub]: value };
  const parts = op === "add" ? withoutEmpty(given) : given;
  if (op === "add" && Object.keys(parts).length === 0) return;
  const made = setParts({}, { ...filter, ...parts }, "replace");
  if (!before.some(isChosen)) {
    // §3.5.2.3: noTarget; an element for Entra ID, where the path ends in a sub-attribute.
    const creates = op === "add" || target.sub !== undefined;
    const contradicts = Object.entries(parts).some(
      ([key, part]) => key in filter && (isEmpty(part) || !same(filter[key], toBoolean(key, part))),
    );
    if (!creates || contradicts || Object.keys(made).length === 0) throw new ModelRefusal("noTarget");
    write([...(isPrimary(made) ? before.map(demote) : before), made]);
    return;
  }
  const replacesAll = op === "replace" && target.sub === undefined;
  const promotes = replacesAll ? isPrimary(made) : toBoolean("primary", parts["primary"]) === true;
  const changed = before.map((element) => {
    if (!isChosen(element)) return promotes ? demote(element) : element;
    return replacesAll ? made : setParts(element, parts, op);
  });
  const merged = write(changed);
  if (promotes && merged.filter(isPrimary).length > 1) throw new ModelRefusal("invalidValue");
}

function applyToMembers(resource: Node, op: ModelOperation["op"], target: ModelTarget, value: unknown): void {
  const before = (resource["members"] ?? []) as string[];
  const named = toElements(value ?? []).map((element) => String(element["value"]));
  const wanted = target.filter?.map((term) => String(term.value));
  const isGone = (id: string) => (wanted === undefined ? named.includes(id) : wanted.every((other) => other === id));
  if (op === "add") resource["members"] = [...before, ...named.filter((id) => !before.includes(id))];
  else if (op === "replace") resource["members"] = named;
  else if (wanted === undefined && (value === undefined || value === null)) resource["members"] = [];
  else resource["members"] = before.filter((id) => !isGone(id));
}

/** RFC 7643 §2.4: the same type and value once; what has no value, once if all of it is the same. */
function withoutTwins(elements: readonly Node[]): Node[] {
  const kept: Node[] = [];
  for (const element of elements) {
    const twin = kept.find((other) =>
      other["value"] === undefined || element["value"] === undefined
        ? isDeepStrictEqual({ ...other, primary: null }, { ...element, primary: null })
        : same(other["value"], element["value"]) && same(other["type"], element["type"]),
    );
    if (twin === undefined) kept.push({ ...element });
    else {
      const { value: _, type: __, ...besides } = element;
      Object.assign(twin, besides);
    }
  }
  return kept;
}

function tidy(resource: Node, list: string): void {
  const elements = (resource[list] ?? []) as Node[];
  const kept = elements.filter((element) => Object.keys(element).some((key) => key !== "type" && key !== "primary"));
  if (kept.length === 0) delete resource[list];
  else resource[list] = kept;
}

function agrees(element: Node, wanted: Node): boolean {
  return Object.entries(wanted).every(([key, value]) => isEmpty(value) || same(element[key], toBoolean(key, value)));
}

function same(a: unknown, b: unknown): boolean {
  return typeof a === "string" && typeof b === "string" ? a.toLowerCase() === b.toLowerCase() : a === b;
}

function toElements(value: unknown): Node[] {
  return (Array.isArray(value) ? value : [value]).flatMap((element) => {
    if (isEmpty(element)) return [];
    return [withoutEmpty(toNode(element))];
  });
}

function withoutEmpty(node: Node): Node {
  const filled = Object.entries(node).filter(([, part]) => !isEmpty(part));
  return Object.fromEntries(filled.map(([key, part]) => [key, toBoolean(key, part)]));
}

function toNode(value: unknown): Node {
  return typeof value === "string" ? { value } : ((value ?? {}) as Node);
}

function toBoolean(name: string, value: unknown): unknown {
  if (name !== "active" && name !== "primary") return value;
  return typeof value === "string" ? value.toLowerCase() === "true" : value;
}

function isPrimary(element: Node): boolean {
  return element["primary"] === true;
}

function demote(element: Node): Node {
  return isPrimary(element) ? { ...element, primary: false } : element;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
