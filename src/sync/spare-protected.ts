import { type Protection, protectedReason, protectsSome } from "../plan/protection.ts";
import type { DirectoryStore, Lease } from "../store/store.ts";
import { protectedAmong, protectedBy } from "./plan-departures.ts";

const pageSize = 1000;

/**
 * Before a plan is gone on with that was made earlier, and then cut off, or held and approved: what it has planned for
 * accounts that are protected by now is left out, as if it had been made now.
 */
export async function spareProtected(
  { store, lease, taskId }: { readonly store: DirectoryStore; readonly lease: Lease; readonly taskId: string },
  protection: Protection,
): Promise<void> {
  if (!protectsSome(protection)) return;
  for (let after = 0; ; ) {
    const page = await store.openChanges(taskId, { after, limit: pageSize });
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
    const found = await store.readCurrent(page.map(({ resourceId }) => resourceId));
    const current = new Map(found.filter(({ departed, deleted }) => !departed && !deleted).map((one) => [one.id, one]));
    const leaving = page.flatMap(({ resourceId, leaves }) => (leaves ? (current.get(resourceId) ?? []) : []));
    const stays = await protectedAmong(store, protection, leaving);
    const spared = page.flatMap(({ seq, resourceId, leaves }) => {
      const resource = current.get(resourceId);
      if (resource === undefined) return [];
      const by = leaves ? stays.get(resourceId) : protectedBy(protection, resource);
      return by === undefined || by === null ? [] : [{ seq, error: protectedReason(by) }];
    });
    if (spared.length > 0) await store.skipChanges(lease, spared);
  }
  for (let after = ""; ; ) {
    const page = await store.openRemovals(taskId, { after, limit: pageSize });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last;
    const members = (await store.readCurrent(page)).filter(({ departed, deleted }) => !departed && !deleted);
    const staying = members.filter((one) => protectedBy(protection, one) !== null).map(({ id }) => id);
    if (staying.length > 0) await store.keepMembers(lease, taskId, staying);
  }
}
