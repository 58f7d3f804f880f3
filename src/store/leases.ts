import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { type Lease, LeaseLostError, type LeaseStore } from "./engine.ts";
import type { Tables } from "./tables.ts";

/** Leases: one conditional write with an expiry and a number that grows with each holder. */
export function makeLeaseStore({ db }: Database, clock: () => number): LeaseStore {
  return {
    async takeLease(name, holder, durationMs) {
      const now = clock();
      const taken = await sql<{ fencing: number }>`
        insert into lease (name, holder, fencing, expires_at) values (${name}, ${holder}, 1, ${now + durationMs})
        on conflict (name) do update set
          holder = excluded.holder, fencing = lease.fencing + 1, expires_at = excluded.expires_at
        where lease.expires_at <= ${now}
        returning fencing`.execute(db);
      const fencing = taken.rows[0]?.fencing;
      return fencing === undefined ? null : { name, holder, fencing };
    },
    async renewLease(lease, durationMs) {
      const renewed = await db
        .updateTable("lease")
        .set({ expires_at: clock() + durationMs })
        .where("name", "=", lease.name)
        .where("holder", "=", lease.holder)
        .where("fencing", "=", lease.fencing)
        .executeTakeFirst();
      if (renewed.numUpdatedRows > 0n) return;
      const row = await db.selectFrom("lease").selectAll().where("name", "=", lease.name).executeTakeFirst();
      const isAskedBack = row?.holder === lease.holder + askedBack && row.fencing === lease.fencing;
      throw new LeaseLostError(lease.name, { isAskedBack });
    },
    async releaseLease(lease) {
      // Expired, not deleted: the fencing number must go on growing.
      await db
        .updateTable("lease")
        .set({ expires_at: 0 })
        .where("name", "=", lease.name)
        .where("holder", "in", [lease.holder, lease.holder + askedBack])
        .where("fencing", "=", lease.fencing)
        .execute();
    },
  };
}

/** Behind the name of a holder: he is to give the lease back. */
const askedBack = " (asked back)";

/**
 * Proves inside a write transaction that the lease is still ours. A holder that was stopped for longer than its
 * lease finds a higher number here and writes nothing.
 */
export async function assertLease(dialect: Database["dialect"], trx: Transaction<Tables>, lease: Lease): Promise<void> {
  const lock = dialect === "postgres" ? sql`for share` : sql``;
  const found = await sql<{ fencing: number }>`
    select fencing from lease where name = ${lease.name} and holder in (${lease.holder}, ${lease.holder + askedBack})
      and fencing = ${lease.fencing} ${lock}`.execute(trx);
  if (found.rows.length === 0) throw new LeaseLostError(lease.name);
}

/**
 * Asks whoever holds a lease to give it back: he hears of it before the next request, begins nothing more, writes down what
 * came of what he had begun, and lets go of it. Until then, or until it has expired, nobody else gets it.
 */
export async function askLeaseBack(trx: Transaction<Tables>, name: string): Promise<void> {
  await trx
    .updateTable("lease")
    .set({ holder: sql`holder || ${askedBack}` })
    .where("name", "=", name)
    .where("holder", "not like", `%${askedBack}`)
    .execute();
}

/** Takes a lease from whoever holds it: what he goes on with is about something that is no more. */
export async function revokeLease(trx: Transaction<Tables>, name: string): Promise<void> {
  await trx
    .updateTable("lease")
    .set((eb) => ({ fencing: eb("fencing", "+", 1), expires_at: 0 }))
    .where("name", "=", name)
    .execute();
}

/** A write transaction that proves the lease first. */
export function leasedWrite({ dialect, write }: Database) {
  return <T>(lease: Lease, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    write(async (trx) => {
      await assertLease(dialect, trx, lease);
      return work(trx);
    });
}
