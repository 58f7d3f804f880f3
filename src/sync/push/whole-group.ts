import { isJsonObject, member } from "../../lib/json.ts";
import type { Member } from "../../scim/resource.ts";
import type { GivenMember, MemberDelta, PendingGroup } from "../../store/store.ts";
import type { RemoteResource } from "../../target/target.ts";
import type { PushParts } from "./push-parts.ts";
import { ensurePut, goneError, sendPatch } from "./send-patch.ts";

// Some products can't take one member out of a group, or take no PATCH at all: they are sent all members each time. The
// list is what the target shows and what it was given, together, with the change made. So what others did there stays,
// and an answer without members, or with some of them, empties nothing. It is held in memory, as it has to be sent.

/** Whether a change of members is sent as the list of all that there are to be. */
export function sendsAllMembers({ capabilities }: Pick<PushParts, "capabilities">, op: "add" | "remove"): boolean {
  return !capabilities.patch || (op === "remove" && capabilities.memberRemoval === "replaceAll");
}

/** The members that a group has at the target, by their ids there. */
export async function membersThere(
  parts: PushParts,
  group: Pick<PendingGroup, "id">,
  returned: RemoteResource,
): Promise<Map<string, Member>> {
  const all = new Map(membersShown(returned).map((one) => [one.value, one]));
  for await (const page of givenMembers(parts, group)) {
    for (const { remoteId, memberType } of page) {
      if (!all.has(remoteId)) all.set(remoteId, { value: remoteId, type: memberType });
    }
  }
  return all;
}

/**
 * Adds or removes members by sending all that there are to be.
 *
 * @throws {TargetError} `missing` when the group is gone, `refused` where the product takes neither PATCH nor PUT
 */
export async function sendAllMembers(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
  members: readonly MemberDelta[],
): Promise<void> {
  const { target, language, capabilities, attempts, signal } = parts;
  if (!capabilities.patch) ensurePut(parts);
  const returned = await readGroup(parts, group);
  // Left by an attempt that was cut off.
  if (op === "add" && showsAll(returned, members)) return;
  const all = await membersThere(parts, group, returned);
  for (const { remoteId, memberType } of members) {
    if (remoteId === null) continue;
    if (op === "add") all.set(remoteId, { value: remoteId, type: memberType });
    else all.delete(remoteId);
  }
  const list = [...all.values()];
  if (!capabilities.patch) {
    const { members: _, ...rest } = language.whole(returned.document, []);
    const body = { ...rest, members: language.membersValue(list) };
    const added = members.flatMap(({ memberId: _, ...one }) =>
      op === "add" && one.remoteId !== null ? [{ value: one.remoteId, type: one.memberType }] : [],
    );
    const said = added.length === 0 ? {} : { members: language.membersValue(added) };
    await attempts.run(() => target.replace("Group", group.remoteId, body, signal, said));
    return;
  }
  const requests = language.replaceMembers(list, capabilities);
  // The first request of several leaves the rest out: a crash before the last one must not go unnoticed.
  const doubted = requests.length > 1 ? await doubtGiven(parts, group) : [];
  for (const operations of requests) await sendPatch(parts, "Group", group.remoteId, operations);
  if (doubted.length > 0) await parts.store.settleMembers(parts.lease, parts.row.id, group.id, doubted);
}

/**
 * After a refusal of the whole list: members that the target does not have any more are noted as lost, so that they are
 * made again. Looked for among those that it does not show in the group.
 *
 * @returns whether there were any
 */
export async function noteLostMembers(parts: PushParts, group: PendingGroup): Promise<boolean> {
  const { store, lease, taskId, row, target, capabilities, attempts, signal } = parts;
  if (!capabilities.membersRead) return false;
  const shown = new Set(membersShown(await readGroup(parts, group)).map(({ value }) => value));
  let found = false;
  for await (const page of givenMembers(parts, group)) {
    for (const { memberId, memberType, remoteId } of page) {
      if (shown.has(remoteId)) continue;
      if ((await attempts.run(() => target.read(memberType, remoteId, signal))) !== null) continue;
      found = true;
      const lost = { resourceId: memberId, resourceType: memberType, externalId: null, displayName: null } as const;
      const link = { state: "unlinked", again: true } as const;
      await store.saveOutcomes(lease, taskId, row.id, [{ ...lost, record: null, link }]);
    }
  }
  return found;
}

/** @throws {TargetError} `missing` */
export async function readGroup(
  { target, attempts, signal }: PushParts,
  { remoteId }: Pick<PendingGroup, "remoteId">,
): Promise<RemoteResource> {
  const found = await attempts.run(() => target.read("Group", remoteId, signal));
  if (found === null) throw goneError("this group");
  return found;
}

/** What is in the group is noted as not certain to be there. */
async function doubtGiven(parts: PushParts, group: PendingGroup): Promise<readonly string[]> {
  const { store, lease, row } = parts;
  const doubted: string[] = [];
  for await (const page of givenMembers(parts, group)) {
    const ids = page.map(({ memberId }) => memberId);
    await store.intendMembers(lease, row.id, group.id, ids);
    doubted.push(...ids);
  }
  return doubted;
}

/** What the target was given and has an id of, a page at a time. */
async function* givenMembers(
  { store, row }: PushParts,
  { id }: Pick<PendingGroup, "id">,
): AsyncGenerator<readonly GivenMember[]> {
  for (let after = ""; ; ) {
    const page = await store.givenMembers(row.id, id, { after, limit: 1000 });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.memberId;
    yield page;
  }
}

function showsAll(returned: RemoteResource, members: readonly MemberDelta[]): boolean {
  const shown = new Set(membersShown(returned).map(({ value }) => value));
  return members.every(({ remoteId }) => remoteId !== null && shown.has(remoteId));
}

/** The members that a group shows; none where it shows no members. */
export function membersShown({ document }: RemoteResource): readonly Member[] {
  const members = member(document, "members");
  if (!Array.isArray(members)) return [];
  return members.flatMap((one): Member[] => {
    const value = isJsonObject(one) ? member(one, "value") : undefined;
    if (typeof value !== "string" || value === "" || !isJsonObject(one)) return [];
    return [{ value, type: String(member(one, "type")).toLowerCase() === "group" ? "Group" : "User" }];
  });
}
