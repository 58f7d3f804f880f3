import { type RawBuilder, type Selectable, sql, type Transaction } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import { type DocumentColumns, documentColumns } from "../scim/document.ts";
import { lockTask } from "./abandon.ts";
import { applyMemberRows, leaveUnplanned } from "./apply-members.ts";
import type { Database } from "./database.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import type { AppliedState } from "./directory-rows.ts";
import { emptiedColumns, emptyLinks, emptyWrittenSince } from "./emptied-rows.ts";
import type { DirectoryStore } from "./engine.ts";
import { filterCondition } from "./filter.ts";
import { leaveGroups } from "./group-versions.ts";
import { keepMembers, keepResources, taskUndoneBy } from "./keep-undone.ts";
import { leasedWrite } from "./leases.ts";
import { postgresFilter } from "./postgres/filter.ts";
import { sqliteFilter } from "./sqlite/filter.ts";
import type { Tables } from "./tables.ts";
import { holdingSource, nameIsTaken } from "./taken-names.ts";

/** How often a batch is tried whose userNames another process takes at the same moment. */
const tries = 5;

/** Carries out what is planned for our own directory. Each step is one transaction, and can be repeated. */
export function makeDirectoryApply(
  database: Database,
  clock: () => number,
): Pick<DirectoryStore, "applyNext" | "applyMembers" | "applyMarks" | "forgetRecords" | "deleteLeavers"> {
  const { isOneOf } = database;
  const write = leasedWrite(database);

  return {
    async applyNext(lease, taskId, sourceId, limit) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await write(lease, (trx) => applyBatch(database, trx, { taskId, sourceId, limit, now: clock() }));
        } catch (error) {
          // Another source took a userName between our look and our write: the next look sees whose it is.
          if (attempt === tries || !database.isTaken(error)) throw error;
        }
      }
    },

    applyMembers: (lease, taskId, { leavers }, limit) =>
      write(lease, async (trx) => {
        await lockTask(database, trx, taskId);
        const rows = await trx
          .selectFrom("change")
          .select(["seq", "resource_id"])
          .where("task_id", "=", taskId)
          .where("target_id", "is", null)
          // Literals where a partial index has them: SQLite does not look into parameters.
          .where("resource_type", "=", sql.lit("Group" as const))
          .where("members_applied", "=", sql.lit(0))
          .where("status", "in", ["planned", "applied"])
          .where("leavers", "=", leavers ? 1 : 0)
          .orderBy("seq")
          .limit(limit)
          .execute();
        if (rows.length === 0) return 0;
        const now = clock();
        await applyMemberRows(database, trx, rows, { leavers, now });
        // Who leaves is kept by his own change.
        if (!leavers && (await taskUndoneBy(trx, taskId)) !== null) {
          const seqs = rows.map(({ seq }) => seq);
          await keepMembers(database, trx, { taskId, now }, seqs);
        }
        return rows.length;
      }),

    applyMarks: (lease, taskId) =>
      write(lease, async (trx) => {
        await sql`
          update resource set fingerprint = k.fingerprint, mapping_version = k.mapping_version
          from task_mark k where k.task_id = ${taskId} and k.resource_id = resource.id`.execute(trx);
        await trx.deleteFrom("task_mark").where("task_id", "=", taskId).execute();
        // Whose membership waits for approval is looked at again by the next task, which replaces what is held; what an
        // undo holds stays.
        await sql`
          update resource set fingerprint = null where id in (
            select m.member_id from change c join change_member m on m.change_seq = c.seq
            where c.task_id = ${taskId} and c.target_id is null and c.leavers = 0 and c.status = 'held'
              and not exists (select 1 from sync_task t where t.id = c.task_id and t.undoes is not null))`.execute(trx);
      }),

    forgetRecords: (lease, sourceId, kind, keys) =>
      write(lease, async (trx) => {
        await trx
          .deleteFrom("source_record")
          .where("source_id", "=", sourceId)
          .where("kind", "=", kind)
          .where(isOneOf("key", keys))
          .execute();
      }),

    async deleteLeavers(before, protectedThere = []) {
      await emptyWrittenSince(database, clock());
      const dialect = database.dialect === "sqlite" ? sqliteFilter : postgresFilter;
      const isProtected = protectedThere.map(
        ({ sourceId, filter }) =>
          sql<boolean>`(resource.source_id = ${sourceId} and (${filterCondition(filter, dialect)}) is true)`,
      );
      const mayGo = sql<boolean>`not (${isProtected.length === 0 ? sql`1 = 0` : sql.join(isProtected, sql` or `)})`;
      return database.write(async (trx) => {
        const isDue = await trx
          .selectFrom("resource")
          .select("id")
          .where("type", "=", "User")
          .where("deleted_at", "is", null)
          .where("departed_at", "<=", before)
          .where(mayGo)
          .limit(1)
          .execute();
        if (isDue.length === 0) return 0;
        const at = await takeDirectoryTime(database, trx, clock());
        // One statement: who comes back at this moment is either emptied before, and mapped anew, or not at all.
        const emptied = await trx
          .updateTable("resource")
          .set({ ...emptiedColumns, deleted_at: clock(), last_modified_at: at })
          .set((eb) => ({ version: eb("version", "+", 1) }))
          .where("type", "=", "User")
          .where("deleted_at", "is", null)
          .where("departed_at", "<=", before)
          .where(mayGo)
          .returning("id")
          .execute();
        const ids = emptied.map((row) => row.id);
        if (ids.length === 0) return 0;
        await emptyLinks(database, trx, ids);
        // Who was put into a group while he was leaving.
        await leaveGroups(database, trx, ids, at);
        return ids.length;
      });
    },
  };
}

interface Batch {
  readonly taskId: string;
  readonly sourceId: string;
  readonly limit: number;
  readonly now: number;
}

interface State {
  readonly row: Pick<Selectable<Tables["change"]>, (typeof appliedColumns)[number]>;
  readonly columns: DocumentColumns;
  readonly extra: AppliedState;
}

const appliedColumns = ["seq", "resource_id", "resource_type", "base_version", "after", "apply"] as const;

async function applyBatch(
  database: Database,
  trx: Transaction<Tables>,
  { taskId, sourceId, limit, now }: Batch,
): Promise<number> {
  await lockTask(database, trx, taskId);
  const found = await trx
    .selectFrom("change")
    .select(appliedColumns)
    .where("task_id", "=", taskId)
    .where("target_id", "is", null)
    .where("status", "=", sql.lit("planned" as const))
    .where("after", "is not", null)
    .orderBy("seq")
    .limit(limit)
    .execute();
  const states = untilRepeated(found).map((row): State => {
    const text = row.after ?? "{}";
    const columns = documentColumns(JSON.parse(text) as JsonObject, text);
    return { row, columns, extra: JSON.parse(row.apply ?? "{}") as AppliedState };
  });
  if (states.length === 0) return 0;
  const at = await takeDirectoryTime(database, trx, now);
  const refused = await refuseTakenNames(database, trx, states);
  const accepted = states.filter(({ row }) => !refused.has(row.seq));
  await database.upsert(trx, {
    table: "resource",
    rows: accepted.map((state) => resourceRow(state, sourceId, { at, now })),
    conflict: ["id"],
    update: resourceColumns,
  });
  await forgetGone(database, trx, { taskId, sourceId }, accepted);
  const gone = accepted.filter(({ extra }) => extra.departed).map(({ row }) => row.resource_id);
  await leaveUnplanned(database, trx, taskId, gone, at);
  const kept = accepted.flatMap(({ row, extra }) =>
    extra.kept === undefined ? [] : [{ resourceId: row.resource_id, basis: extra.kept }],
  );
  await keepResources(database, trx, { taskId, sourceId, now }, kept);
  const seqs = accepted.map(({ row }) => row.seq);
  await trx.updateTable("change").set({ status: "applied" }).where(database.isOneOf("seq", seqs)).execute();
  return states.length;
}

/** A second change of the same resource waits for the next batch: one statement writes a row once. */
function untilRepeated<T extends { readonly resource_id: string }>(rows: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  const end = rows.findIndex((row) => seen.size === seen.add(row.resource_id).size);
  return end === -1 ? rows : rows.slice(0, end);
}

/** @param at the directory's time, which orders changes; `now` is what the clock says */
function resourceRow({ row, columns, extra }: State, sourceId: string, { at, now }: { at: number; now: number }) {
  return {
    ...columns,
    id: row.resource_id,
    source_id: sourceId,
    type: row.resource_type,
    kind: extra.kind,
    key: extra.key,
    version: row.base_version + 1,
    members_version: 0,
    fingerprint: extra.fingerprint,
    mapping_version: extra.mappingVersion,
    manager_key: extra.managerKey,
    created_at: at,
    last_modified_at: at,
    departed_at: extra.departed && row.resource_type === "User" ? now : null,
    deleted_at: extra.departed && row.resource_type === "Group" ? now : null,
  };
}

const resourceColumns = [
  "version",
  "fingerprint",
  "mapping_version",
  "manager_key",
  "last_modified_at",
  "departed_at",
  "deleted_at",
  "external_id",
  "user_name",
  "user_name_folded",
  "display_name",
  "display_name_folded",
  "active",
  "manager_id",
  "document",
  "folded",
];

/** Of what is gone the source's record goes too (unless only the mapping lets go of it), and a group's members. */
async function forgetGone(
  { isOneOf }: Database,
  trx: Transaction<Tables>,
  { taskId, sourceId }: Pick<Batch, "taskId" | "sourceId">,
  accepted: readonly State[],
): Promise<void> {
  const gone = accepted.filter(({ extra }) => extra.departed);
  for (const kind of ["user", "department", "tag"] as const) {
    const keys = gone
      .filter(({ extra }) => extra.kind === kind && extra.keepsRecord !== true)
      .map(({ extra }) => extra.key);
    if (keys.length === 0) continue;
    await trx
      .deleteFrom("source_record")
      .where("source_id", "=", sourceId)
      .where("kind", "=", kind)
      .where(isOneOf("key", keys))
      .execute();
  }
  const idsOf = (states: readonly State[]) => states.map(({ row }) => row.resource_id);
  const groups = gone.filter(({ row }) => row.resource_type === "Group");
  await noteLost(
    isOneOf,
    trx,
    groups.map(({ row }) => row.seq),
  );
  // Whose record says the same as before would not be looked at when the group is there again: the mapping made none of it
  // for a while, or a person let it go and kept those who were in it. Who carries a tag is in its own record, which went.
  const named = groups.filter(({ extra }) => extra.kind === "department" || extra.keepsRecord === true);
  if (named.length > 0) {
    await sql`
      update resource set fingerprint = null where id in (
        select m.member_id from member m
        where ${isOneOf("m.group_id", idsOf(named))} and not ${isTakenOut(taskId)})`.execute(trx);
  }
  if (groups.length > 0) {
    await trx
      .deleteFrom("member")
      .where(isOneOf("group_id", idsOf(groups)))
      .execute();
  }
}

/**
 * Whether the task that deletes a group takes a member `m` out of it by himself: his record says why. Whom an undo takes out
 * it keeps, by what he was made from. Who is to leave altogether may yet stay, where the task is cancelled.
 */
function isTakenOut(taskId: string): RawBuilder<boolean> {
  return sql`exists (
    select 1 from change p join change_member pm on pm.change_seq = p.seq and pm.op = 'remove' and pm.member_id = m.member_id
    where p.resource_id = m.group_id and p.task_id = ${taskId} and p.target_id is null
      and p.leavers = 0 and p.status in ('planned', 'applied'))`;
}

/** Who is in a group when it is deleted is written down: an undo brings them back to it. */
async function noteLost(
  isOneOf: Database["isOneOf"],
  trx: Transaction<Tables>,
  changeSeqs: readonly number[],
): Promise<void> {
  if (changeSeqs.length === 0) return;
  await sql`
    insert into lost_member (change_seq, member_id, member_type)
    select c.seq, m.member_id, m.member_type from change c join member m on m.group_id = c.resource_id
    where ${isOneOf("c.seq", changeSeqs)} on conflict do nothing`.execute(trx);
  await sql`
    update change set lost_count = (select count(*) from lost_member l where l.change_seq = change.seq)
    where ${isOneOf("seq", changeSeqs)}`.execute(trx);
}

/** Marks as failed those whose userName another resource has already: in the directory, or earlier in this batch. */
async function refuseTakenNames(
  { isOneOf }: Database,
  trx: Transaction<Tables>,
  states: readonly { readonly row: { seq: number; resource_id: string }; readonly columns: DocumentColumns }[],
): Promise<ReadonlySet<number>> {
  const names = states.flatMap(({ columns }) => (columns.user_name_folded === null ? [] : [columns.user_name_folded]));
  if (names.length === 0) return new Set();
  const rows = await trx
    .selectFrom("resource")
    .leftJoin("source", "source.id", "resource.source_id")
    .leftJoin("ended_source", "ended_source.id", "resource.source_id")
    .select(["resource.id", "user_name_folded", "source.name", "settings", "waits_for"])
    .select("ended_source.name as former")
    .where("deleted_at", "is", null)
    .where(isOneOf("user_name_folded", names))
    .execute();
  const holders = new Map(
    rows.map((row) => [row.user_name_folded, { id: row.id, error: nameIsTaken(holdingSource(row)) }]),
  );
  const refused = new Set<number>();
  for (const { row, columns } of states) {
    if (columns.user_name_folded === null) continue;
    const holder = holders.get(columns.user_name_folded);
    if (holder === undefined) {
      holders.set(columns.user_name_folded, { id: row.resource_id, error: takenWithin });
    } else if (holder.id !== row.resource_id) {
      refused.add(row.seq);
      await trx
        .updateTable("change")
        .set({ status: "failed", error: holder.error })
        .where("seq", "=", row.seq)
        .execute();
    }
  }
  return refused;
}

const takenWithin =
  "its userName is already used by another person of this source; give one of the two sources a namespace, or map userName differently";
