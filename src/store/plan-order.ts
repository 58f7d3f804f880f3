import { createHash, type Hash, hash } from "node:crypto";
import { type Selectable, sql } from "kysely";
import type { Database } from "./database.ts";
import type { PlanDifference, PlanNumbers } from "./plan-store.ts";
import type { Tables } from "./tables.ts";

// What a plan comes to, as a sequence that is the same whenever the plan is: changes, then requests, each by target, users
// before groups, by resource, and of one resource in the order in which they were found. What is kept is numbered in this
// order; in a scratch it has a table of its own.

const pageSize = 500;

/** Where the numbers of a plan's changes and requests are, in their order. */
export interface PlanOrder {
  change(after: number): Promise<readonly { readonly n: number; readonly seq: number }[]>;
  plan_request(after: number): Promise<readonly { readonly n: number; readonly seq: number }[]>;
}

/** The order of a plan that was kept: its numbers. */
export function keptOrder({ db }: Pick<Database, "db">, taskId: string): PlanOrder {
  const pageOf = (table: "change" | "plan_request") => async (after: number) => {
    const { rows } = await sql<{ seq: number }>`
      select seq from ${sql.table(table)} where task_id = ${taskId} and seq > ${after} order by seq limit ${pageSize}`.execute(
      db,
    );
    return rows.map(({ seq }) => ({ n: seq, seq }));
  };
  return { change: pageOf("change"), plan_request: pageOf("plan_request") };
}

/** Numbers what a scratch found. SQLite alone: there is no other scratch. */
export async function orderScratch({ db }: Pick<Database, "db">, taskId: string): Promise<PlanOrder> {
  for (const table of ["change", "plan_request"] as const) {
    const ordered = sql.table(`ordered_${table}`);
    await sql`drop table if exists ${ordered}`.execute(db);
    await sql`create table ${ordered} (n integer primary key autoincrement, seq integer not null)`.execute(db);
    await sql`
      insert into ${ordered} (seq)
      select seq from ${sql.table(table)} where task_id = ${taskId}
      order by coalesce(target_id, ''), resource_type desc, resource_id, seq`.execute(db);
  }
  const pageOf = (table: "change" | "plan_request") => async (after: number) => {
    const { rows } = await sql<{ n: number; seq: number }>`
      select n, seq from ${sql.table(`ordered_${table}`)} where n > ${after} order by n limit ${pageSize}`.execute(db);
    return rows;
  };
  return { change: pageOf("change"), plan_request: pageOf("plan_request") };
}

/** One change or request of a plan, hashed. `target` null: our own directory. */
interface Fingerprint {
  readonly kind: "change" | "request";
  readonly target: string | null;
  readonly hash: string;
  /** Nothing would be done: it fails, or is skipped. */
  readonly isVain: boolean;
}

/** Sums a plan up. */
export async function digestPlan(database: Database, order: PlanOrder): Promise<PlanNumbers> {
  const digest = createHash("sha256");
  const counts = { change: 0, request: 0 };
  for await (const { kind, isVain, hash: each } of fingerprints(database, order)) {
    digest.update(`${kind} ${each}\n`);
    if (!isVain) counts[kind] += 1;
  }
  return { digest: digest.digest("hex"), changes: counts.change, requests: counts.request };
}

/** What only one of two plans has. */
export async function differ(
  first: AsyncIterable<Fingerprint>,
  second: AsyncIterable<Fingerprint>,
): Promise<PlanDifference> {
  const open = new Map<string, number>();
  for await (const each of first) open.set(keyOf(each), (open.get(keyOf(each)) ?? 0) + 1);
  for await (const each of second) open.set(keyOf(each), (open.get(keyOf(each)) ?? 0) - 1);
  let directory = 0;
  const targets = new Map<string, number>();
  for (const [key, count] of open) {
    if (count === 0) continue;
    const target = key.slice(0, key.indexOf(" "));
    if (target === "") directory += Math.abs(count);
    else targets.set(target, (targets.get(target) ?? 0) + Math.abs(count));
  }
  return { directory, targets };
}

function keyOf({ kind, target, hash: each }: Fingerprint): string {
  return `${target ?? ""} ${kind} ${each}`;
}

const vain: ReadonlySet<string> = new Set(["failed", "skipped"]);

export async function* fingerprints(database: Database, order: PlanOrder): AsyncGenerator<Fingerprint> {
  for (let after = 0; ; ) {
    const page = await order.change(after);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.n;
    const rows = await rowsOf(database, "change", page);
    for (const row of rows) {
      const { target_id: target, resource_type, resource_id, action, before, after: then } = row;
      const status = row.status === "applied" ? "planned" : row.status;
      const text = JSON.stringify([target, resource_type, resource_id, action, status, before, then]);
      const sum = createHash("sha256").update(text);
      if (row.added_count + row.removed_count > 0) await addMembers(database, sum, row.seq);
      yield { kind: "change", target, hash: sum.digest("base64url"), isVain: vain.has(status) };
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let after = 0; ; ) {
    const page = await order.plan_request(after);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.n;
    for (const { target_id: target, method, path, body } of await rowsOf(database, "plan_request", page)) {
      yield {
        kind: "request",
        target,
        hash: hash("sha256", JSON.stringify([target, method, path, body]), "base64url"),
        isVain: false,
      };
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** These rows, in the order of the page. */
export async function rowsOf<T extends "change" | "plan_request">(
  { db, isOneOf }: Pick<Database, "db" | "isOneOf">,
  table: T,
  page: readonly { readonly seq: number }[],
): Promise<readonly Selectable<Tables[T]>[]> {
  const seqs = page.map(({ seq }) => seq);
  const { rows } = await sql<
    Selectable<Tables[T]>
  >`select * from ${sql.table(table)} where ${isOneOf("seq", seqs)}`.execute(db);
  const bySeq = new Map(rows.map((row) => [Number((row as { readonly seq: number }).seq), row]));
  return seqs.flatMap((seq) => bySeq.get(Number(seq)) ?? []);
}

async function addMembers({ db }: Pick<Database, "db">, sum: Hash, changeSeq: number): Promise<void> {
  for (let after: readonly [string, string] = ["", ""]; ; ) {
    const { rows }: { rows: { op: string; member_id: string }[] } = await sql<{ op: string; member_id: string }>`
      select op, member_id from change_member where change_seq = ${changeSeq} and (op, member_id) > (${after[0]}, ${after[1]})
      order by op, member_id limit 5000`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = [last.op, last.member_id];
    for (const { op, member_id } of rows) sum.update(`${op} ${member_id}\n`);
  }
}
