import { isJsonObject, type JsonObject, member } from "../lib/json.ts";
import type { SchemaCatalog } from "./catalog.ts";
import { withSchemas } from "./document.ts";
import { diffDocuments } from "./document-diff.ts";
import { type MembershipDelta, toMembershipDelta } from "./membership-delta.ts";
import { type PatchContext, parsePatch } from "./parse-patch.ts";
import type { PatchOperation } from "./patch-operation.ts";
import type { ResourceType } from "./resource.ts";
import { ScimError } from "./scim-error.ts";
import { applyEdit } from "./write/apply-edit.ts";
import { checkName } from "./write/blank-name.ts";
import { type DocumentPlace, nameOf, readAttribute, withMember, writeAttribute } from "./write/document-attribute.ts";
import { checkSize } from "./write/document-size.ts";
import { withoutLabels } from "./write/elements.ts";
import { checkIndexedText } from "./write/indexed-text.ts";
import { Problems } from "./write/problems.ts";
import { findMissing } from "./write/required.ts";
import { valueKey } from "./write/same-value.ts";
import { Work } from "./write/work.ts";

export type { MembershipDelta } from "./membership-delta.ts";

/** What a PATCH makes of a resource (RFC 7644 §3.5.2). */
export interface PatchResult {
  /** The document that was given, where nothing in it changes. */
  readonly document: JsonObject;
  /** Paths of the attributes that change, such as `name.familyName`; empty where the resource stays as it is. */
  readonly changed: readonly string[];
  /** Of a group: what becomes of its members, or null where no operation is about them. */
  readonly membership: MembershipDelta | null;
}

/**
 * Applies operations in order to a working copy: all of them, or none (RFC 7644 §3.5.2).
 *
 * @throws {ScimError} 400 noTarget, mutability or invalidValue of the first operation that cannot be done; 413 for more
 * work than is done at once
 */
export function applyPatch(
  document: JsonObject,
  operations: readonly PatchOperation[],
  { type, catalog }: { readonly type: ResourceType; readonly catalog: SchemaCatalog },
): PatchResult {
  const touched = new Map<string, DocumentPlace>();
  const work = new Work();
  let copy = document;
  for (const operation of operations) {
    if (operation.kind === "extension") copy = withoutExtension(copy, operation);
    if (operation.kind !== "attribute") continue;
    work.spend(operation.edit, readAttribute(copy, operation.place));
    copy = applyToAttribute(copy, operation);
    touched.set(nameOf(operation.place), operation.place);
  }
  for (const place of touched.values()) {
    const value = readAttribute(copy, place) ?? null;
    copy = writeAttribute(copy, place, withoutLabels(value) ?? undefined);
  }
  checkRequired(document, copy, type, catalog);
  if (touched.size > 0) checkTexts(document, copy, type);
  const changed = diffDocuments(document, copy).map(({ attribute }) => attribute);
  return {
    document: changed.length === 0 ? document : withSchemas(type, copy),
    changed,
    membership: toMembershipDelta(operations.flatMap((step) => (step.kind === "members" ? [step.edit] : []))),
  };
}

/**
 * A PATCH from its body to the result: {@link parsePatch}, then {@link applyPatch}.
 *
 * @throws {ScimError}
 */
export function patchDocument(
  document: JsonObject,
  body: unknown,
  context: PatchContext,
): PatchResult & { readonly ignored: readonly string[] } {
  const { operations, ignored } = parsePatch(body, context);
  return { ...applyPatch(document, operations, context), ignored };
}

function applyToAttribute(
  document: JsonObject,
  { place, edit, at }: PatchOperation & { readonly kind: "attribute" },
): JsonObject {
  const { attribute } = place;
  const before = readAttribute(document, place);
  const after = applyEdit(edit, before, attribute, at);
  // RFC 7643 §2.2: what is immutable can be set while it has no value.
  const isSame =
    before === undefined || (after !== undefined && valueKey(attribute, after) === valueKey(attribute, before));
  if (attribute.mutability === "immutable" && !isSame) {
    throw new ScimError(400, "mutability", `${at} is immutable and has a value`);
  }
  return after === before ? document : writeAttribute(document, place, after);
}

// What is readOnly in an extension is not the client's to take away; what is immutable cannot be.
function withoutExtension(
  document: JsonObject,
  { schema, at }: PatchOperation & { readonly kind: "extension" },
): JsonObject {
  const scope = member(document, schema.id);
  if (!isJsonObject(scope)) return document;
  const held = schema.attributes.filter(({ name }) => Object.hasOwn(scope, name));
  const immutable = held.find(({ mutability }) => mutability === "immutable");
  if (immutable) throw new ScimError(400, "mutability", `${at} has ${immutable.name}, which is immutable`);
  const kept = held
    .filter(({ mutability }) => mutability === "readOnly")
    .map(({ name }) => [name, scope[name] ?? null]);
  return withMember(document, schema.id, kept.length === 0 ? undefined : (Object.fromEntries(kept) as JsonObject));
}

function checkTexts(before: JsonObject, after: JsonObject, type: ResourceType): void {
  const problems = new Problems();
  checkName(after, before, type, problems);
  checkIndexedText(after, problems);
  checkSize(after, before, type, problems);
  problems.throwIfAny();
}

/**
 * RFC 7644 §3.5.2.2: what is required cannot be removed, be it by a filter that chooses all of it. What an operation
 * makes has to have what is required in it. What was missing before is no reason to refuse another change.
 */
function checkRequired(before: JsonObject, after: JsonObject, type: ResourceType, catalog: SchemaCatalog): void {
  const known = new Set(findMissing(before, type, catalog).map(({ path }) => path));
  const problems = new Problems();
  for (const { path, extension, isPart } of findMissing(after, type, catalog)) {
    if (known.has(path)) continue;
    const wasThere = !isPart && (extension === null || Object.hasOwn(before, extension));
    if (wasThere) problems.add("mutability", path, "is required and cannot be removed");
    else problems.add("invalidValue", path, "is required");
  }
  problems.throwIfAny();
}
