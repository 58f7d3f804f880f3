import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "./catalog.ts";
import { checkMessageSchema } from "./message-schema.ts";
import { patchOpSchema } from "./messages.ts";
import type { PatchOperation } from "./patch-operation.ts";
import type { ResourceType } from "./resource.ts";
import { ScimError } from "./scim-error.ts";
import type { PatchOp } from "./write/compile-edit.ts";
import { compileOperation, type WrittenOperation } from "./write/compile-operation.ts";
import { findMember } from "./write/find-member.ts";
import { parseBody } from "./write/json-body.ts";
import { writeLimits } from "./write/limits.ts";
import { Problems } from "./write/problems.ts";

/** What a PATCH message is read with. */
export interface PatchContext {
  readonly type: ResourceType;
  readonly catalog: SchemaCatalog;
  /** The id in the request's address: Okta and older versions of authentik repeat it in a value without a path. */
  readonly id?: string;
  /**
   * False follows RFC 7644 §3.5.2.3 to the letter: to replace `emails[type eq "work"].value` where there is no such
   * element is `noTarget`. Otherwise the element is made, as Entra ID expects.
   */
  readonly createsElements?: boolean;
}

/** A PATCH message that has been read (RFC 7644 §3.5.2). */
export interface ParsedPatch {
  readonly operations: readonly PatchOperation[];
  /** Names in values without a path that no schema has, and that are not kept. */
  readonly ignored: readonly string[];
}

/**
 * Reads a PatchOp message, from JSON text or parsed JSON: every path and value is looked at before anything is done.
 *
 * @throws {ScimError} 400 that lists every problem with its operation; 413 for more operations than are taken at once
 */
export function parsePatch(body: unknown, context: PatchContext): ParsedPatch {
  const problems = new Problems();
  const requests = readMessage(parseBody(body));
  const parsed = { operations: [] as PatchOperation[], ignored: [] as string[] };
  for (const [index, json] of requests.entries()) {
    const request = readRequest(json, `Operations[${index}]`, problems);
    if (request === null) continue;
    compileOperation(request, { createsElements: true, ...context, problems }, parsed);
    checkCount(parsed.operations.length);
  }
  problems.throwIfAny();
  return parsed;
}

// RFC 7644 §3.5.2: `schemas` has the URN of the message, `Operations` is a list of one or more.
function readMessage(message: JsonObject): readonly Json[] {
  checkMessageSchema(findMember(message, "schemas"), patchOpSchema);
  const operations = findMember(message, "Operations");
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new ScimError(400, "invalidSyntax", "Operations is not a list of at least one operation");
  }
  checkCount(operations.length);
  return operations;
}

function checkCount(count: number): void {
  if (count <= writeLimits.operations) return;
  const hint = "each attribute of a value without a path counts as one";
  throw new ScimError(413, null, `A PATCH may have ${writeLimits.operations} operations at most; ${hint}`);
}

function readRequest(json: Json, at: string, problems: Problems): WrittenOperation | null {
  if (!isJsonObject(json)) {
    problems.add("invalidSyntax", at, "is not an object");
    return null;
  }
  const op = toOp(findMember(json, "op"));
  const path = findMember(json, "path") ?? null;
  const value = findMember(json, "value");
  if (op === null) {
    problems.add("invalidSyntax", `${at}.op`, "is not add, remove or replace");
  } else if (path !== null && typeof path !== "string") {
    problems.add("invalidPath", `${at}.path`, "is not text");
  } else if (path === null && op === "remove") {
    // RFC 7644 §3.5.2.2.
    problems.add("noTarget", at, "removes and has no path");
  } else if (value === undefined && op !== "remove") {
    problems.add("invalidValue", at, `has no value to ${op}`);
  } else {
    return { op, path, value, at };
  }
  return null;
}

// RFC 7644 §3.5.2 writes them in lower case. Entra ID sends `Add`, `Remove` and `Replace`, unless told otherwise.
function toOp(json: Json | undefined): PatchOp | null {
  return typeof json === "string" ? (ops.get(json.toLowerCase()) ?? null) : null;
}

const ops: ReadonlyMap<string, PatchOp> = new Map([
  ["add", "add"],
  ["remove", "remove"],
  ["replace", "replace"],
]);
