import type { DirectoryStore, DirtyRecord, IdentityStore, RecordStore } from "../../store/store.ts";
import type { Leaving } from "../who-leaves.ts";
import type { IdentityParts } from "./carry-out.ts";
import type { IdentityHold } from "./identity-hold.ts";

/** What planning asks about whose record is whose. */
type Records = Pick<RecordStore, "listDirty" | "resolveKeys">;

/**
 * A store in which people are known by the keys that are theirs by now, although nothing of it is written: whoever waits for
 * an answer is meant by both his keys, from the sync on that asks; and in a plan, which moves nobody, whoever a sync will move
 * has the record under his new key.
 *
 * @param leaving of a plan: who has a record under another key stays
 */
export async function asKnown<S extends Records & IdentityStore & Pick<DirectoryStore, "readCurrent">>(
  { sourceId, mayWrite }: Pick<IdentityParts, "sourceId" | "mayWrite">,
  store: S,
  hold: IdentityHold,
  leaving: Leaving | null = null,
): Promise<S> {
  const moved = mayWrite ? new Map<string, string>() : await movesAhead(sourceId, store, hold, leaving);
  const meant = new Map([...hold.meant, ...moved]);
  if (meant.size === 0) return store;
  const records: Records = {
    async resolveKeys(source, kind, keys) {
      const ids = new Map(await store.resolveKeys(source, kind, keys));
      for (const key of kind === "user" && source === sourceId ? keys : []) {
        const id = meant.get(key);
        if (id !== undefined) ids.set(key, id);
      }
      return ids;
    },

    async listDirty(source, kind, ...rest) {
      const page = await store.listDirty(source, kind, ...rest);
      if (kind !== "user" || source !== sourceId || moved.size === 0) return page;
      const ids = page.flatMap(({ record }) => moved.get(record.key) ?? []);
      const current = new Map((await store.readCurrent(ids)).map((one) => [one.id, one]));
      return page.map((each): DirtyRecord => {
        const one = current.get(moved.get(each.record.key) ?? "");
        if (one === undefined) return each;
        // As after a move: it is to be looked at, whatever it was made from.
        return { record: { ...each.record, resourceId: one.id }, current: { ...one, fingerprint: null } };
      });
    },
  };
  return { ...store, ...records };
}

/** Ids of those whom a sync moves, by their new keys. */
async function movesAhead(
  sourceId: string,
  store: Pick<IdentityStore, "keyHolders">,
  { moves }: IdentityHold,
  leaving: Leaving | null,
): Promise<ReadonlyMap<string, string>> {
  const holders = await store.keyHolders(sourceId, [...new Set(moves.flatMap(({ from, to }) => [from, to]))]);
  const ids = new Map<string, string>();
  for (const { resourceId, from, to } of moves) {
    const [before, after] = [holders.get(from), holders.get(to)];
    // He has been moved, or there is nothing to be his.
    if (before?.resourceId !== resourceId || after === undefined || after.seq === null) continue;
    ids.set(to, resourceId);
    if (before.seq !== null) leaving?.stays.add(before.seq);
  }
  return ids;
}
