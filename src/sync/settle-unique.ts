import { foldCase } from "../lib/fold.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Mapped } from "../mapping/mapping.ts";
import { chooseUnique } from "../mapping/unique.ts";
import type { DirectoryStore, DirtyRecord } from "../store/store.ts";
import type { ClaimedNames } from "./claimed-names.ts";

export interface MappedRecord {
  readonly dirty: DirtyRecord;
  readonly mapped: Mapped;
}

/**
 * Settles the `unique` rules of a batch: who may have which userName, given what the directory holds and what this plan
 * has given away already. The candidates that rules ask about are looked up together, round by round, until none is
 * unknown.
 *
 * @param claimed folded userNames that earlier batches of this plan gave away, by resource; this batch adds its own
 */
export async function settleUnique(
  store: Pick<DirectoryStore, "userNameHolders">,
  batch: readonly MappedRecord[],
  claimed: ClaimedNames,
): Promise<readonly MappedRecord[]> {
  if (!batch.some(({ mapped }) => (mapped.unique ?? []).length > 0)) return batch;
  const holders = new Map<string, string | null>();
  for (;;) {
    const asked = new Set<string>();
    const given = new Map<string, string>();
    const settled = batch.map((each) => settleOne(each, { holders, given, claimed, asked }));
    if (asked.size === 0) {
      for (const [name, id] of given) claimed.claim(name, id);
      return settled;
    }
    const found = await store.userNameHolders([...asked]);
    for (const name of asked) holders.set(name, found.get(name)?.resourceId ?? null);
  }
}

interface Names {
  /** Folded userNames of the directory, by resource; null: free. */
  readonly holders: ReadonlyMap<string, string | null>;
  /** Given away in this batch, by resource. */
  readonly given: Map<string, string>;
  readonly claimed: ClaimedNames;
  /** Of which it is not known who holds them. */
  readonly asked: Set<string>;
}

function settleOne({ dirty, mapped }: MappedRecord, { holders, given, claimed, asked }: Names): MappedRecord {
  const own = dirty.record.resourceId;
  const { current } = dirty;
  const before = current === null || current.deleted ? null : (JSON.parse(current.document) as JsonObject);
  const taken = (path: string, value: string): boolean => {
    // The one attribute that SCIM wants to be unique (RFC 7643 §4.1.1), and the one that the directory can look up.
    if (path !== "userName") return false;
    const name = foldCase(value);
    const other = given.get(name);
    if (other === undefined ? claimed.isTaken(name, own) : other !== own) return true;
    const holder = holders.get(name);
    if (holder === undefined) asked.add(name);
    return holder !== undefined && holder !== null && holder !== own;
  };
  const settled = chooseUnique(mapped, before, taken);
  const userName = settled.document["userName"];
  if (typeof userName === "string") given.set(foldCase(userName), own);
  return { dirty, mapped: settled };
}
