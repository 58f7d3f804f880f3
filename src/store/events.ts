import { sql, type Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import type { JsonObject } from "../lib/json.ts";
import { uuidv7 } from "../lib/uuid.ts";
import type { Database } from "./database.ts";
import type { EventStore, RaisedEvent } from "./store.ts";
import type { Tables } from "./tables.ts";
import { toWebhook } from "./webhook-row.ts";

/**
 * Writes events down for every webhook that wants them, in the transaction of what they tell of: either both are there after
 * a crash, or neither.
 */
export async function writeEvents(
  database: Database,
  trx: Transaction<Tables>,
  events: readonly RaisedEvent[],
  now: number,
): Promise<void> {
  if (events.length === 0) return;
  const webhooks = await trx.selectFrom("webhook").select(["id", "events"]).where("status", "=", "enabled").execute();
  const rows = webhooks.flatMap(({ id, events: wanted }) => {
    const types = JSON.parse(wanted) as readonly string[];
    return events.filter(({ type }) => types.includes(type)).map((event) => deliveryRow(id, event, now, now));
  });
  if (rows.length > 0) await database.upsert(trx, { table: "webhook_delivery", rows });
}

/** A delivery that is due at a time. The payload has the form of the specification: type, timestamp, data. */
export function deliveryRow(
  webhookId: string,
  { type, data }: { readonly type: string; readonly data: JsonObject },
  now: number,
  dueAt: number,
) {
  return {
    id: `msg_${uuidv7(now)}`,
    webhook_id: webhookId,
    event: type,
    payload: JSON.stringify({ type, timestamp: new Date(now).toISOString(), data }),
    state: "pending",
    attempts: 0,
    next_try_at: dueAt,
    last_status: null,
    last_error: null,
    created_at: now,
    delivered_at: null,
  } as const;
}

export function makeEventStore(database: Database, cipher: Cipher, clock: () => number): EventStore {
  const { db, isOneOf } = database;
  return {
    raiseEvents: (events) => database.write((trx) => writeEvents(database, trx, events, clock())),

    async openAlerts() {
      const rows = await db.selectFrom("alert").selectAll().execute();
      return new Map(rows.map(({ name, since }) => [name, since]));
    },

    openAlert: (name, event) =>
      database.write(async (trx) => {
        const opened = await trx
          .insertInto("alert")
          .values({ name, since: clock() })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .executeTakeFirst();
        if (!opened.numInsertedOrUpdatedRows) return false;
        await writeEvents(database, trx, [event], clock());
        return true;
      }),

    closeAlert: (name, event) =>
      database.write(async (trx) => {
        const closed = await trx.deleteFrom("alert").where("name", "=", name).executeTakeFirst();
        if (closed.numDeletedRows === 0n) return false;
        if (event !== null) await writeEvents(database, trx, [event], clock());
        return true;
      }),

    async dueDeliveries(now, limit, notTo) {
      const due = await db
        .selectFrom("webhook_delivery")
        .select(["id", "webhook_id", "event", "payload", "attempts", "next_try_at", "created_at"])
        .where("state", "=", sql.lit("pending" as const))
        .where("next_try_at", "<=", now)
        .where((where) => where.not(isOneOf("webhook_id", notTo)))
        .orderBy("next_try_at")
        .limit(limit)
        .execute();
      if (due.length === 0) return [];
      const webhooks = await db.selectFrom("webhook").selectAll().where("status", "=", "enabled").execute();
      const known = new Map(webhooks.map((row) => [row.id, toWebhook(row, cipher)]));
      return due.flatMap(({ webhook_id, next_try_at, created_at, ...row }) => {
        const webhook = known.get(webhook_id);
        if (webhook === undefined) return [];
        const event = row.event as "webhook.test";
        return [{ ...row, event, webhook, nextTryAt: next_try_at ?? 0, createdAt: created_at }];
      });
    },

    async claimDelivery({ id, nextTryAt }, until) {
      const claimed = await db
        .updateTable("webhook_delivery")
        .set({ next_try_at: until })
        .where("id", "=", id)
        .where("state", "=", "pending")
        .where("next_try_at", "=", nextTryAt)
        .executeTakeFirst();
      return claimed.numUpdatedRows > 0n;
    },

    async countPendingDeliveries() {
      const row = await db
        .selectFrom("webhook_delivery")
        .select(sql<number>`count(*)`.as("count"))
        .where("state", "=", sql.lit("pending" as const))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
  };
}
