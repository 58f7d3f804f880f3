import type { SessionStore } from "./administrator-store.ts";
import { toAdministrator } from "./administrators.ts";
import type { Database } from "./database.ts";

/** Browsers that administrators signed in with: all servers on a database share them. Ids as hashes only. */
export function makeSessionStore(database: Database, clock: () => number): SessionStore {
  const { db, isOneOf } = database;
  return {
    createSession: (idHash, of, expiresAt, replaces) =>
      database.write(async (trx) => {
        if (replaces !== undefined) await trx.deleteFrom("admin_session").where("id_hash", "=", replaces).execute();
        await trx.deleteFrom("admin_session").where("expires_at", "<=", clock()).execute();
        const row = {
          ...{ id_hash: idHash, administrator_id: of?.administratorId ?? null, credentials: of?.credentials ?? 0 },
          ...{ created_at: clock(), expires_at: expiresAt },
        };
        await trx.insertInto("admin_session").values(row).execute();
      }),

    async findSession(idHashes) {
      const session = await db
        .selectFrom("admin_session")
        .selectAll()
        .where(isOneOf("id_hash", idHashes))
        .where("expires_at", ">", clock())
        .executeTakeFirst();
      if (session === undefined) return null;
      const { id_hash: idHash, created_at: createdAt, expires_at: expiresAt } = session;
      if (session.administrator_id === null) return { idHash, administrator: null, createdAt, expiresAt };
      const row = await db
        .selectFrom("administrator")
        .selectAll()
        .where("id", "=", session.administrator_id)
        .where("credentials", "=", session.credentials)
        .where("disabled", "=", 0)
        .executeTakeFirst();
      return row ? { idHash, administrator: toAdministrator(row), createdAt, expiresAt } : null;
    },

    async extendSession(idHash, expiresAt) {
      await db.updateTable("admin_session").set({ expires_at: expiresAt }).where("id_hash", "=", idHash).execute();
    },

    async deleteSession(idHash) {
      await db.deleteFrom("admin_session").where("id_hash", "=", idHash).execute();
    },
  };
}
