import { sql, type Transaction } from "kysely";
import type { Database, Row } from "./database.ts";
import { countRemovals, identityActions, membershipRow, type PlannedGroup, plannedRow } from "./directory-rows.ts";
import type { DirectoryStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** The plan of a task for our own directory: rows of `change`, which nothing has acted on yet. */
export function makeDirectoryPlan(
  database: Database,
  clock: () => number,
): Pick<
  DirectoryStore,
  | "forgetPlanned"
  | "addChanges"
  | "addMemberChanges"
  | "countMemberChanges"
  | "plannedArrivals"
  | "touchedBy"
  | "plannedRemovals"
  | "countKept"
  | "plannedIdentityChanges"
  | "plannedMemberLosses"
  | "markSame"
> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  return {
    forgetPlanned: (lease, taskId) =>
      write(lease, async (trx) => {
        const planned = trx
          .selectFrom("change")
          .select("seq")
          .where("task_id", "=", taskId)
          // While it plans nothing is skipped but what is protected, and departments that wait for people.
          .where("status", "in", ["planned", "held", "failed", "skipped"]);
        await trx.deleteFrom("change_member").where("change_seq", "in", planned).execute();
        await trx.deleteFrom("change").where("seq", "in", planned).execute();
        await trx.deleteFrom("task_mark").where("task_id", "=", taskId).execute();
      }),

    addChanges: (lease, taskId, changes) =>
      write(lease, async (trx) => {
        const of = { taskId, sourceId: await sourceOfTask(trx, taskId) };
        const rows = changes.map((change) => plannedRow(change, of, clock()));
        await database.upsert(trx, { table: "change", rows });
      }),

    addMemberChanges: (lease, taskId, edges, { leavers, because }) =>
      write(lease, async (trx) => {
        const groupIds = [...new Set(edges.map((edge) => edge.groupId))];
        const seqs = await changesOfGroups(database, trx, taskId, groupIds, leavers);
        const missing = groupIds.filter((id) => !seqs.has(id));
        if (missing.length > 0) {
          const labels = await labelsOf(database, trx, missing, await sourceOfTask(trx, taskId));
          await database.upsert(trx, {
            table: "change",
            rows: labels.map((label) => membershipRow(label, taskId, leavers, because, clock())),
          });
          for (const [id, seq] of await changesOfGroups(database, trx, taskId, missing, leavers)) seqs.set(id, seq);
        }
        const rows: Row[] = [];
        for (const { groupId, op, memberId, memberType } of edges) {
          const seq = seqs.get(groupId);
          if (seq !== undefined) rows.push({ change_seq: seq, op, member_id: memberId, member_type: memberType });
        }
        await database.upsert(trx, { table: "change_member", rows, conflict: ["change_seq", "op", "member_id"] });
        if (leavers) await takeOver(database, trx, taskId, [...new Set(rows.map((row) => String(row["member_id"])))]);
      }),

    countMemberChanges: (lease, taskId) =>
      write(lease, async (trx) => {
        await sql`
          update change set
            added_count = (select count(*) from change_member m where m.change_seq = change.seq and m.op = 'add'),
            removed_count = (select count(*) from change_member m where m.change_seq = change.seq and m.op = 'remove')
          where task_id = ${taskId} and target_id is null and resource_type = 'Group' and members_applied = 0
            and status = 'planned'`.execute(trx);
      }),

    async plannedArrivals(taskId, ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom("change")
        .select("resource_id")
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .where("status", "=", "planned")
        .where("after", "is not", null)
        .where(isOneOf("resource_id", ids))
        .execute();
      return rows.map((row) => row.resource_id);
    },

    async touchedBy(taskId) {
      const changed = await db
        .selectFrom("change")
        .select("resource_id")
        .distinct()
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .execute();
      const ids = changed.map((row) => row.resource_id);
      if (ids.length === 0) return [];
      const groups = await db
        .selectFrom("member")
        .select("group_id")
        .distinct()
        .where(isOneOf("member_id", ids))
        .execute();
      return [...new Set([...ids, ...groups.map((row) => row.group_id)])];
    },

    async plannedRemovals(taskId) {
      const rows = await db
        .selectFrom("change")
        .select(["resource_type", sql<number>`count(*)`.as("count")])
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .where("status", "=", sql.lit("planned" as const))
        .where("action", "in", ["deactivate", "delete"])
        .groupBy("resource_type")
        .execute();
      return countRemovals(rows);
    },

    async countKept(taskId) {
      const rows = await db
        .selectFrom("change")
        .select(["resource_type", sql<number>`count(*)`.as("count")])
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .where("status", "=", "skipped")
        .where("action", "in", ["deactivate", "delete"])
        .groupBy("resource_type")
        .execute();
      return countRemovals(rows);
    },

    async plannedIdentityChanges(taskId) {
      const rows = await db
        .selectFrom("change")
        .select(["resource_type", sql<number>`count(*)`.as("count")])
        .where("task_id", "=", taskId)
        // Not by the index of targets: there the directory has all that ever changed.
        .where(sql<boolean>`coalesce(target_id, '') = ''`)
        .where("status", "=", sql.lit("planned" as const))
        .where("action", "in", identityActions)
        .where("changes_identity", "=", 1)
        .groupBy("resource_type")
        .execute();
      return countRemovals(rows);
    },

    async plannedMemberLosses(taskId, moreThan) {
      const { rows } = await sql<LossRow>`
        select c.seq, c.resource_id, c.display_name, c.added_count as added, c.removed_count as removed,
          (select count(*) from member m where m.group_id = c.resource_id) as total
        from change c
        where c.task_id = ${taskId} and c.target_id is null and c.status = 'planned' and c.leavers = 0
          and c.action = 'update' and c.removed_count > ${moreThan}`.execute(db);
      return rows.map(({ seq, resource_id, display_name, added, removed, total }) => ({
        ...{ changeSeq: seq, groupId: resource_id, displayName: display_name, added, removed },
        total: Number(total),
      }));
    },

    markSame: (lease, taskId, marks, mappingVersion) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "task_mark",
          rows: marks.map(({ id, fingerprint }) => ({
            task_id: taskId,
            resource_id: id,
            fingerprint,
            mapping_version: mappingVersion,
          })),
          conflict: ["task_id", "resource_id"],
          update: ["fingerprint", "mapping_version"],
        }),
      ),
  };
}

/**
 * Who leaves altogether leaves his groups as a leaver: what the source says of his memberships beside it (WeCom takes him out
 * of its tags) is not planned a second time. It would be done, and counted, whatever becomes of his departure.
 */
async function takeOver(
  { isOneOf }: Database,
  trx: Transaction<Tables>,
  taskId: string,
  memberIds: readonly string[],
): Promise<void> {
  const others = sql`task_id = ${taskId} and target_id is null and status = 'planned' and leavers = 0
    and resource_type = 'Group' and action <> 'delete'`;
  await sql`delete from change_member where op = 'remove' and ${isOneOf("member_id", memberIds)}
    and change_seq in (select seq from change where ${others})`.execute(trx);
  await sql`delete from change where ${others} and after is null
    and not exists (select 1 from change_member m where m.change_seq = change.seq)`.execute(trx);
}

interface LossRow {
  readonly seq: number;
  readonly resource_id: string;
  readonly display_name: string | null;
  readonly added: number;
  readonly removed: number;
  readonly total: number;
}

async function changesOfGroups(
  { isOneOf }: Database,
  trx: Transaction<Tables>,
  taskId: string,
  groupIds: readonly string[],
  leavers: boolean,
): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom("change")
    .select(["seq", "resource_id"])
    .where("task_id", "=", taskId)
    .where("target_id", "is", null)
    .where("status", "=", "planned")
    .where("leavers", "=", leavers ? 1 : 0)
    .where("action", "<>", "delete")
    .where(isOneOf("resource_id", groupIds))
    .execute();
  return new Map(rows.map((row) => [row.resource_id, row.seq]));
}

async function sourceOfTask(trx: Transaction<Tables>, taskId: string): Promise<string | null> {
  const task = await trx.selectFrom("sync_task").select("source_id").where("id", "=", taskId).executeTakeFirst();
  return task?.source_id ?? null;
}

async function labelsOf(
  { isOneOf }: Database,
  trx: Transaction<Tables>,
  ids: readonly string[],
  sourceOfTask: string | null,
): Promise<PlannedGroup[]> {
  const rows = await trx
    .selectFrom("resource")
    .select(["id", "source_id", "external_id", "display_name", "version"])
    .where(isOneOf("id", ids))
    .execute();
  const known = new Map(rows.map((row) => [row.id, row]));
  // A group that is not there yet: its own change comes later in the plan.
  return ids.map((id) => {
    const row = known.get(id);
    return {
      id,
      externalId: row?.external_id ?? null,
      displayName: row?.display_name ?? null,
      sourceId: row?.source_id ?? sourceOfTask,
      version: row?.version ?? 0,
    };
  });
}
