import type { Cipher } from "../lib/cipher.ts";
import { uuidv7 } from "../lib/uuid.ts";
import { codeHash, endAuthorizations, lockProvider, makeSourcesDue, toAuthorization } from "./authorization-rows.ts";
import type { Database } from "./database.ts";
import type { AuthorizationStore } from "./provider-store.ts";

/** So long a code that was exchanged or given up is still known, should its event come once more. */
const rememberMs = 86_400_000;

const cancelledByCorp =
  "the corp cancelled the authorisation in WeCom's admin console. Its people stay as they are; to go on, have it authorise the app again and name the new authorisation in the source";

/** What corps authorised, as events, redirects and administrators change it. */
export function makeAuthorizationStore(database: Database, cipher: Cipher, clock: () => number): AuthorizationStore {
  const { db } = database;
  const ofCorp = (providerId: string, suiteId: string, corpId: string) =>
    db
      .selectFrom("corp_authorization")
      .select(["id", "told_at"])
      .where("provider_id", "=", providerId)
      .where("suite_id", "=", suiteId)
      .where("corp_id", "=", corpId)
      .where("status", "=", "authorised");

  return {
    async requestAuthorization(request) {
      const now = clock();
      const row = {
        ...{ id: uuidv7(now), provider_id: request.providerId, suite_id: request.suiteId, kind: request.kind },
        ...{ status: "waiting" as const, request_state: request.state, wanted_corp_id: request.wantedCorpId },
        ...{ source_name: request.sourceName, requested_by: request.requestedBy },
        ...{ url: request.url === null ? null : cipher.encrypt(request.url), expires_at: request.expiresAt },
        ...{ corp_id: null, corp_name: null, agent_id: null, permanent_code: null, reason: null, told_at: 0 },
        ...{ look_at: null, looks: 0, created_at: now, authorised_at: null, updated_at: now },
      };
      await db.insertInto("corp_authorization").values(row).execute();
      return toAuthorization(row, cipher);
    },

    async listAuthorizations(providerId) {
      const rows = await db
        .selectFrom("corp_authorization")
        .selectAll()
        .where("provider_id", "=", providerId)
        .orderBy("id", "desc")
        .execute();
      return rows.map((row) => toAuthorization(row, cipher));
    },

    async findAuthorization(id) {
      const row = await db.selectFrom("corp_authorization").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? toAuthorization(row, cipher) : null;
    },

    async findRequest(providerId, state) {
      const row = await db
        .selectFrom("corp_authorization")
        .selectAll()
        .where("provider_id", "=", providerId)
        .where("request_state", "=", state)
        .where("status", "=", "waiting")
        .executeTakeFirst();
      return row ? toAuthorization(row, cipher) : null;
    },

    async cancelRequest(id) {
      const { numUpdatedRows } = await db
        .updateTable("corp_authorization")
        .set({ status: "cancelled", url: null, reason: "cancelled here by an administrator", updated_at: clock() })
        .where("id", "=", id)
        .where("status", "=", "waiting")
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async forgetAuthorization(id) {
      await db.deleteFrom("corp_authorization").where("id", "=", id).execute();
    },

    async openCodes(providerId) {
      const rows = await db
        .selectFrom("auth_code")
        .selectAll()
        .where("provider_id", "=", providerId)
        .where((where) => where.or([where("next_try_at", "is not", null), where("error", "is not", null)]))
        .orderBy("told_at", "desc")
        .limit(100)
        .execute();
      return rows.map((row) => ({
        ...{ providerId: row.provider_id, suiteId: row.suite_id, purpose: row.purpose, toldAt: row.told_at },
        ...{ expiresAt: row.expires_at, attempts: row.attempts, error: row.error, isTried: row.next_try_at !== null },
      }));
    },

    keepCode: ({ providerId, suiteId, purpose, code, state, toldAt, expiresAt }) =>
      database.writeSmall(async (trx) => {
        const now = clock();
        await trx
          .deleteFrom("auth_code")
          .where("expires_at", "<", now - rememberMs)
          .where("next_try_at", "is", null)
          .execute();
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto("auth_code")
          .values({
            ...{ hash: codeHash(code), provider_id: providerId, suite_id: suiteId, purpose, state },
            ...{ code: cipher.encrypt(code), told_at: toldAt, expires_at: expiresAt, attempts: 0 },
            ...{ next_try_at: now, error: null },
          })
          .onConflict((conflict) => conflict.column("hash").doNothing())
          .executeTakeFirst();
        return (numInsertedOrUpdatedRows ?? 0n) > 0n;
      }),

    corpChanged: (providerId, suiteId, corpId) =>
      database.writeSmall(async (trx) => {
        const now = clock();
        const ids = (await trx.executeQuery(ofCorp(providerId, suiteId, corpId))).rows.map(({ id }) => id);
        if (ids.length === 0) return;
        await trx
          .updateTable("corp_authorization")
          .set({ look_at: now, looks: 0 })
          .where(database.isOneOf("id", ids))
          .execute();
        await makeSourcesDue(database, trx, ids, now);
      }),

    corpCancelled: (providerId, suiteId, corpId, toldAt) =>
      database.writeSmall(async (trx) => {
        const now = clock();
        await lockProvider(database, trx, providerId);
        const { rows } = await trx.executeQuery(ofCorp(providerId, suiteId, corpId));
        const ended = rows.filter((row) => Number(row.told_at) < toldAt).map(({ id }) => id);
        const doubtful = rows.filter((row) => Number(row.told_at) >= toldAt).map(({ id }) => id);
        if (doubtful.length > 0) {
          await trx
            .updateTable("corp_authorization")
            .set({ look_at: now, looks: 0 })
            .where(database.isOneOf("id", doubtful))
            .execute();
        }
        return endAuthorizations(database, trx, ended, { reason: cancelledByCorp, now });
      }),
  };
}
