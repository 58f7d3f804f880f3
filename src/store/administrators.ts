import { type Selectable, sql } from "kysely";
import { uuidv7 } from "../lib/uuid.ts";
import type { AdministratorRow, AdministratorStore } from "./administrator-store.ts";
import type { Database } from "./database.ts";
import { withName } from "./names.ts";
import type { Tables } from "./tables.ts";

/** Who may use the management API. Tokens as their SHA-256 only, passwords as their hash. */
export function makeAdministratorStore(database: Database, clock: () => number): AdministratorStore {
  const { db } = database;
  return {
    async createAdministrator({ name, role, tokenHash, password }) {
      const now = clock();
      const row = {
        ...{ id: uuidv7(now), name, name_folded: name.toLowerCase(), role, token_hash: tokenHash, password },
        ...{ disabled: 0, credentials: 1, created_at: now, last_seen_at: null },
      };
      await withName(database, "administrator", name, () => db.insertInto("administrator").values(row).execute());
      return toAdministrator(row);
    },

    async listAdministrators() {
      const rows = await db.selectFrom("administrator").selectAll().orderBy("id").execute();
      return rows.map(toAdministrator);
    },

    async findAdministrator(idOrName) {
      const row = await db
        .selectFrom("administrator")
        .selectAll()
        .where((where) => where.or([where("id", "=", idOrName), where("name_folded", "=", idOrName.toLowerCase())]))
        .executeTakeFirst();
      return row ? toAdministrator(row) : null;
    },

    async findCredentials(by) {
      const [column, value] =
        "tokenHash" in by ? (["token_hash", by.tokenHash] as const) : (["name_folded", by.name.toLowerCase()] as const);
      const row = await db
        .selectFrom("administrator")
        .selectAll()
        .where(column, "=", value)
        .where("disabled", "=", 0)
        .executeTakeFirst();
      return row ? { administrator: toAdministrator(row), password: row.password, version: row.credentials } : null;
    },

    async updateAdministrator(id, { role, disabled, password, tokenHash }) {
      const endsSessions = disabled === true || password !== undefined || tokenHash !== undefined;
      const row = await database.write(async (trx) => {
        if (endsSessions) await trx.deleteFrom("admin_session").where("administrator_id", "=", id).execute();
        return trx
          .updateTable("administrator")
          .set({
            ...(role !== undefined && { role }),
            ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
            ...(password !== undefined && { password }),
            ...(tokenHash !== undefined && { token_hash: tokenHash }),
            // A session that is being made at this moment, with what was so far, is good for nothing.
            credentials: endsSessions ? sql<number>`credentials + 1` : sql<number>`credentials`,
          })
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirst();
      });
      return row ? toAdministrator(row) : null;
    },

    deleteAdministrator: (id) =>
      database.write(async (trx) => {
        await trx.deleteFrom("admin_session").where("administrator_id", "=", id).execute();
        const deleted = await trx.deleteFrom("administrator").where("id", "=", id).executeTakeFirst();
        return deleted.numDeletedRows > 0n;
      }),

    async noteSeen(id) {
      await db.updateTable("administrator").set({ last_seen_at: clock() }).where("id", "=", id).execute();
    },
  };
}

export function toAdministrator(row: Selectable<Tables["administrator"]>): AdministratorRow {
  return {
    ...{ id: row.id, name: row.name, role: row.role, hasPassword: row.password !== null },
    ...{ disabled: row.disabled === 1, createdAt: row.created_at, lastSeenAt: row.last_seen_at },
  };
}
