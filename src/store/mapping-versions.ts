import type { Selectable } from "kysely";
import type { Database } from "./database.ts";
import type { MappingVersion, MappingVersionStore } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Every content that the mapping files had, so that one can go back to any of them. */
export function makeMappingVersionStore(database: Database, clock: () => number): MappingVersionStore {
  const { db } = database;

  const findMappingVersion = async (name: string, number: number): Promise<MappingVersion | null> => {
    const row = await db
      .selectFrom("mapping_version")
      .selectAll()
      .where("name", "=", name)
      .where("number", "=", number)
      .executeTakeFirst();
    return row ? toVersion(row) : null;
  };

  return {
    async activeMapping(name) {
      const row = await db
        .selectFrom("mapping_version")
        .selectAll()
        .where("name", "=", name)
        .where("activated_at", "is not", null)
        .orderBy("activated_at", "desc")
        .orderBy("number", "desc")
        .limit(1)
        .executeTakeFirst();
      return row ? toVersion(row) : null;
    },

    findMappingVersion,

    async listMappingVersions(name) {
      const rows = await db
        .selectFrom("mapping_version")
        .selectAll()
        .where("name", "=", name)
        .orderBy("number", "desc")
        .execute();
      return rows.map(toVersion);
    },

    addMappingVersion: ({ name, hash, content, origin, activate }) =>
      database.write(async (trx) => {
        const newest = await trx
          .selectFrom("mapping_version")
          .selectAll()
          .where("name", "=", name)
          .orderBy("number", "desc")
          .limit(1)
          .executeTakeFirst();
        const now = clock();
        if (newest?.hash === hash) {
          if (!activate) return toVersion(newest);
          const row = { ...newest, activated_at: now };
          await trx
            .updateTable("mapping_version")
            .set({ activated_at: now })
            .where("name", "=", name)
            .where("number", "=", newest.number)
            .execute();
          return toVersion(row);
        }
        const row = {
          name,
          number: (newest?.number ?? 0) + 1,
          hash,
          content,
          origin,
          created_at: now,
          activated_at: activate ? now : null,
        };
        // Two replicas may see the same edit of a shared file at once: one of the two rows is enough.
        await trx
          .insertInto("mapping_version")
          .values(row)
          .onConflict((conflict) => conflict.columns(["name", "number"]).doNothing())
          .execute();
        return toVersion(row);
      }),

    async activateMapping(name, number) {
      await db
        .updateTable("mapping_version")
        .set({ activated_at: clock() })
        .where("name", "=", name)
        .where("number", "=", number)
        .execute();
    },
  };
}

function toVersion(row: Selectable<Tables["mapping_version"]>): MappingVersion {
  return {
    name: row.name,
    number: row.number,
    hash: row.hash,
    content: row.content,
    origin: row.origin,
    createdAt: row.created_at,
    activatedAt: row.activated_at,
  };
}
