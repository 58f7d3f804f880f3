import type { Selectable, Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { uuidv7 } from "../lib/uuid.ts";
import type { Database } from "./database.ts";
import { deliveryRow } from "./events.ts";
import { withName } from "./names.ts";
import type { DeliveryRow, WebhookRow, WebhookSecrets, WebhookStore } from "./store.ts";
import type { Tables } from "./tables.ts";
import { toWebhook } from "./webhook-row.ts";

/** Who wants to hear of what, and what was sent to them. */
export function makeWebhookStore(database: Database, cipher: Cipher, clock: () => number): WebhookStore {
  const { db } = database;
  const seal = (secrets: WebhookSecrets): string => cipher.encrypt(JSON.stringify(secrets));

  const findWebhook = async (idOrName: string): Promise<WebhookRow | null> => {
    const row = await db
      .selectFrom("webhook")
      .selectAll()
      .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
      .executeTakeFirst();
    return row ? toWebhook(row, cipher) : null;
  };

  return {
    async createWebhook({ name, url, events, status, secrets }) {
      const now = clock();
      const row = {
        ...{ id: uuidv7(now), name, url, status, events: JSON.stringify(events), secrets: seal(secrets) },
        ...{ disabled_because: null, created_at: now, updated_at: now },
      };
      await withName(database, "webhook", name, () => db.insertInto("webhook").values(row).execute());
      return toWebhook(row, cipher);
    },

    async listWebhooks() {
      const rows = await db.selectFrom("webhook").selectAll().orderBy("id").execute();
      return rows.map((row) => toWebhook(row, cipher));
    },

    findWebhook,

    async updateWebhook(id, { name, url, events, status, secrets, disabledBecause }) {
      const columns = {
        ...(name !== undefined && { name }),
        ...(url !== undefined && { url }),
        ...(status !== undefined && { status }),
        ...(events !== undefined && { events: JSON.stringify(events) }),
        ...(secrets !== undefined && { secrets: seal(secrets) }),
        ...(disabledBecause !== undefined && { disabled_because: disabledBecause }),
        updated_at: clock(),
      };
      await withName(database, "webhook", name, () =>
        database.write(async (trx) => {
          await trx.updateTable("webhook").set(columns).where("id", "=", id).execute();
          if (status === "disabled") await giveUp(trx, id, "the webhook was disabled");
        }),
      );
      return toWebhook(
        await db.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
        cipher,
      );
    },

    deleteWebhook: (id) =>
      database.write(async (trx) => {
        await trx.deleteFrom("webhook").where("id", "=", id).execute();
        // They go with other old records: there may be many.
        await giveUp(trx, id, "the webhook was deleted");
      }),

    async listDeliveries(webhookId, { state, cursor, limit }) {
      let query = db
        .selectFrom("webhook_delivery")
        .selectAll()
        .where("webhook_id", "=", webhookId)
        .orderBy("id", "desc")
        .limit(limit + 1);
      if (state !== undefined) query = query.where("state", "=", state);
      if (cursor !== undefined) query = query.where("id", "<", cursor);
      const rows = await query.execute();
      const items = rows.slice(0, limit).map(toDelivery);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async addTestDelivery(webhookId) {
      const now = clock();
      const event = { type: "webhook.test", data: { webhook: webhookId } };
      const row = deliveryRow(webhookId, event, now, now);
      // Not pending: should the program stop in between, nobody sends a test by itself.
      await db
        .insertInto("webhook_delivery")
        .values({ ...row, state: "failed", next_try_at: null, last_error: "it was not sent" })
        .execute();
      return { id: row.id, payload: row.payload };
    },

    async noteDelivery(id, { state, attempts, nextTryAt, lastStatus, lastError }) {
      await db
        .updateTable("webhook_delivery")
        .set({
          ...{ state, attempts, next_try_at: nextTryAt, last_status: lastStatus, last_error: lastError },
          delivered_at: state === "delivered" ? clock() : null,
        })
        .where("id", "=", id)
        .execute();
    },

    async readDelivery(id) {
      const row = await db.selectFrom("webhook_delivery").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? toDelivery(row) : null;
    },
  };
}

/** What was to be tried again is not. */
async function giveUp(trx: Transaction<Tables>, webhookId: string, error: string): Promise<void> {
  await trx
    .updateTable("webhook_delivery")
    .set({ state: "failed", next_try_at: null, last_error: error })
    .where("webhook_id", "=", webhookId)
    .where("state", "=", "pending")
    .execute();
}

function toDelivery(row: Selectable<Tables["webhook_delivery"]>): DeliveryRow {
  return {
    id: row.id,
    event: row.event as DeliveryRow["event"],
    state: row.state,
    attempts: row.attempts,
    nextTryAt: row.next_try_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
  };
}
