import type { Selectable } from "kysely";
import { uuidv7 } from "../lib/uuid.ts";
import type { Database } from "./database.ts";
import { withName } from "./names.ts";
import type { ScimClientRow, ScimClientStore } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Who may call the SCIM endpoint. Tokens as their SHA-256 only. */
export function makeScimClientStore(database: Database, clock: () => number): ScimClientStore {
  const { db } = database;
  return {
    async createClient({ name, access, sources, requestsPerSecond, tokenHash }) {
      const row = {
        id: uuidv7(clock()),
        name,
        access,
        sources: JSON.stringify(sources),
        requests_per_second: requestsPerSecond,
        token_hash: tokenHash,
        created_at: clock(),
      };
      await withName(database, "SCIM client", name, () => db.insertInto("scim_client").values(row).execute());
      return toClient(row);
    },
    async updateClient(id, { name, access, sources, requestsPerSecond }) {
      const columns = { name, access, sources: JSON.stringify(sources), requests_per_second: requestsPerSecond };
      const row = await withName(database, "SCIM client", name, () =>
        db.updateTable("scim_client").set(columns).where("id", "=", id).returningAll().executeTakeFirst(),
      );
      return row ? toClient(row) : null;
    },
    async listClients() {
      const rows = await db.selectFrom("scim_client").selectAll().orderBy("id").execute();
      return rows.map(toClient);
    },
    async findClient(idOrName) {
      const row = await db
        .selectFrom("scim_client")
        .selectAll()
        .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
        .executeTakeFirst();
      return row ? toClient(row) : null;
    },
    async findClientByTokenHash(tokenHash) {
      const row = await db.selectFrom("scim_client").selectAll().where("token_hash", "=", tokenHash).executeTakeFirst();
      return row ? toClient(row) : null;
    },
    async deleteClient(id) {
      await db.deleteFrom("scim_client").where("id", "=", id).execute();
    },
  };
}

function toClient(row: Selectable<Tables["scim_client"]>): ScimClientRow {
  return {
    id: row.id,
    name: row.name,
    access: row.access,
    sources: JSON.parse(row.sources) as ScimClientRow["sources"],
    requestsPerSecond: row.requests_per_second,
    createdAt: row.created_at,
  };
}
