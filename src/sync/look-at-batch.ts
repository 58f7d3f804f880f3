import { foldCase } from "../lib/fold.ts";
import type { Mapped } from "../mapping/mapping.ts";
import type { RecordInput } from "../mapping/run-tests.ts";
import { textOf } from "../scim/document.ts";
import type { RecordKind } from "../source/source.ts";
import type { DirectoryChange, DirectoryStore, DirtyRecord, GivenReader, RecordStore } from "../store/store.ts";
import { nameIsTaken } from "../store/store.ts";
import type { ClaimedNames } from "./claimed-names.ts";
import { withConsent } from "./consent.ts";
import { inputOf, type Looked, lookAt, type MappingSurroundings, managerKeyOf, mapInput } from "./plan-record.ts";
import { readRecord } from "./prepare-record.ts";
import { settleUnique } from "./settle-unique.ts";

export interface LookParts {
  readonly store: Pick<RecordStore, "resolveKeys"> &
    Pick<DirectoryStore, "userNameHolders"> &
    Pick<GivenReader, "givenFields">;
  readonly sourceId: string;
  readonly around: MappingSurroundings;
  /** Folded userNames that earlier batches gave away, by resource; this batch adds its own. */
  readonly claimed: ClaimedNames;
  /** Hears of each record with all that surrounds it, and of what it is mapped to. */
  readonly note?: (input: RecordInput, mapped: Mapped) => void;
}

/** A record that was looked at. */
export interface Planned {
  readonly dirty: DirtyRecord;
  readonly looked: Looked;
}

/** Maps a batch of records and compares what they become with what the directory has. Reads only. */
export async function lookAtBatch(
  { store, sourceId, around, claimed, note }: LookParts,
  kind: RecordKind,
  batch: readonly DirtyRecord[],
): Promise<readonly Planned[]> {
  const keys = kind === "user" ? batch.map(({ record }) => record.key) : [];
  const given = await store.givenFields(sourceId, keys);
  const raw = batch.map((dirty) => {
    const input = withConsent(inputOf(readRecord(kind, dirty.record), around), given.get(dirty.record.key));
    const mapped = mapInput(around.mapping, input);
    note?.(input, mapped);
    return { dirty, mapped };
  });
  const mapped = kind === "user" ? await settleUnique(store, raw, claimed) : raw;
  const managers = await resolveManagers(
    store,
    sourceId,
    mapped.map((each) => managerKeyOf(each.mapped)),
  );
  const planned = mapped.map(({ dirty, mapped: each }): Planned => {
    const managerKey = managerKeyOf(each);
    const managerId = managerKey === null ? null : (managers.get(managerKey) ?? null);
    return { dirty, looked: lookAt(kind, dirty, each, managerId, around.mappingVersion) };
  });
  return refuseTakenNames(store, planned);
}

async function resolveManagers(
  store: LookParts["store"],
  sourceId: string,
  keys: readonly (string | null)[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(keys.filter((key) => key !== null))];
  return wanted.length === 0 ? new Map() : store.resolveKeys(sourceId, "user", wanted);
}

/** A userName that somebody else has already is refused for this one person; the rest goes ahead. */
async function refuseTakenNames(store: LookParts["store"], planned: readonly Planned[]): Promise<readonly Planned[]> {
  const nameOf = ({ looked }: Planned): string | null => {
    if (looked.kind !== "change" || looked.change.resourceType !== "User" || looked.change.after === null) return null;
    const userName = textOf(looked.change.after, "userName");
    return userName === null ? null : foldCase(userName);
  };
  const names = planned.flatMap((each) => nameOf(each) ?? []);
  const holders = await store.userNameHolders(names);
  return planned.map((each): Planned => {
    const name = nameOf(each);
    const holder = name === null ? undefined : holders.get(name);
    if (each.looked.kind !== "change" || holder === undefined || holder.resourceId === each.looked.change.resourceId) {
      return each;
    }
    const error = nameIsTaken(holder);
    const change: DirectoryChange = { ...each.looked.change, status: "failed", error };
    return { ...each, looked: { kind: "change", change } };
  });
}
