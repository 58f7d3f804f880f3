import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { checkMessageSchema } from "./message-schema.ts";
import { bulkRequestSchema } from "./messages.ts";
import type { ResourceType } from "./resource.ts";
import { ScimError } from "./scim-error.ts";
import { findMember } from "./write/find-member.ts";
import { parseBody } from "./write/json-body.ts";

/** One operation of a bulk request (RFC 7644 §3.7). */
export interface BulkOperation {
  /** As it was written: it is said again in the answer. */
  readonly method: string;
  readonly bulkId: string | null;
  /** Where its path leads; null where it leads to nothing that can be written. */
  readonly place: BulkPlace | null;
  /** What is to be done, or why it cannot be. */
  readonly work: BulkWork | ScimError;
}

export interface BulkPlace {
  readonly type: ResourceType;
  /** Perhaps `bulkId:…`; null for all of a type. */
  readonly id: string | null;
}

export interface BulkWork {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly type: ResourceType;
  /** The resource's id, perhaps `bulkId:…`; null for POST. */
  readonly id: string | null;
  /** Null for DELETE. */
  readonly data: JsonObject | null;
  /** What `If-Match` is otherwise. */
  readonly version: string | null;
}

export interface BulkRequest {
  /** After how many errors the rest is left; null: never. */
  readonly failOnErrors: number | null;
  readonly operations: readonly BulkOperation[];
}

/**
 * Reads a BulkRequest, from JSON text or parsed JSON. An operation that makes no sense is an error of its own: the others
 * are done.
 *
 * @throws {ScimError} 400 invalidSyntax for what is no BulkRequest, invalidValue for `failOnErrors`; 413 for more
 * operations than are taken at once
 */
export function parseBulkRequest(body: unknown, maxOperations: number): BulkRequest {
  const message = parseBody(body);
  checkMessageSchema(findMember(message, "schemas"), bulkRequestSchema);
  const operations = findMember(message, "Operations");
  if (!Array.isArray(operations)) throw new ScimError(400, "invalidSyntax", "Operations is not a list");
  if (operations.length > maxOperations) {
    throw new ScimError(413, null, `A bulk request may have ${maxOperations} operations at most`);
  }
  const failOnErrors = findMember(message, "failOnErrors") ?? null;
  if (failOnErrors !== null && !(Number.isInteger(failOnErrors) && Number(failOnErrors) >= 1)) {
    throw new ScimError(400, "invalidValue", "failOnErrors is not a whole number from 1");
  }
  return {
    failOnErrors: failOnErrors === null ? null : Number(failOnErrors),
    operations: refuseRepeated((operations as readonly Json[]).map(parseOperation)),
  };
}

function parseOperation(json: Json): BulkOperation {
  if (!isJsonObject(json)) {
    return { method: "", bulkId: null, place: null, work: invalid("The operation is not an object") };
  }
  const method = findMember(json, "method");
  const bulkId = findMember(json, "bulkId");
  const path = findMember(json, "path");
  const head = {
    method: typeof method === "string" ? method.toUpperCase() : "",
    bulkId: typeof bulkId === "string" && bulkId !== "" ? bulkId : null,
    place: typeof path === "string" ? placeOf(path) : null,
  };
  return { ...head, work: parseWork(json, head) };
}

function parseWork(json: JsonObject, { method, bulkId, place }: Omit<BulkOperation, "work">): BulkWork | ScimError {
  const known = methods.find((each) => each === method);
  if (known === undefined) return invalid("method is not POST, PUT, PATCH or DELETE");
  if (place === null) return invalid("path is not /Users, /Groups or a resource below one of them");
  const { type, id } = place;
  if (known === "POST" && id !== null) return invalid("path of a POST is /Users or /Groups");
  if (known !== "POST" && id === null) return invalid("path has no id");
  if (known === "POST" && bulkId === null) return invalid("a POST has to have a bulkId");
  const data = findMember(json, "data");
  if (known !== "DELETE" && !isJsonObject(data)) return invalid("data is not an object");
  const version = findMember(json, "version") ?? null;
  if (version !== null && typeof version !== "string") return invalid("version is not text");
  return { method: known, type, id, data: known === "DELETE" || !isJsonObject(data) ? null : data, version };
}

const methods = ["POST", "PUT", "PATCH", "DELETE"] as const;

/** The path is relative to the base, or absolute below it (RFC 7644 §3.7). */
function placeOf(path: string): BulkPlace | null {
  const [, endpoint, id] =
    /^(?:https?:\/\/[^/]+\/(?:.*\/)?scim\/v2)?\/?(Users|Groups)(?:\/([^/?#]+))?\/?$/.exec(path) ?? [];
  if (endpoint === undefined) return null;
  const decoded = id === undefined ? null : decode(id);
  return { type: endpoint === "Users" ? "User" : "Group", id: decoded };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// RFC 7644 §3.7: a bulkId is unique within the request. The first one has it.
function refuseRepeated(operations: readonly BulkOperation[]): readonly BulkOperation[] {
  const seen = new Set<string>();
  return operations.map((operation) => {
    const { bulkId, work } = operation;
    if (bulkId === null || work instanceof ScimError || work.method !== "POST") return operation;
    if (seen.has(bulkId)) return { ...operation, work: invalid("bulkId is that of another operation") };
    seen.add(bulkId);
    return operation;
  });
}

function invalid(detail: string): ScimError {
  return new ScimError(400, "invalidSyntax", detail);
}
