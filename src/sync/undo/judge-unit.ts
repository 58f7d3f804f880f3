import type { JsonObject } from "../../lib/json.ts";
import { classify, isOtherIdentity } from "../../plan/classify.ts";
import { textOf } from "../../scim/document.ts";
import {
  type DirectoryChange,
  type KeptBasis,
  type MemberChange,
  type UndoUnit,
  undoneMark,
} from "../../store/store.ts";
import { departure } from "../plan-record.ts";
import { basisOf, type VersionsInForce } from "./basis.ts";

// What a task did to a resource, and what taking that back comes to:
//
//   the task                      the undo
//   made it                       it leaves: a person is deactivated, a group deleted
//   changed its document          the document from before
//   a person left                 he is back with his document from before
//   deleted a group               it is back, with who was in it
//   brought it to a group         it leaves that group
//   took it out of a group        it is back in that group
//
// All of a resource goes back, or nothing of it: half would be a state that never was.

/** What taking back one resource comes to. */
export type Verdict =
  | { readonly kind: "left-out"; readonly why: string }
  /** The task made it: whether it can go is known once it is known who else goes. */
  | { readonly kind: "leaves"; readonly kept: KeptBasis }
  /** `change` null: nothing but memberships. */
  | { readonly kind: "back"; readonly change: DirectoryChange | null; readonly edges: readonly MemberChange[] };

export interface JudgeOptions {
  /** The task that is taken back. */
  readonly undoes: string;
  /** Ids of deleted groups that are brought back. */
  readonly restored: ReadonlySet<string>;
  readonly versions: VersionsInForce;
}

/** What the record of an undone change says. */
export function undoneBecause(undoes: string): string {
  return `undone by this task: it takes back task ${undoes}; the source's value is ignored until it changes`;
}

/** Judges one resource by how it is now. */
export function judgeUnit(unit: UndoUnit, { undoes, restored, versions }: JudgeOptions): Verdict {
  const moved = whatMoved(unit);
  if (moved !== null) return leftOut(moved);
  const kept = basisOf(unit, versions);
  if (kept === null) return leftOut(unheard);
  const { document, edges } = unit;
  if (document !== null && document.before === null) return { kind: "leaves", kept };
  if (isRestored(unit) && unit.resourceType === "Group" && !restored.has(unit.resourceId)) {
    return leftOut(groupIsGone);
  }
  if (!hasAllGroups(unit, restored)) return leftOut(groupIsGone);
  const memberType = unit.resourceType;
  const memberId = unit.resourceId;
  const reverse = { add: "remove", remove: "add" } as const;
  const change =
    document === null ? null : changeBack(unit, document.before ?? "{}", { kept, because: undoneBecause(undoes) });
  return {
    kind: "back",
    change,
    edges: edges.map(({ groupId, op }) => ({ groupId, op: reverse[op], memberId, memberType })),
  };
}

const unheard = "the source says something else of it that no sync has brought here yet";
const groupIsGone = "a group that it would go back to is gone";

/** Whether the groups that it left are there, or brought back. */
export function hasAllGroups({ edges }: Pick<UndoUnit, "edges">, restored: ReadonlySet<string>): boolean {
  return edges.every(({ op, groupId, hasGroup }) => op === "add" || hasGroup || restored.has(groupId));
}

/** Whether the undo brings back somebody who left, or a group that was deleted. */
export function isRestored({ document }: Pick<UndoUnit, "document">): boolean {
  return document?.departed === true;
}

/** Why a resource is not as the task left it any more; null: it is. */
export function whatMoved(unit: UndoUnit): string | null {
  const { current, document, edges, groupIds, laterTask, resourceType } = unit;
  if (laterTask !== null) return `changed again by task ${laterTask}`;
  if (document?.departed === true && resourceType === "Group") {
    if (!current.deleted) return otherwise;
    if (!document.hasMembers) return "it is not known any more who was in this group";
  } else if (current.deleted) {
    return "it has been deleted since";
  } else if (current.departed !== (document?.departed ?? false)) {
    return otherwise;
  }
  if (document !== null && document.after !== current.document) return otherwise;
  if (edges.some(({ op, isThere }) => isThere !== (op === "add"))) return "its memberships are others since";
  if (document?.before !== null || document.departed) return null;
  const given = new Set(edges.map(({ groupId }) => groupId));
  return groupIds.some((id) => !given.has(id)) ? "it has come to other groups since" : null;
}

const otherwise = "it is not as the task left it any more";

function leftOut(why: string): Verdict {
  return { kind: "left-out", why };
}

/** The change to the document from before. Null where it says the same. */
function changeBack(
  unit: UndoUnit,
  before: string,
  { kept, because }: Pick<DirectoryChange, "because"> & { readonly kept: KeptBasis },
): DirectoryChange | null {
  const { current, resourceType: type } = unit;
  const isBack = isRestored(unit);
  if (!isBack && before === current.document) return null;
  const is = current.deleted ? null : (JSON.parse(current.document) as JsonObject);
  const after = JSON.parse(before) as JsonObject;
  const action = is === null ? "create" : type === "User" ? classify(is, after) : "update";
  return {
    ...{ kind: unit.kind, key: current.key, resourceType: type, resourceId: unit.resourceId },
    ...{ action, status: "planned", error: null, because, before: is, after, sources: null },
    ...{ externalId: textOf(after, "externalId"), displayName: textOf(after, "displayName") },
    ...{ baseVersion: current.version, fingerprint: undoneMark, mappingVersion: undoneMark, managerKey: null },
    kept,
    changesIdentity: is !== null && !isBack && isOtherIdentity(type, is, after),
  };
}

/** The record of what is not taken back. */
export function leftOutChange(unit: UndoUnit, undoes: string, why: string): DirectoryChange {
  const { current, resourceType: type, document } = unit;
  return {
    ...{ kind: unit.kind, key: current.key, resourceType: type, resourceId: unit.resourceId },
    ...{ action: actionOf(unit), status: "skipped", error: why, before: null, after: null, sources: null },
    because: document === null ? `task ${undoes} changed its memberships` : `task ${undoes} changed it`,
    ...{ externalId: current.externalId, displayName: current.displayName, baseVersion: current.version },
    ...{ fingerprint: null, mappingVersion: null, managerKey: null, changesIdentity: false },
  };
}

function actionOf({ document, resourceType }: UndoUnit): DirectoryChange["action"] {
  if (document === null) return "update";
  if (document.before === null) return resourceType === "User" ? "deactivate" : "delete";
  if (!document.departed) return "update";
  return resourceType === "User" ? "reactivate" : "create";
}

/** The removal of what the task made: the source goes on having it. */
export function leaveAgain(unit: UndoUnit, undoes: string, kept: KeptBasis): DirectoryChange {
  const gone = departure(unit.kind, unit.current, "", { keepsRecord: true });
  return { ...gone, because: undoneBecause(undoes), kept };
}
