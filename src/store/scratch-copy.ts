import { type RawBuilder, sql } from "kysely";
import type { Database, Row } from "./database.ts";
import type { PlanScope } from "./plan-store.ts";
import type { Tables } from "./tables.ts";
import { widestWindowMs } from "./widest-window.ts";

/** What of one table is copied, a page at a time in the order of its key. */
interface Copied {
  readonly table: keyof Tables;
  readonly key: readonly string[];
  readonly where: RawBuilder<boolean>;
}

const pageSize = 1000;
const all = sql<boolean>`1 = 1`;

/**
 * Copies what a sync looks at beyond its source: the directory whole, what the targets in question hold, the changes of the
 * task itself, and of what was decided before. Not one moment's state: what others write meanwhile may be in it or not. A
 * plan that this makes is compared before it is applied, like any other.
 */
export async function copyForPlan(
  from: Database,
  to: Database,
  { taskId, targetIds }: PlanScope,
  now: number,
): Promise<void> {
  const { isOneOf } = from;
  const ofTargets = isOneOf("target_id", targetIds);
  // Whoever is removed with leave, or known otherwise by a judged mapping, is told by all changes of his.
  // Whom tasks took out of groups lately counts for the safeguards.
  const since = now - (await widestWindowMs(from));
  const isLoss = sql<boolean>`(resource_type = 'Group' and status = 'applied' and removed_count > 0
    and created_at > ${since})`;
  const isMeant = sql<boolean>`(task_id = ${taskId} or ((${isLoss} or resource_id in (
    select resource_id from change where (approved = 1 or changes_identity = 1))) and (target_id is null or ${ofTargets})))`;
  const copied: readonly Copied[] = [
    { table: "source", key: ["id"], where: all },
    { table: "target", key: ["id"], where: isOneOf("id", targetIds) },
    { table: "sync_task", key: ["id"], where: sql<boolean>`id = ${taskId}` },
    { table: "resource", key: ["id"], where: all },
    { table: "member", key: ["group_id", "member_id"], where: all },
    { table: "link", key: ["target_id", "resource_id"], where: ofTargets },
    { table: "pause", key: ["resource_id", "target_id"], where: all },
    { table: "target_source", key: ["target_id", "source_id"], where: ofTargets },
    { table: "link_member", key: ["target_id", "group_id", "member_id"], where: ofTargets },
    {
      table: "remote_match",
      key: ["target_id", "resource_type", "attribute", "value", "remote_id"],
      where: ofTargets,
    },
    { table: "change", key: ["seq"], where: isMeant },
    {
      table: "change_member",
      key: ["change_seq", "op", "member_id"],
      where: sql<boolean>`change_seq in (select seq from change where ${isMeant})`,
    },
    // Last, because writing the others makes it count on.
    { table: "directory_clock", key: ["id"], where: all },
  ];
  for (const one of copied) await copyTable(from, to, one);
  await copyRemovals(from, to);
}

async function copyTable(from: Database, to: Database, { table, key, where }: Copied): Promise<void> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  for (let last: readonly unknown[] | null = null; ; ) {
    const beyond: RawBuilder<boolean> = last === null ? all : sql<boolean>`(${columns}) > (${sql.join(last)})`;
    const { rows }: { rows: Row[] } = await sql<Row>`
      select * from ${sql.table(table)} where ${where} and ${beyond} order by ${columns} limit ${pageSize}`.execute(
      from.db,
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    last = key.map((column) => end[column]);
    await to.write((trx) => to.upsert(trx, { table, rows, conflict: key, update: Object.keys(end) }));
    // Leases are renewed and others have their turn between two pages.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Removals of late have no key, and there are few: one row for a task and a type. */
async function copyRemovals(from: Database, to: Database): Promise<void> {
  const rows = await from.db.selectFrom("removal").selectAll().execute();
  if (rows.length > 0)
    await to.write((trx) => to.upsert(trx, { table: "removal", rows: rows.map((row) => ({ ...row })) }));
}
