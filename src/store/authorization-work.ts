import type { Selectable, Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { uuidv7 } from "../lib/uuid.ts";
import { endAuthorizations, lockProvider, makeSourcesDue, toAuthorization } from "./authorization-rows.ts";
import type { Database } from "./database.ts";
import type { AuthorizationWorkStore, Grant } from "./provider-store.ts";
import type { Tables } from "./tables.ts";

/** What the engine does at once. */
const batch = 10;

type CodeRow = Selectable<Tables["auth_code"]>;

/** What the engine does about authorisations: codes are exchanged, and WeCom is asked about what changed. */
export function makeAuthorizationWork(database: Database, cipher: Cipher, clock: () => number): AuthorizationWorkStore {
  const { db } = database;

  /** The request that a code answers: by its state; without any, by the corp, where one alone waits for that. */
  const findInvited = async (trx: Transaction<Tables>, code: CodeRow, { corpId, state }: Grant) => {
    if (code.purpose === "reset") return null;
    const waiting = await trx
      .selectFrom("corp_authorization")
      .select(["id", "status", "request_state", "wanted_corp_id"])
      .where("provider_id", "=", code.provider_id)
      .where("suite_id", "=", code.suite_id)
      .where("status", "in", isGivenUp(code) ? ["waiting", "failed"] : ["waiting"])
      .execute();
    const told = state ?? code.state;
    if (told !== null) return waiting.find(({ request_state }) => request_state === told) ?? null;
    const [only, ...others] = waiting.filter(
      ({ status, wanted_corp_id }) => status === "waiting" && wanted_corp_id === corpId,
    );
    return only !== undefined && others.length === 0 ? only : null;
  };

  const readCode = async (trx: Transaction<Tables>, hash: string): Promise<CodeRow | undefined> => {
    const read = () => trx.selectFrom("auth_code").selectAll().where("hash", "=", hash).executeTakeFirst();
    const found = await read();
    if (found === undefined) return undefined;
    await lockProvider(database, trx, found.provider_id);
    return read();
  };

  const kindOf = async (trx: Transaction<Tables>, { provider_id, suite_id }: CodeRow) => {
    const row = await trx.selectFrom("provider").select("settings").where("id", "=", provider_id).executeTakeFirst();
    const settings = JSON.parse(row?.settings ?? "{}") as {
      templates?: Record<string, { kind: "customised" | "third-party" }>;
    };
    return settings.templates?.[suite_id]?.kind ?? "customised";
  };

  return {
    async claimCodes(now, until) {
      const rows = await db
        .selectFrom("auth_code")
        .selectAll()
        .where("next_try_at", "<=", now)
        .orderBy("next_try_at")
        .limit(batch)
        .execute();
      const claimed = await Promise.all(
        rows.map(async (row) => {
          const { numUpdatedRows } = await db
            .updateTable("auth_code")
            // Without an error: one that has none is under way, and no ticket makes it due for others.
            .set({ next_try_at: until, attempts: row.attempts + 1, error: null })
            .where("hash", "=", row.hash)
            .where("next_try_at", "=", row.next_try_at)
            .where("attempts", "=", row.attempts)
            .executeTakeFirst();
          return numUpdatedRows > 0n;
        }),
      );
      return rows
        .filter((row, index) => claimed[index] === true && row.code !== null)
        .map((row) => ({
          ...{ hash: row.hash, providerId: row.provider_id, suiteId: row.suite_id, purpose: row.purpose },
          ...{ code: cipher.decrypt(row.code ?? ""), toldAt: row.told_at, expiresAt: row.expires_at },
          attempts: row.attempts + 1,
        }));
    },

    settleCode: (hash, grant) =>
      database.write(async (trx) => {
        const now = clock();
        const code = await readCode(trx, hash);
        // Of one that was given up by another, too: WeCom gives a permanent code once.
        if (code === undefined || (code.code === null && !isGivenUp(code))) return;
        await trx
          .updateTable("auth_code")
          .set({ code: null, next_try_at: null, error: null })
          .where("hash", "=", hash)
          .execute();
        const granted = {
          ...{ corp_id: grant.corpId, corp_name: grant.corpName, permanent_code: cipher.encrypt(grant.permanentCode) },
          ...{ told_at: code.told_at, look_at: now, looks: 0, reason: null, updated_at: now },
        };
        const found = await findInvited(trx, code, grant);
        const isWanted = found?.wanted_corp_id === null || found?.wanted_corp_id === grant.corpId;
        const invited = isWanted ? found : null;
        if (found !== null && !isWanted) {
          const reason = `another corp (${grant.corpId}) authorised the app than the one that was asked for`;
          await trx
            .updateTable("corp_authorization")
            .set({ status: "failed", url: null, reason, updated_at: now })
            .where("id", "=", found.id)
            .execute();
        }
        // WeCom has one permanent code for a corp and an app: what the corp authorised before has the new one, too.
        const live = await trx
          .selectFrom("corp_authorization")
          .select(["id", "told_at"])
          .where("provider_id", "=", code.provider_id)
          .where("suite_id", "=", code.suite_id)
          .where("corp_id", "=", grant.corpId)
          .where("status", "=", "authorised")
          .execute();
        const older = live.filter((row) => Number(row.told_at) <= Number(code.told_at)).map(({ id }) => id);
        if (older.length > 0) {
          await trx.updateTable("corp_authorization").set(granted).where(database.isOneOf("id", older)).execute();
        }
        const authorised = { ...granted, status: "authorised" as const, url: null, authorised_at: now };
        if (invited !== null) {
          await trx.updateTable("corp_authorization").set(authorised).where("id", "=", invited.id).execute();
        } else if (live.length === 0) {
          await trx
            .insertInto("corp_authorization")
            .values({
              ...{ id: uuidv7(now), provider_id: code.provider_id, suite_id: code.suite_id },
              ...{ kind: await kindOf(trx, code), request_state: null, wanted_corp_id: null, source_name: null },
              ...{ requested_by: null, expires_at: null, agent_id: null, created_at: now, ...authorised },
            })
            .execute();
        }
        await makeSourcesDue(database, trx, older, now);
      }),

    postponeCode: (hash, error, nextTryAt) =>
      database.write(async (trx) => {
        const now = clock();
        const code = await readCode(trx, hash);
        if (code === undefined || code.code === null) return;
        const isLast = nextTryAt === null;
        await trx
          .updateTable("auth_code")
          .set({ error, next_try_at: nextTryAt, ...(isLast && { code: null }) })
          .where("hash", "=", hash)
          .execute();
        if (code.state === null || code.purpose === "reset") return;
        // Whoever waits for it is told.
        await trx
          .updateTable("corp_authorization")
          .set({ reason: error, updated_at: now, ...(isLast && { status: "failed" as const, url: null }) })
          .where("provider_id", "=", code.provider_id)
          .where("suite_id", "=", code.suite_id)
          .where("request_state", "=", code.state)
          .where("status", "=", "waiting")
          .execute();
      }),

    async claimLooks(now, until) {
      const rows = await db
        .selectFrom("corp_authorization")
        .selectAll()
        .where("look_at", "<=", now)
        .where("status", "=", "authorised")
        .orderBy("look_at")
        .limit(batch)
        .execute();
      const claimed = [];
      for (const row of rows) {
        const { numUpdatedRows } = await db
          .updateTable("corp_authorization")
          .set({ look_at: until })
          .where("id", "=", row.id)
          .where("look_at", "=", row.look_at)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) continue;
        const open = await db
          .selectFrom("auth_code")
          .select("hash")
          .where("provider_id", "=", row.provider_id)
          .where("suite_id", "=", row.suite_id)
          .where("next_try_at", "is not", null)
          .executeTakeFirst();
        claimed.push({ row: toAuthorization(row, cipher), refusals: row.looks, hasOpenCodes: open !== undefined });
      }
      return claimed;
    },

    async askSoon(id) {
      const now = clock();
      // Two looks follow each other: a refusal is not to be counted from the start again and again.
      await db
        .updateTable("corp_authorization")
        .set({ look_at: now })
        .where("id", "=", id)
        .where("status", "=", "authorised")
        .where("looks", "=", 0)
        .where("look_at", ">", now)
        .execute();
    },

    async noteLook(id, { agentId, corpName }, lookAt) {
      await db
        .updateTable("corp_authorization")
        .set({
          look_at: lookAt,
          looks: 0,
          reason: null,
          agent_id: agentId,
          ...(corpName !== null && { corp_name: corpName }),
        })
        .where("id", "=", id)
        .where("status", "=", "authorised")
        .execute();
    },

    async postponeLook(id, reason, lookAt, refusals) {
      await db
        .updateTable("corp_authorization")
        .set({ look_at: lookAt, looks: refusals, reason })
        .where("id", "=", id)
        .where("status", "=", "authorised")
        .execute();
    },

    endAuthorization: ({ id, providerId, suiteId, permanentCode }, reason) =>
      database.write(async (trx) => {
        await lockProvider(database, trx, providerId);
        const row = await trx.selectFrom("corp_authorization").selectAll().where("id", "=", id).executeTakeFirst();
        if (row?.status !== "authorised" || toAuthorization(row, cipher).permanentCode !== permanentCode) return null;
        // A code that has come meanwhile may be the corp's, with the next permanent code.
        const open = await trx
          .selectFrom("auth_code")
          .select("hash")
          .where("provider_id", "=", providerId)
          .where("suite_id", "=", suiteId)
          .where("next_try_at", "is not", null)
          .executeTakeFirst();
        return open === undefined ? endAuthorizations(database, trx, [id], { reason, now: clock() }) : null;
      }),
  };
}

/** Its error stays; of one that was exchanged there is none. */
function isGivenUp({ code, error }: CodeRow): boolean {
  return code === null && error !== null;
}
