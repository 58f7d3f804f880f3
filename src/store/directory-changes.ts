import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import type { DirectoryChangeStore } from "./engine.ts";
import { userGroups } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Writes down that something of a source, or of the user groups, changed. */
export async function noteDirectoryChange(
  { upsert }: Pick<Database, "upsert">,
  trx: Transaction<Tables>,
  sourceId: string,
  at: number,
): Promise<void> {
  await upsert(trx, {
    table: "directory_change",
    rows: [{ source_id: sourceId, at }],
    conflict: ["source_id"],
    update: ["at"],
  });
}

/** Which changes by SCIM clients and administrators a push was queued for. */
export function makeDirectoryChanges(database: Database, clock: () => number): DirectoryChangeStore {
  const { db } = database;
  return {
    async directoryChanges() {
      const rows = await db.selectFrom("directory_change").selectAll().execute();
      return new Map(rows.map((row) => [row.source_id, Number(row.at)]));
    },

    async queuedChanges() {
      const rows = await db.selectFrom("target").select(["id", "queued_change"]).execute();
      return new Map(rows.map((row) => [row.id, Number(row.queued_change)]));
    },

    async noteQueuedChange(targetId, at) {
      await db
        .updateTable("target")
        .set({ queued_change: at })
        .where("id", "=", targetId)
        .where("queued_change", "<", at)
        .execute();
    },

    noteUserGroups: () =>
      database.write(async (trx) => {
        const at = await takeDirectoryTime(database, trx, clock());
        await noteDirectoryChange(database, trx, userGroups, at);
      }),
  };
}
