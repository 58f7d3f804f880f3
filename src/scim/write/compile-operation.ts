import { isJsonObject, type Json } from "../../lib/json.ts";
import type { SchemaCatalog } from "../catalog.ts";
import type { Edit, PatchOperation } from "../patch-operation.ts";
import type { ResourceType } from "../resource.ts";
import type { SchemaDefinition } from "../schemas/schema.ts";
import { showPath } from "../show-path.ts";
import { editAttribute, editElements, editMembers, editSub, type PatchOp, type Request } from "./compile-edit.ts";
import { isNotKept, nameOf } from "./document-attribute.ts";
import { findPatchTarget, type PatchTarget } from "./patch-target.ts";
import type { Problems } from "./problems.ts";

/** An operation as it is written (RFC 7644 §3.5.2). */
export interface WrittenOperation {
  readonly op: PatchOp;
  readonly path: string | null;
  /** Undefined where there is none. */
  readonly value: Json | undefined;
  /** Where it stands in the message. */
  readonly at: string;
}

/** What an operation is looked at with. */
export interface CompileContext {
  readonly type: ResourceType;
  readonly catalog: SchemaCatalog;
  readonly id?: string;
  readonly createsElements: boolean;
  readonly problems: Problems;
}

/** Where the steps of an operation go, and the names that are passed over. */
export interface Compiled {
  readonly operations: PatchOperation[];
  readonly ignored: string[];
}

/** The steps of one operation (RFC 7644 §3.5.2): one, or without a path one for each attribute that it names. */
export function compileOperation(written: WrittenOperation, context: CompileContext, to: Compiled): void {
  const { path, at } = written;
  if (path === null) {
    compileScope(written, null, context, to);
    return;
  }
  context.problems.attempt(at, () => {
    const target = findPatchTarget(path, context.type, context.catalog);
    if (target === null) context.problems.add("invalidPath", at, leadsNowhere(path, context));
    else if (isReadOnly(target)) context.problems.add("mutability", `${at}: ${printTarget(target)}`, "is readOnly");
    else compileTarget(target, written, context, to);
  });
}

function leadsNowhere(path: string, { type }: CompileContext): string {
  const shown = showPath(path);
  return `has ${shown === null ? "a path" : `the path ${shown}`} that leads to no attribute of a ${type}`;
}

/** The members of a value without a path, or of one for a whole extension. */
function compileScope(
  { op, value, at }: WrittenOperation,
  extension: SchemaDefinition | null,
  context: CompileContext,
  to: Compiled,
): void {
  if (!isJsonObject(value)) {
    context.problems.add("invalidValue", at, "has a value that is not an object");
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    const path = extension === null ? key : `${extension.id}:${key}`;
    context.problems.attempt(`${at}.value`, () => {
      // Entra ID (with its compliance flag) sends keys that are paths: `name.givenName`, `urn:…:User:employeeNumber`.
      // RFC 7644 §3.5.2.1 has names only. A name is the shortest path, so that all of them are read in one way.
      const target = findPatchTarget(path, context.type, context.catalog);
      if (target === null) to.ignored.push(path);
      else if (isReadOnly(target)) checkReadOnly(target, item, at, context);
      else compileTarget(target, { op, path, value: item, at }, context, to);
    });
  }
}

// authentik sends the whole resource, Okta and older versions of authentik its id: RFC 7644 §3.5.2 has `mutability` for
// what is readOnly, §3.5.1 lets the same body through as a PUT. Only another id is an error.
function checkReadOnly(target: PatchTarget, value: Json, at: string, { id, problems }: CompileContext): void {
  if (printTarget(target) !== "id" || id === undefined || value === null || value === id) return;
  problems.add("mutability", `${at}: id`, "is readOnly and is not that of the resource");
}

function compileTarget(target: PatchTarget, written: WrittenOperation, context: CompileContext, to: Compiled): void {
  const { op, value = null } = written;
  const at = `${written.at}: ${printTarget(target)}`;
  const request: Request = { ...context, op, value, at };
  if (target.kind === "extension") {
    if (op === "remove" || (op === "replace" && value === null)) {
      to.operations.push({ kind: "extension", at, schema: target.schema });
    } else if (value !== null) {
      compileScope({ ...written, value }, target.schema, context, to);
    }
    return;
  }
  if (target.kind === "members") {
    const edit = editMembers(target, request);
    if (edit !== null) to.operations.push({ kind: "members", at, edit });
    return;
  }
  if (isDerived(target)) {
    // RFC 7643 §3: `schemas` says what data there is. Who sets it is let have that; nobody can take it away.
    if (op === "remove") context.problems.add("mutability", at, "is required and cannot be removed");
    return;
  }
  const edit = editOf(target, request);
  if (edit !== null && !isNotKept(target.place))
    to.operations.push({ kind: "attribute", at, place: target.place, edit });
}

type AttributeTarget = Extract<PatchTarget, { readonly kind: "attribute" | "sub" | "elements" }>;

function editOf(target: AttributeTarget, request: Request): Edit | null {
  switch (target.kind) {
    case "attribute":
      return editAttribute(target.place.attribute, request);
    case "sub":
      return editSub(target.sub, request);
    case "elements":
      return editElements(target, request);
  }
}

function isDerived({ place }: AttributeTarget): boolean {
  return place.extension === null && place.attribute.name === "schemas";
}

function isReadOnly(target: PatchTarget): boolean {
  if (target.kind === "extension" || target.kind === "members") return false;
  const sub = target.kind === "attribute" ? null : target.sub;
  return target.place.attribute.mutability === "readOnly" || sub?.mutability === "readOnly";
}

/** The target without its filter, which may be about a person. */
function printTarget(target: PatchTarget): string {
  switch (target.kind) {
    case "extension":
      return target.schema.id;
    case "members":
      return "members";
    case "attribute":
      return nameOf(target.place);
    default:
      return `${nameOf(target.place)}${target.sub === null ? "" : `.${target.sub.name}`}`;
  }
}
