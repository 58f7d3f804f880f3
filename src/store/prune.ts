import { sql } from "kysely";
import { batchesOf } from "../lib/batches.ts";
import { wait } from "../lib/wait.ts";
import type { Database } from "./database.ts";
import type { EngineTaskStore } from "./engine.ts";
import { widestWindowMs } from "./widest-window.ts";

/**
 * Rows that go in one transaction: so few that whoever wants to write meanwhile waits for some tens of milliseconds, and not
 * for ten million records.
 */
const batch = 500;
/** Between two of them others have their turn. */
const pauseMs = 10;
const dayMs = 86_400_000;

/** Deletes records whose time is over. */
export function makePruning(database: Database, clock: () => number): Pick<EngineTaskStore, "pruneRecords"> {
  const { db, dialect, isOneOf } = database;

  // What still waits, for approval or for its turn, is no record yet; what a plan showed is one.
  const isRecord = sql<boolean>`(status not in ('held', 'planned') or (approved = 0 and not exists (
    select 1 from sync_task t where t.id = change.task_id and t.state in ('queued', 'running', 'held'))))`;

  return {
    async pruneRecords(before, signal) {
      // What was removed counts for the safeguards as long as their windows last.
      const counting = clock() - (await widestWindowMs(database));
      await pruneChanges(before, counting, signal);
      const isOver = sql<boolean>`not exists (
        select 1 from change c where c.task_id = sync_task.id and c.created_at >= ${counting}
          and c.resource_type = 'Group' and c.removed_count > 0)`;
      const ended = sql<boolean>`state not in ('queued', 'running', 'held')`;
      await pruneTable("sync_task", "id", sql<boolean>`finished_at < ${before} and ${ended} and ${isOver}`, signal);
      await db
        .deleteFrom("ended_source")
        .where("ended_at", "<", before)
        .where(sql<boolean>`not exists (select 1 from source s where s.id = ended_source.id)
          and not exists (select 1 from sync_task t where t.source_id = ended_source.id)`)
        .execute();
      const row = dialect === "sqlite" ? "rowid" : "ctid";
      await pruneTable("removal", row, sql<boolean>`at < ${Math.min(before, counting)}`, signal);
      await pruneTable("plan_request", "seq", sql<boolean>`created_at < ${before}`, signal);
      await pruneTable("directory_record", "seq", sql<boolean>`at < ${before}`, signal);
      await pruneTable("audit_record", "seq", sql<boolean>`at < ${Math.min(before, await decidedSince())}`, signal);
      const isAnswered = sql<boolean>`state <> 'open' and done = 1`;
      await pruneTable("identity_case", "id", sql<boolean>`asked_at < ${before} and ${isAnswered}`, signal);
      const isSettled = sql<boolean>`state <> 'pending'`;
      await pruneTable("webhook_delivery", "id", sql<boolean>`created_at < ${before} and ${isSettled}`, signal);
    },
  };

  /** What was done since then may say who must not approve what still waits, by `separateApprover`. */
  async function decidedSince(): Promise<number> {
    const oldest = await db
      .selectFrom("sync_task")
      .select((at) => at.fn.min("created_at").as("at"))
      .where("state", "in", ["queued", "running", "held"])
      .executeTakeFirst();
    return oldest?.at == null ? Number.POSITIVE_INFINITY : Number(oldest.at) - dayMs;
  }

  async function pruneChanges(before: number, counting: number, signal: AbortSignal | undefined): Promise<void> {
    const counts = sql<boolean>`(created_at >= ${counting} and resource_type = 'Group' and removed_count > 0)`;
    for (let [at, last] = [-1, 0]; ; ) {
      const rows = await db
        .selectFrom("change")
        .select(["seq", "created_at", "added_count", "removed_count", "lost_count"])
        .where("created_at", "<", before)
        .where(sql<boolean>`(created_at, seq) > (${at}, ${last})`)
        .where(isRecord)
        .where((where) => where.not(counts))
        .orderBy("created_at")
        .orderBy("seq")
        .limit(batch)
        .execute();
      const end = rows.at(-1);
      if (end === undefined) return;
      [at, last] = [end.created_at, end.seq];
      for (const row of rows) {
        if (row.added_count + row.removed_count > batch) await pruneMembers(row.seq, signal);
        if ((row.lost_count ?? 0) > batch) await pruneLost(row.seq, signal);
      }
      // The others have few members each, and together still many.
      const seqs = rows.map(({ seq }) => seq);
      for (const some of batchesOf(seqs, batch / 10)) {
        await database.write(async (trx) => {
          await trx.deleteFrom("change_member").where(isOneOf("change_seq", some)).execute();
          await trx.deleteFrom("lost_member").where(isOneOf("change_seq", some)).execute();
          await trx.deleteFrom("change").where(isOneOf("seq", some)).where(isRecord).execute();
        });
        await wait(pauseMs, signal);
      }
    }
  }

  /** Members of one group's record: there may be 200,000. */
  function pruneMembers(seq: number, signal: AbortSignal | undefined): Promise<void> {
    return repeat(signal, async () => {
      const { rows } = await database.write((trx) =>
        sql`delete from change_member where change_seq = ${seq} and (op, member_id) in (
          select op, member_id from change_member where change_seq = ${seq} limit ${batch}) returning 1`.execute(trx),
      );
      return rows.length;
    });
  }

  /** The same of a group that was deleted. */
  function pruneLost(seq: number, signal: AbortSignal | undefined): Promise<void> {
    return repeat(signal, async () => {
      const { rows } = await database.write((trx) =>
        sql`delete from lost_member where change_seq = ${seq} and member_id in (
          select member_id from lost_member where change_seq = ${seq} limit ${batch}) returning 1`.execute(trx),
      );
      return rows.length;
    });
  }

  function pruneTable(
    table:
      | "sync_task"
      | "removal"
      | "plan_request"
      | "directory_record"
      | "audit_record"
      | "webhook_delivery"
      | "identity_case",
    key: string,
    isOld: ReturnType<typeof sql<boolean>>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const [name, id] = [sql.table(table), sql.ref(key)];
    return repeat(signal, async () => {
      const { rows } = await database.write((trx) =>
        sql`delete from ${name} where ${id} in (select ${id} from ${name} where ${isOld} limit ${batch})
          returning 1`.execute(trx),
      );
      return rows.length;
    });
  }

  async function repeat(signal: AbortSignal | undefined, some: () => Promise<number>): Promise<void> {
    while ((await some()) === batch) await wait(pauseMs, signal);
  }
}
