import { type Selectable, sql } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { uuidv7 } from "../lib/uuid.ts";
import { lockProvider } from "./authorization-rows.ts";
import type { Database } from "./database.ts";
import { withName } from "./names.ts";
import type { ProviderRow, ProviderSettings, ProviderStore } from "./provider-store.ts";
import { openSecrets, sealSecrets } from "./sources.ts";
import type { Tables } from "./tables.ts";

/** Service providers and the tickets of their suites, with secrets encrypted. */
export function makeProviderStore(database: Database, cipher: Cipher, clock: () => number): ProviderStore {
  const { db } = database;
  const toProvider = (row: Selectable<Tables["provider"]>): ProviderRow => ({
    id: row.id,
    name: row.name,
    settings: JSON.parse(row.settings) as ProviderSettings,
    secrets: openSecrets(cipher, row.secrets),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  });
  const readProvider = async (id: string): Promise<ProviderRow> =>
    toProvider(await db.selectFrom("provider").selectAll().where("id", "=", id).executeTakeFirstOrThrow());

  return {
    async createProvider({ name, settings, secrets }) {
      const now = clock();
      const row = {
        ...{ id: uuidv7(now), name, settings: JSON.stringify(settings), secrets: sealSecrets(cipher, secrets) },
        ...{ created_at: now, updated_at: now },
      };
      await withName(database, "provider", name, () => db.insertInto("provider").values(row).execute());
      return readProvider(row.id);
    },

    async listProviders() {
      const rows = await db.selectFrom("provider").selectAll().orderBy("id").execute();
      return rows.map(toProvider);
    },

    async findProvider(idOrName) {
      const row = await db
        .selectFrom("provider")
        .selectAll()
        .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
        .executeTakeFirst();
      return row ? toProvider(row) : null;
    },

    async updateProvider(id, { name, settings, secrets }) {
      const columns = { name, settings: JSON.stringify(settings), secrets: sealSecrets(cipher, secrets) };
      const suites = Object.keys(settings.templates);
      await withName(database, "provider", name, () =>
        database.write(async (trx) => {
          await trx
            .updateTable("provider")
            .set({ ...columns, updated_at: clock() })
            .where("id", "=", id)
            .execute();
          for (const table of ["suite_ticket", "auth_code"] as const) {
            await trx
              .deleteFrom(table)
              .where("provider_id", "=", id)
              .where((where) => where.not(database.isOneOf("suite_id", suites)))
              .execute();
          }
        }),
      );
      return readProvider(id);
    },

    deleteProvider: (id) =>
      database.write(async (trx) => {
        await lockProvider(database, trx, id);
        for (const table of ["suite_ticket", "auth_code", "corp_authorization"] as const) {
          await trx.deleteFrom(table).where("provider_id", "=", id).execute();
        }
        await trx.deleteFrom("provider").where("id", "=", id).execute();
      }),

    keepTicket: (providerId, suiteId, ticket, toldAt) =>
      database.writeSmall(async (trx) => {
        const now = clock();
        const kept = await sql`
          insert into suite_ticket (provider_id, suite_id, ticket, told_at, heard_at)
          values (${providerId}, ${suiteId}, ${cipher.encrypt(ticket)}, ${toldAt}, ${now})
          on conflict (provider_id, suite_id) do update set
            ticket = excluded.ticket, told_at = excluded.told_at, heard_at = excluded.heard_at
          where excluded.told_at >= suite_ticket.told_at`.execute(trx);
        if ((kept.numAffectedRows ?? 0n) === 0n) return false;
        await trx
          .updateTable("auth_code")
          .set({ next_try_at: now })
          .where("provider_id", "=", providerId)
          .where("suite_id", "=", suiteId)
          .where("next_try_at", ">", now)
          .where("attempts", ">", 0)
          .where("error", "is not", null)
          .execute();
        return true;
      }),

    async readTickets(providerId) {
      const rows = await db.selectFrom("suite_ticket").selectAll().where("provider_id", "=", providerId).execute();
      return new Map(
        rows.map((row) => [
          row.suite_id,
          { ticket: cipher.decrypt(row.ticket), toldAt: row.told_at, heardAt: row.heard_at },
        ]),
      );
    },
  };
}
