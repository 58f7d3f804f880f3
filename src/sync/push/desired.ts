import type { JsonObject } from "../../lib/json.ts";
import { MappingError } from "../../mapping/problem.ts";
import { compileTargetRules, type TargetRules } from "../../mapping/target-rules.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { textOf } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { PendingResource, TargetRow } from "../../store/store.ts";
import type { PushParts } from "./push-parts.ts";

/** The target's own rules do not fit the schemas that are in force now: an attribute that they name is gone. */
export class TargetRulesError extends Error {
  constructor({ problems }: MappingError) {
    const places = problems.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; ");
    super(`the rules of the target do not fit the schemas in force; nothing was sent: ${places}`);
    this.name = "TargetRulesError";
  }
}

/**
 * The rules of a target, ready for use; null when it has none.
 *
 * @throws {TargetRulesError}
 */
export function compileRules({ settings }: TargetRow, catalog: SchemaCatalog): TargetRules | null {
  if (settings.mapping === undefined) return null;
  try {
    return compileTargetRules(settings.mapping, { catalog, path: ["mapping"] });
  } catch (error) {
    throw error instanceof MappingError ? new TargetRulesError(error) : error;
  }
}

/** What a resource is to be at the target: our document, refined by the target's own rules, in the target's language. */
export function desiredDocument(
  { rules, language, capabilities }: Pick<PushParts, "rules" | "language" | "capabilities">,
  resource: Pick<PendingResource, "type" | "document" | "managerRemoteId" | "held">,
): JsonObject {
  const { type, managerRemoteId } = resource;
  const document = JSON.parse(resource.document) as JsonObject;
  const refined = rules === null ? document : withName(refine(rules, type, document), resource);
  return language.adjust(refined, { type, capabilities, managerRemoteId });
}

/** Why a document is not sent: the rules left nothing of the attribute that its type must have. */
export function nameProblem(
  { rules }: Pick<PushParts, "rules">,
  type: ResourceType,
  desired: JsonObject,
): string | null {
  return rules === null || hasName(type, desired) ? null : `the rules of the target give it no ${nameOf(type)}`;
}

function refine(rules: TargetRules, type: ResourceType, document: JsonObject): JsonObject {
  return type === "User" ? rules.adjustUser(document) : rules.adjustGroup(document);
}

/** Whoever loses the value that his name there is made from keeps that name: he is still to be updated and deactivated. */
function withName(document: JsonObject, { type, held }: Pick<PendingResource, "type" | "held">): JsonObject {
  if (held === null || hasName(type, document)) return document;
  const name = textOf(JSON.parse(held) as JsonObject, nameOf(type));
  return name === null || name === "" ? document : { ...document, [nameOf(type)]: name };
}

function hasName(type: ResourceType, document: JsonObject): boolean {
  return (textOf(document, nameOf(type)) ?? "") !== "";
}

/** The attribute that a resource of this type must have (RFC 7643 §4.1.1, §4.2). */
function nameOf(type: ResourceType): "userName" | "displayName" {
  return type === "User" ? "userName" : "displayName";
}
