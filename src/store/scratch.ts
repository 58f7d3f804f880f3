import { type Selectable, sql } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import type { Database, Row } from "./database.ts";
import type { Lease } from "./engine.ts";
import { keptBody } from "./kept-body.ts";
import { leasedWrite } from "./leases.ts";
import { differ, digestPlan, fingerprints, keptOrder, orderScratch, type PlanOrder, rowsOf } from "./plan-order.ts";
import type { PlanScope, Scratch, ScratchStore } from "./plan-store.ts";
import { copyForPlan } from "./scratch-copy.ts";
import { openSqlite } from "./sqlite/open.ts";
import type { Tables } from "./tables.ts";

export interface ScratchParts {
  /** Where the copy is made from, and plans are kept. */
  readonly database: Database;
  readonly makeStore: (database: Database) => ScratchStore;
  readonly clock: () => number;
}

/** Longer than any plan takes, in milliseconds: nobody else knows of the copy. */
const foreverMs = 366 * 86_400_000;

/** Opens a copy to plan in. SQLite also where the store is PostgreSQL: the statements are the same, and it is one file. */
export async function openScratch(parts: ScratchParts, scope: PlanScope): Promise<Scratch> {
  const copy = await openSqlite("");
  try {
    await copyForPlan(parts.database, copy, scope, parts.clock());
    await sql`create table scratch_whole (target_id text, resource_type text, remote_id text, body text not null,
      primary key (target_id, resource_type, remote_id)) without rowid`.execute(copy.db);
    const store = parts.makeStore(copy);
    const lease = await store.takeLease("plan", scope.taskId, foreverMs);
    if (lease === null) throw new Error("a copy that nobody else knows is held by somebody");
    return makeScratch(parts, copy, scope, store, lease);
  } catch (error) {
    await copy.close();
    throw error;
  }
}

function makeScratch(
  { database, clock }: ScratchParts,
  copy: Database,
  { taskId }: PlanScope,
  store: ScratchStore,
  lease: Lease,
): Scratch {
  let order: PlanOrder | null = null;
  const ordered = (): PlanOrder => {
    if (order === null) throw new Error("a plan is settled before it is kept or compared");
    return order;
  };
  return {
    store,
    lease,

    async note(targetId, request) {
      const { method, path, body, resourceType, remoteId, exact } = request;
      // A product's own API has other paths, and is sent parts.
      const isWhole = (method === "POST" || method === "PUT") && path.startsWith(`/${resourceType}s`);
      if (isWhole) {
        await sql`insert or replace into scratch_whole (target_id, resource_type, remote_id, body)
          values (${targetId}, ${resourceType}, ${remoteId}, ${body ?? "{}"})`.execute(copy.db);
      }
      const resourceId = request.resourceId ?? (await linkedTo(copy, targetId, remoteId)) ?? "";
      await copy.db
        .insertInto("plan_request")
        .values({
          ...{ task_id: taskId, target_id: targetId, change_seq: null, method, path },
          ...{ resource_type: resourceType, resource_id: resourceId, remote_id: remoteId },
          ...{ body: keptBody(request), exact: exact ? 1 : 0, created_at: clock() },
        })
        .execute();
    },

    async lastWhole(targetId, type, remoteId) {
      const { rows } = await sql<{ body: string }>`select body from scratch_whole
        where target_id = ${targetId} and resource_type = ${type} and remote_id = ${remoteId}`.execute(copy.db);
      const [row] = rows;
      return row === undefined ? null : (JSON.parse(row.body) as JsonObject);
    },

    async settle() {
      await nameOwners(copy, taskId);
      order = await orderScratch(copy, taskId);
      return digestPlan(copy, order);
    },

    async keep(into, isKnown) {
      const write = leasedWrite(database);
      await forgetKept(database, into, taskId);
      const numbers = new Map<number, number>();
      for (let after = 0; ; ) {
        const page = await ordered().change(after);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.n;
        const rows = await rowsOf(copy, "change", page);
        const kept = await write(into, async (trx) => {
          await database.upsert(trx, { table: "change", rows: rows.map((row) => keptChange(row, isKnown)) });
          // What stands in `apply` for so long says which is which.
          return trx
            .selectFrom("change")
            .select(["seq", "apply"])
            .where("task_id", "=", taskId)
            .where(
              database.isOneOf(
                "apply",
                rows.map(({ seq }) => String(seq)),
              ),
            )
            .execute();
        });
        for (const { seq, apply } of kept) numbers.set(Number(apply), Number(seq));
        for (const { seq, added_count, removed_count } of rows) {
          if (added_count + removed_count > 0) await keepMembers(seq, numbers.get(seq) ?? 0, into);
        }
      }
      await write(into, (trx) =>
        trx.updateTable("change").set({ apply: null }).where("task_id", "=", taskId).execute(),
      );
      for (let after = 0; ; ) {
        const page = await ordered().plan_request(after);
        const last = page.at(-1);
        if (last === undefined) return;
        after = last.n;
        const rows = (await rowsOf(copy, "plan_request", page)).map(({ seq: _, ...row }) => ({
          ...row,
          change_seq: row.change_seq === null ? null : (numbers.get(row.change_seq) ?? null),
        }));
        await write(into, (trx) => database.upsert(trx, { table: "plan_request", rows }));
      }
    },

    compare: (planTaskId) =>
      differ(fingerprints(database, keptOrder(database, planTaskId)), fingerprints(copy, ordered())),

    close: () => copy.close(),
  };

  async function keepMembers(from: number, to: number, into: Lease): Promise<void> {
    for (let after: readonly [string, string] = ["", ""]; ; ) {
      const { rows }: { rows: Row[] } = await sql<Row>`
        select ${to} as change_seq, op, member_id, member_type from change_member
        where change_seq = ${from} and (op, member_id) > (${after[0]}, ${after[1]})
        order by op, member_id limit 5000`.execute(copy.db);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = [String(last["op"]), String(last["member_id"])];
      await leasedWrite(database)(into, (trx) => database.upsert(trx, { table: "change_member", rows }));
    }
  }
}

/** What was kept of a plan, or planned for it: a plan is kept as a whole, also by whoever takes a task up again. */
async function forgetKept(database: Database, lease: Lease, taskId: string): Promise<void> {
  await leasedWrite(database)(lease, async (trx) => {
    const changes = trx.selectFrom("change").select("seq").where("task_id", "=", taskId);
    await trx.deleteFrom("change_member").where("change_seq", "in", changes).execute();
    await trx.deleteFrom("change").where("task_id", "=", taskId).execute();
    await trx.deleteFrom("plan_request").where("task_id", "=", taskId).execute();
  });
}

/** A change as it was done in the copy, as a change that is only planned. */
function keptChange({ seq, ...row }: Selectable<Tables["change"]>, isKnown: (remoteId: string) => boolean): Row {
  return {
    ...row,
    status: row.status === "applied" ? "planned" : row.status,
    apply: String(seq),
    approved: 0,
    members_applied: 1,
    remote_id: row.remote_id !== null && isKnown(row.remote_id) ? row.remote_id : null,
    lost_count: null,
  };
}

async function linkedTo({ db }: Database, targetId: string, remoteId: string): Promise<string | null> {
  const row = await db
    .selectFrom("link")
    .select("resource_id")
    .where("target_id", "=", targetId)
    .where("remote_id", "=", remoteId)
    .executeTakeFirst();
  return row?.resource_id ?? null;
}

/** Whose each request is, and to which record it belongs: what was adopted is linked by now. */
async function nameOwners({ db }: Database, taskId: string): Promise<void> {
  await sql`
    update plan_request set resource_id = coalesce((
      select l.resource_id from link l
      where l.target_id = plan_request.target_id and l.remote_id = plan_request.remote_id), '')
    where task_id = ${taskId} and resource_id = ''`.execute(db);
  await sql`
    update plan_request set change_seq = (
      select c.seq from change c
      where c.resource_id = plan_request.resource_id and c.task_id = ${taskId} and c.target_id = plan_request.target_id
      order by case when c.status = 'applied' then 0 else 1 end,
        case when (c.action = 'create') = (plan_request.method = 'POST') then 0 else 1 end,
        case when (c.action = 'delete') = (plan_request.method = 'DELETE') then 0 else 1 end, c.seq
      limit 1)
    where task_id = ${taskId}`.execute(db);
}
