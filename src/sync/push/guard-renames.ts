import type { JsonObject } from "../../lib/json.ts";
import { isOtherName } from "../../plan/classify.ts";
import { refuseRenames } from "../../plan/guard.ts";
import { isActive } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { PendingResource, PushOutcome, RemovalCounts, UpdatePage } from "../../store/store.ts";
import { desiredDocument, nameProblem } from "./desired.ts";
import { ofEverybody } from "./guard-removals.ts";
import { outcomeOf, type PushParts } from "./push-parts.ts";

// Rules of a target that changed may make everybody there known by another name. Before the first update all of those are
// counted, a page at a time. Beyond the target's safeguards none of them is sent anything, but that he is inactive: the
// links go on saying that they are to be compared again, so that every later push comes to the same, until somebody
// approves or the rules are taken back.

/** Why new names must wait for a person. */
export interface RenameGuard {
  readonly reason: string;
  /** How many wait. */
  readonly identities: RemovalCounts;
  readonly types: ReadonlySet<ResourceType>;
}

/** A resource that the rules make known by another name at the target. */
interface Rename {
  readonly resource: PendingResource;
  readonly held: JsonObject;
  readonly desired: JsonObject;
}

/** Judges the new names that nobody has approved, and records those that must wait; null when none must. */
export async function guardRenames(parts: PushParts): Promise<RenameGuard | null> {
  const { store, row, scope, clock } = parts;
  const planned = { users: 0, groups: 0 };
  for (const type of scope.types) {
    for await (const page of openRenames(parts, type)) planned[keyOf(type)] += page.length;
  }
  if (planned.users + planned.groups === 0) return null;
  const { maxRemovals, windowHours } = row.settings.safeguards;
  const recent = await store.recentRemovals(`target:${row.id}:identity`, clock() - windowHours * 3_600_000);
  const total = await store.countLinked(ofEverybody(scope));
  const refusals = scope.types.flatMap((type) => {
    const key = keyOf(type);
    const numbers = { planned: planned[key], recent: recent[key], total: total[key] };
    const reason = refuseRenames(`${key} at this target`, numbers, maxRemovals);
    return reason === null ? [] : [{ type, reason }];
  });
  if (refusals.length === 0) return null;
  const types = new Set(refusals.map(({ type }) => type));
  for (const type of types) await hold(parts, type);
  return {
    reason: refusals.map(({ reason }) => reason).join("; "),
    identities: { users: types.has("User") ? planned.users : 0, groups: types.has("Group") ? planned.groups : 0 },
    types,
  };
}

/** Those of these resources that wait with their new name, by id. */
export async function waitingRenames(
  parts: PushParts,
  resources: readonly PendingResource[],
): Promise<ReadonlySet<string>> {
  const renames = resources.flatMap((resource) =>
    parts.heldRenames.has(resource.type) ? (renameOf(parts, resource) ?? []) : [],
  );
  return new Set((await notApproved(parts, renames)).map(({ resource }) => resource.id));
}

/** Whether what this resource is sent makes it known otherwise, because of the rules. */
export function isRename({ otherRules, type }: PendingResource, held: JsonObject, desired: JsonObject): boolean {
  return otherRules && isOtherName(type, held, desired);
}

async function* openRenames(parts: PushParts, type: ResourceType): AsyncGenerator<readonly Rename[]> {
  const { store, scope } = parts;
  yield* renamesIn(parts, (page) => store.pendingUpdates(scope, type, page));
  // Who is only to be inactive gets his new name with that.
  if (type === "User") yield* renamesIn(parts, (page) => store.pendingDeactivations(scope, page));
}

async function* renamesIn(
  parts: PushParts,
  pageOf: (page: UpdatePage) => Promise<readonly PendingResource[]>,
): AsyncGenerator<readonly Rename[]> {
  for (let after = ""; ; ) {
    parts.signal.throwIfAborted();
    const page = await pageOf({ after, limit: 500, lookAgain: true });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield await notApproved(
      parts,
      page.flatMap((resource) => renameOf(parts, resource) ?? []),
    );
  }
}

function renameOf(parts: PushParts, resource: PendingResource): Rename | null {
  // Of who has left nothing changes but that he is inactive.
  if (!resource.otherRules || resource.departed) return null;
  const stored = JSON.parse(resource.held ?? "{}") as JsonObject;
  // What is not sent any more is no other name.
  const held = parts.language.known(resource.type, stored, parts.capabilities);
  const desired = desiredDocument(parts, resource);
  if (nameProblem(parts, resource.type, desired) !== null) return null;
  return isRename(resource, held, desired) ? { resource, held, desired } : null;
}

/** Without those that somebody let through with just this name. */
async function notApproved({ store, row }: PushParts, renames: readonly Rename[]): Promise<readonly Rename[]> {
  if (renames.length === 0) return renames;
  const approved = await store.approvedRenames(
    row.id,
    renames.map(({ resource }) => resource.id),
  );
  return renames.filter(
    ({ resource, desired }) =>
      !approved
        .get(resource.id)
        ?.some((shown) => !isOtherName(resource.type, JSON.parse(shown) as JsonObject, desired)),
  );
}

async function hold(parts: PushParts, type: ResourceType): Promise<void> {
  const { store, lease, taskId, row } = parts;
  for await (const page of openRenames(parts, type)) {
    await store.saveOutcomes(lease, taskId, row.id, page.map(heldOutcome));
  }
}

function heldOutcome({ resource, held, desired }: Rename): PushOutcome {
  // That he is to be inactive does not wait with his name: it is no part of what is approved here.
  const after = isActive(held) && !isActive(desired) ? { ...desired, active: true } : desired;
  return outcomeOf(
    resource,
    {
      action: isActive(held) === isActive(after) ? "update" : "reactivate",
      status: "held",
      error: null,
      because: "the rules of this target make it known by another name; more of those than its safeguards allow",
      before: resource.held,
      after: JSON.stringify(after),
      changesIdentity: true,
    },
    null,
  );
}

function keyOf(type: ResourceType): "users" | "groups" {
  return type === "User" ? "users" : "groups";
}
