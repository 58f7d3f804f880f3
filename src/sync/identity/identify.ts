import { compilePersonalFields } from "../../mapping/personal-fields.ts";
import type { Source, SourceUser } from "../../source/source.ts";
import type { IdentityCase, IdentityStore, PersonRecord, RecordStore, TaskError } from "../../store/store.ts";
import type { ReadOutcome } from "../read-source.ts";
import type { SourceTaskParts } from "../run-source-task.ts";
import { carryOutDecisions, type IdentityParts } from "./carry-out.ts";
import { followTold } from "./follow-told.ts";
import { askedForMs, IdentityHold } from "./identity-hold.ts";
import { PairFinder } from "./pair-people.ts";

const pageSize = 1000;
/** People who are asked for one by one, because it is not clear under which key they are. */
const mostLookedAt = 200;

/** Carries out what was decided about who is who, before a source is read. */
export async function beginIdentity(parts: SourceTaskParts): Promise<readonly IdentityCase[]> {
  return carryOutDecisions(identityParts(parts));
}

/** What the parts of this folder need of a task's. */
export function identityParts({ store, lease, task, row, clock }: SourceTaskParts): IdentityParts {
  return { store, lease, taskId: task.id, sourceId: row.id, mayWrite: task.mode === "apply", clock };
}

/** Whether people are asked about this source. */
export function asks({ row }: Pick<SourceTaskParts, "row">): boolean {
  return row.settings.sync.identity?.ask ?? true;
}

/**
 * After a read of everything: who is the same human being under another key. What events told and the read bears out is
 * followed; where nobody told, and what is one person's alone is the same of one who is gone and of one who has come, people
 * are asked. What an earlier read asked and this one does not see any more is withdrawn.
 *
 * @param live what was open, or decided and not carried out, before the read
 */
export async function identify(
  parts: SourceTaskParts,
  outcome: ReadOutcome,
  live: readonly IdentityCase[],
): Promise<IdentityHold> {
  const { store, row } = parts;
  const { seen, existence, unclear, complete } = outcome;
  const hold = new IdentityHold(asks(parts), live);
  await followTold({
    ...identityParts(parts),
    ...{ hold, live, isWhole: complete, tagsAreRead: !outcome.tagsUnknown },
    isThere: (_key, holder) => {
      if (holder === undefined || holder.seq === null) return false;
      if (seen.has(holder.seq) || existence?.there.has(holder.seq) === true) return true;
      return complete && !unclear.has(holder.seq) ? false : null;
    },
    look: (keys) => lookAt(parts, keys),
  });
  const found = new Set<string>();
  for (const pair of asks(parts) ? await findPairs(parts, outcome, hold) : []) {
    const known = live.find(({ resourceId, to }) => resourceId === pair.gone.resourceId && to === pair.come.key);
    // Asked already, or answered: two people.
    if (known !== undefined) found.add(known.id);
    else {
      const { resourceId, key } = pair.gone;
      const about = { kind: "rename", resourceId, otherId: null, from: key, to: pair.come.key } as const;
      hold.ask({ ...about, evidence: pair.fields, expiresAt: parts.clock() + askedForMs });
    }
  }
  const isBack = async ({ to }: IdentityCase): Promise<boolean> => {
    const seq = (await store.keyHolders(row.id, [to])).get(to)?.seq ?? null;
    return seq !== null && seen.has(seq);
  };
  for (const each of live) {
    if (each.state === "open" && each.kind === "return" && (await isBack(each))) found.add(each.id);
  }
  const isOver = ({ id, state, kind, isTold }: IdentityCase): boolean =>
    state === "open" && !found.has(id) && (kind === "return" || (kind === "rename" && !isTold));
  const stale = complete ? live.filter(isOver) : [];
  if (stale.length > 0) {
    const [ids, keys] = [stale.map(({ id }) => id), stale.map(({ to }) => to)];
    if (identityParts(parts).mayWrite) {
      await store.closeCases(parts.lease, ids, "withdrawn");
      await store.lookAtLed(parts.lease, row.id, keys);
    }
    hold.withdraw(stale);
  }
  return hold;
}

/** Writes down what was asked, and says so. A plan only says so: the sync that follows it asks. */
export async function askPeople(
  { store, lease, task, row }: SourceTaskParts,
  hold: IdentityHold,
): Promise<TaskError | null> {
  if (hold.asked.length > 0 && task.mode === "apply") await store.openCases(lease, row.id, task.id, hold.asked);
  const count = hold.waiting;
  if (count === 0) return null;
  const who = count === 1 ? "of one person it is" : `of ${count} people it is`;
  const detail = `${who} not clear whether they are the same as somebody who was here, under another name or after an absence: they are left as they are until somebody says so (GET /api/v1/identity-cases?source=${row.id}&state=open, or wecom-scim-bridge identity)`;
  return { code: identityCode, detail };
}

/** The read was whole, and who somebody is waits for an answer. */
export const identityCode = "source.identity-unclear";

/** Those who were not seen, and newcomers, who agree in something that is one person's alone. */
async function findPairs(parts: SourceTaskParts, outcome: ReadOutcome, hold: IdentityHold) {
  const { store, row } = parts;
  const fields = row.settings.sync.identity?.fields ?? outcome.personalFields;
  if ((await store.listNewcomers(row.id, 0, 1)).length === 0) return [];
  const finder = new PairFinder<PersonRecord, PersonRecord>(compilePersonalFields(fields));
  const gone = await unseenPeople(store, row.id, outcome);
  if (gone.length === 0) return [];
  for (let from = 0; from < gone.length; from += pageSize) {
    const records = await store.recordsOf(row.id, gone.slice(from, from + pageSize));
    const current = await store.readCurrent(records.map(({ resourceId }) => resourceId));
    const present = new Set(current.filter(({ departed, deleted }) => !departed && !deleted).map(({ id }) => id));
    // Whom a plan only says to be moved has his old record still.
    const isGone = (id: string): boolean => present.has(id) && !hold.isMoved(id);
    for (const record of records) if (isGone(record.resourceId)) finder.addGone(record);
  }
  for (let after = 0; ; ) {
    const page = await store.listNewcomers(row.id, after, pageSize);
    const last = page.at(-1);
    if (last === undefined) return finder.pairs();
    after = last.seq;
    for (const record of page) if (outcome.seen.has(record.seq)) finder.addCome(record);
  }
}

/** `seq` of the people whom the read did not find: gone, or (of a read that was not whole) perhaps so. */
async function unseenPeople(
  store: Pick<RecordStore, "listSourceRecords"> & Pick<IdentityStore, "recordsOf">,
  sourceId: string,
  { seen, existence }: ReadOutcome,
): Promise<readonly number[]> {
  const gone: number[] = [];
  for (let after = 0; ; ) {
    const page = await store.listSourceRecords(sourceId, "user", after, 5000);
    const last = page.at(-1);
    if (last === undefined) return gone;
    after = last.seq;
    for (const { seq } of page) if (!seen.has(seq) && existence?.there.has(seq) !== true) gone.push(seq);
  }
}

/** Asks the source about some people. */
export async function lookAt(parts: SourceTaskParts, keys: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
  const source: Source = (parts.borrowSource ?? parts.openSource)(parts.row);
  try {
    const some = keys.slice(0, mostLookedAt);
    return presenceIn(some, await source.lookAgain(some, parts.signal));
  } finally {
    await source.close();
  }
}

/** Who of these keys is there; of whom the source would not say so is missing. */
export function presenceIn(
  keys: readonly string[],
  { found, unclear }: { readonly found: readonly Pick<SourceUser, "key">[]; readonly unclear: readonly string[] },
): ReadonlyMap<string, boolean> {
  const there = new Set(found.map(({ key }) => key));
  const open = new Set(unclear);
  return new Map(keys.flatMap((key) => (open.has(key) ? [] : [[key, there.has(key)] as const])));
}
