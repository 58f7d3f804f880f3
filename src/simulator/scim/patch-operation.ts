import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Attribute, Schema } from "./attribute.ts";
import { findAttribute, subAttributesOf } from "./attribute.ts";
import { compileValueFilter, type Test } from "./filter-match.ts";
import { type Filter, GrammarError, parsePatchPath } from "./filter-syntax.ts";
import type { Judge } from "./journal.ts";
import { locate, type Model } from "./model.ts";
import { isArray, quoted } from "./values.ts";

export type Op = "add" | "remove" | "replace";

/** One operation of a PATCH (RFC 7644 §3.5.2), its path resolved. */
export interface Operation {
  readonly op: Op;
  readonly target: Target;
  readonly value: Json | undefined;
  /** Where it stands, for messages: `Operations[0]`. */
  readonly place: string;
}

/** What a path points at. */
export type Target =
  | { readonly kind: "resource" }
  | { readonly kind: "extension"; readonly extension: Schema }
  | {
      readonly kind: "attribute";
      readonly extension: Schema | undefined;
      readonly attribute: Attribute;
      readonly sub: Attribute | undefined;
      readonly elements: Test | undefined;
      /** The value filter as written, for looking members up rather than testing each. */
      readonly filter: Filter | undefined;
    };

const patchUrn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** Parses the body of a PATCH. @throws Refusal */
export function parsePatch(model: Model, body: JsonObject, judge: Judge): readonly Operation[] {
  let operations: Json | undefined;
  let schemas: Json | undefined;
  for (const [key, value] of Object.entries(body)) {
    if (key.toLowerCase() === "operations") operations = value;
    else if (key.toLowerCase() === "schemas") schemas = value;
    else judge.reject("attribute-unknown", `A PatchOp has no attribute ${quoted(key)}.`, "invalidSyntax");
  }
  if (!isArray(schemas) || schemas.length !== 1 || String(schemas[0]).toLowerCase() !== patchUrn.toLowerCase()) {
    judge.reject("schemas-missing", `schemas of a PATCH is [${patchUrn}].`, "invalidSyntax");
  }
  if (!isArray(operations) || operations.length === 0) {
    judge.refuse("patch-operations", "Operations is missing, empty or no list.", "invalidSyntax");
  }
  const parsed = operations.map((operation, index) => parseOperation(model, operation, `Operations[${index}]`, judge));
  judge.settle();
  return parsed;
}

function parseOperation(model: Model, operation: Json, place: string, judge: Judge): Operation {
  if (!isJsonObject(operation)) judge.refuse("patch-operations", `${place} is no object.`, "invalidSyntax");
  let op: Json | undefined;
  let path: Json | undefined;
  let value: Json | undefined;
  for (const [key, item] of Object.entries(operation)) {
    const name = key.toLowerCase();
    if (name === "op") op = item;
    else if (name === "path") path = item;
    else if (name === "value") value = item;
    else judge.reject("patch-operations", `${place} has an attribute ${quoted(key)}.`, "invalidSyntax");
  }
  const verb = parseOp(op, place, judge);
  if (path !== undefined && typeof path !== "string") {
    judge.refuse("patch-path", `${place}.path is no text.`, "invalidPath");
  }
  if (verb === "remove" && path === undefined) {
    judge.refuse("patch-no-target", `${place} removes and has no path.`, "noTarget");
  }
  // RFC 7644 §3.5.2.2 has no value; servers disagree on what one would mean, so this one takes none.
  if (verb === "remove" && value !== undefined) {
    judge.refuse("patch-value", `${place} removes and has a value.`, "invalidSyntax");
  }
  if (verb !== "remove" && (value === undefined || (verb === "add" && value === null))) {
    judge.refuse("patch-value", `${place} has no value.`, "invalidValue");
  }
  const target: Target = path === undefined ? { kind: "resource" } : parseTarget(model, path, place, judge);
  if (target.kind === "resource" && !isJsonObject(value)) {
    judge.refuse("patch-value", `${place} has no path, so its value is expected to be an object.`, "invalidValue");
  }
  return { op: verb, target, value, place };
}

function parseOp(op: Json | undefined, place: string, judge: Judge): Op {
  const lower = typeof op === "string" ? op.toLowerCase() : "";
  if (lower !== "add" && lower !== "remove" && lower !== "replace") {
    judge.refuse("patch-op", `${place}.op is none of them.`, "invalidSyntax");
  }
  if (lower !== op) judge.note("patch-op", `${place}.op is not in lower case.`);
  return lower;
}

function parseTarget(model: Model, path: string, place: string, judge: Judge): Target {
  try {
    const parsed = parsePatchPath(path);
    const located = locate(model, parsed.path);
    if (!located) throw new GrammarError(`${model.type} has no attribute ${quoted(parsed.path)}.`);
    if (!located.attribute) {
      if (parsed.filter) throw new GrammarError("A schema takes no value filter.");
      return { kind: "extension", extension: located.extension };
    }
    const { extension, attribute, sub } = located;
    if (!parsed.filter) return { kind: "attribute", extension, attribute, sub, elements: undefined, filter: undefined };
    if (!attribute.multiValued || sub) throw new GrammarError(`${attribute.name} takes no value filter there.`);
    const below = parsed.sub === undefined ? undefined : findAttribute(subAttributesOf(attribute), parsed.sub);
    if (parsed.sub !== undefined && !below) {
      throw new GrammarError(`${attribute.name} has no sub-attribute ${quoted(parsed.sub)}.`);
    }
    const elements = compileValueFilter(parsed.filter, attribute);
    return { kind: "attribute", extension, attribute, sub: below, elements, filter: parsed.filter };
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    judge.refuse("patch-path", `${place}.path: ${error.message}`, "invalidPath");
  }
}
