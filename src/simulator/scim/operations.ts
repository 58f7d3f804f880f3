import { canonicalJson, isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Directory, Entry } from "./directory.ts";
import type { Judge } from "./journal.ts";
import { keptValues } from "./kept-values.ts";
import { MembershipEdit, memberIds } from "./membership.ts";
import type { Model } from "./model.ts";
import { applyPatch } from "./patch-apply.ts";
import { parsePatch } from "./patch-operation.ts";
import type { Policy } from "./policy.ts";
import { Refusal } from "./refusal.ts";
import { cleanResource } from "./resource-body.ts";
import { enterpriseSchema } from "./schemas.ts";
import { quoted } from "./values.ts";

export interface WriteParts {
  readonly directory: Directory;
  readonly policy: Policy;
  readonly model: Model;
  readonly judge: Judge;
}

/** POST (RFC 7644 §3.3). @throws Refusal */
export function createResource(parts: WriteParts, body: JsonObject): Entry {
  const { directory, model, policy, judge } = parts;
  const { members, ...given } = cleanResource(model, body, judge);
  const attributes = keptValues(given, policy, judge);
  const ids = memberIds(members, undefined, directory, policy, judge);
  checkManager(parts, {}, attributes);
  judge.settle();
  const other = conflicting(parts, attributes, undefined);
  if (other) {
    const externalId = attributes["externalId"];
    if (externalId !== undefined && externalId === other.entry.attributes["externalId"])
      judge.noop("create-of-existing");
    throw conflict(model, other.attribute);
  }
  return directory.create(model.type, attributes, ids);
}

/** PUT (RFC 7644 §3.5.1): what is not in the body is cleared. @throws Refusal */
export function replaceResource(parts: WriteParts, entry: Entry, body: JsonObject): void {
  const { directory, model, policy, judge } = parts;
  const { members, ...given } = cleanResource(model, body, judge, entry.id);
  const attributes = updated(entry, keptValues(given, policy, judge), policy);
  const ids = memberIds(policy.put === "resets" ? undefined : members, entry.id, directory, policy, judge);
  checkManager(parts, entry.attributes, attributes);
  judge.settle();
  refuseConflict(parts, attributes, entry);
  const sameMembers = ids.size === entry.members.size && [...ids].every((id) => entry.members.has(id));
  if (sameMembers && canonicalJson(attributes) === canonicalJson(entry.attributes)) {
    judge.noop("put-changes-nothing");
    return;
  }
  for (const id of [...entry.members]) if (!ids.has(id)) directory.removeMember(entry.id, id);
  for (const id of ids) directory.addMember(entry.id, id);
  directory.update(entry, attributes);
}

/** PATCH (RFC 7644 §3.5.2): all of it or nothing. @throws Refusal */
export function modifyResource(parts: WriteParts, entry: Entry, body: JsonObject): void {
  const { directory, model, policy, judge } = parts;
  const operations = parsePatch(model, body, judge);
  const edit = new MembershipEdit(directory, entry, model, policy, judge);
  try {
    const patched = applyPatch(model, entry.attributes, operations, (operation) => edit.apply(operation), judge);
    const attributes = updated(entry, keptValues(patched, policy, judge), policy);
    const limit = policy.maxMembersPerPatch;
    if (limit > 0 && edit.named > limit) {
      judge.refuse(
        "member-limit",
        `The PATCH names ${edit.named} members; at most ${limit} are taken.`,
        undefined,
        413,
      );
    }
    checkManager(parts, entry.attributes, attributes);
    judge.settle();
    refuseConflict(parts, attributes, entry);
    const sameAttributes = canonicalJson(attributes) === canonicalJson(entry.attributes);
    if (sameAttributes && !edit.changed) {
      // RFC 7644 §3.5.2.1: without a change lastModified stays.
      judge.noop("patch-changes-nothing");
      return;
    }
    if (edit.useless > 0) judge.noop("member-already-there");
    directory.update(entry, sameAttributes ? entry.attributes : attributes);
  } catch (error) {
    edit.takeBack();
    throw error;
  }
}

function updated(entry: Entry, attributes: JsonObject, { externalIdUpdates }: Policy): JsonObject {
  if (externalIdUpdates) return attributes;
  const { externalId: _, ...rest } = attributes;
  const held = entry.attributes["externalId"];
  return held === undefined ? rest : { ...rest, externalId: held };
}

/** A manager that the request sets must exist; to be one's own is allowed, as nothing forbids it. */
function checkManager({ directory, judge }: WriteParts, before: JsonObject, after: JsonObject): void {
  const id = managerId(after);
  if (id === undefined || id === managerId(before) || directory.get("User", id)) return;
  judge.reject("manager-unknown", `There is no user ${quoted(id)}.`, "invalidValue");
}

function managerId(attributes: JsonObject): string | undefined {
  const enterprise = attributes[enterpriseSchema.id];
  const manager = isJsonObject(enterprise) ? enterprise["manager"] : undefined;
  const value = isJsonObject(manager) ? manager["value"] : undefined;
  return typeof value === "string" ? value : undefined;
}

function refuseConflict(parts: WriteParts, attributes: JsonObject, self: Entry): void {
  const other = conflicting(parts, attributes, self);
  if (other) throw conflict(parts.model, other.attribute);
}

/** Another resource that has one of the values that must be unique. */
function conflicting(
  { directory, model, policy }: WriteParts,
  attributes: JsonObject,
  self: Entry | undefined,
): { readonly entry: Entry; readonly attribute: string } | undefined {
  const unique = {
    userName: model.type === "User",
    externalId: model.type === "User" && policy.uniqueExternalId,
    displayName: model.type === "Group" && policy.uniqueGroupName,
  };
  for (const attribute of ["userName", "externalId", "displayName"] as const) {
    const value = attributes[attribute];
    if (!unique[attribute] || typeof value !== "string") continue;
    const entry = directory.lookUp(model.type, attribute, value).find((found) => found.id !== self?.id);
    if (entry) return { entry, attribute };
  }
  return undefined;
}

function conflict(model: Model, attribute: string): Refusal {
  return new Refusal(409, "uniqueness", `Another ${model.type} has this ${attribute}.`);
}
