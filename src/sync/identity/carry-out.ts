import type { IdentityCase, IdentityStore, Lease } from "../../store/store.ts";

export interface IdentityParts {
  readonly store: IdentityStore;
  readonly lease: Lease;
  readonly taskId: string;
  readonly sourceId: string;
  /** False for a plan: it writes nothing. What a sync would do first is only said, as far as it can be without doing it. */
  readonly mayWrite: boolean;
  readonly clock: () => number;
}

/**
 * Does what people have decided about who is who, before anything is compared: resources go to their new keys, and give up
 * those that are another person's. Nothing else of a resource changes by it; that is the comparison's to find.
 *
 * | case | the same | another one |
 * |---|---|---|
 * | rename | the resource goes to the new key; whoever was made there by mistake departs | nothing: one leaves, one comes |
 * | exchange | (can't be) | nothing: it goes by keys |
 * | return | nothing: he is back | who had left gives up the key, and his names; a new resource is made |
 *
 * @returns what is live still
 */
export async function carryOutDecisions(parts: IdentityParts): Promise<readonly IdentityCase[]> {
  const { store, lease, sourceId, mayWrite, clock } = parts;
  const now = clock();
  const live = await store.liveCases(sourceId);
  const late = live.filter(({ state, expiresAt }) => state === "open" && expiresAt !== null && expiresAt <= now);
  if (late.length > 0 && mayWrite) {
    const ids = late.map(({ id }) => id);
    await store.closeCases(lease, ids, "expired");
  }
  const isLate = new Set(late.map(({ id }) => id));
  const cases = live.map((each): IdentityCase => (isLate.has(each.id) ? { ...each, state: "expired" } : each));
  if (!mayWrite) return cases;
  const done: string[] = [];
  for (const each of cases) if (await carryOut(parts, each)) done.push(each.id);
  if (done.length > 0) await store.noteDone(lease, done);
  const isDone = new Set(done);
  return cases.filter(({ id }) => !isDone.has(id));
}

/** Whether nothing of it is left to be done; what was accepted is done once the directory says so. */
async function carryOut(parts: IdentityParts, about: IdentityCase): Promise<boolean> {
  const { store, lease, taskId, sourceId } = parts;
  const { kind, state, resourceId, from, to } = about;
  if (state === "open") return false;
  const isSame = state === "accepted";
  if (kind === "rename" && isSame) {
    const holder = (await store.keyHolders(sourceId, [from])).get(from);
    const isThere = holder?.resourceId === resourceId;
    if (isThere) await store.moveKey(lease, { sourceId, taskId, resourceId, from, to });
    return false;
  }
  if (kind === "return" && isSame) return false;
  if (kind === "return") {
    await store.giveUpKey(lease, { sourceId, taskId, resourceId, key: to });
    return true;
  }
  // Who was meant by both keys is meant by one again.
  if (kind !== "rename") return true;
  await store.lookAtLed(lease, sourceId, [to]);
  // Until one has come, and is no newcomer any more, the answer keeps him from being asked about again.
  return false;
}
