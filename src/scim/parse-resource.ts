import type { JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "./catalog.ts";
import { withSchemas } from "./document.ts";
import type { ResourceType } from "./resource.ts";
import { checkName } from "./write/blank-name.ts";
import { checkSize } from "./write/document-size.ts";
import { readDraft } from "./write/draft.ts";
import { checkIndexedText } from "./write/indexed-text.ts";
import { parseBody } from "./write/json-body.ts";
import { keepUnchangeable } from "./write/keep-unchangeable.ts";
import type { NamedMember } from "./write/members.ts";
import { Problems } from "./write/problems.ts";
import { findMissing } from "./write/required.ts";

export type { NamedMember } from "./write/members.ts";

/** A resource as a client writes it (RFC 7644 §3.3, §3.5.1). */
export interface ParsedResource {
  /** As it is stored: `schemas` first, no `id`, no `meta`, no `members`, no `groups`, nothing that is empty. */
  readonly document: JsonObject;
  /** Of a group: all of its members, or null where the body does not mention them. */
  readonly members: readonly NamedMember[] | null;
  /** Names in the body that no schema has, and that are not kept (RFC 7644 §3.3). */
  readonly ignored: readonly string[];
}

/**
 * The body of a POST: JSON text or parsed JSON (RFC 7644 §3.3).
 *
 * @throws {ScimError} 400 invalidSyntax or invalidValue that names every attribute in question
 */
export function parseResource(body: unknown, type: ResourceType, catalog: SchemaCatalog): ParsedResource {
  return parse(body, type, catalog, null);
}

/**
 * The body of a PUT that takes the place of a document (RFC 7644 §3.5.1): what it leaves out is cleared, what is readOnly
 * stays as it is, and what is immutable may be said again but not otherwise.
 *
 * @throws {ScimError} 400 invalidSyntax, invalidValue or mutability that names every attribute in question
 */
export function parseReplacement(
  body: unknown,
  type: ResourceType,
  catalog: SchemaCatalog,
  current: JsonObject,
): ParsedResource {
  return parse(body, type, catalog, current);
}

function parse(body: unknown, type: ResourceType, catalog: SchemaCatalog, current: JsonObject | null): ParsedResource {
  const problems = new Problems();
  const draft = readDraft(parseBody(body), type, catalog, problems);
  const attributes =
    current === null ? draft.attributes : keepUnchangeable(draft.attributes, current, type, catalog, problems);
  for (const { path } of findMissing(attributes, type, catalog)) {
    // What is of another type has been said already.
    if (!draft.refused.has(path)) problems.add("invalidValue", path, "is required");
  }
  checkName(attributes, null, type, problems);
  checkIndexedText(attributes, problems);
  checkSize(attributes, current, type, problems);
  problems.throwIfAny();
  return { document: withSchemas(type, attributes), members: draft.members, ignored: draft.ignored };
}
