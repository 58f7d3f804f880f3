import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import { directoryTime } from "./directory-clock.ts";
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

/** Which changes by SCIM clients and administrators the targets have heard of. */
export function makeDirectoryChanges(database: Database): DirectoryChangeStore {
  const { db } = database;
  return {
    async directoryChanges() {
      const rows = await db.selectFrom("directory_change").selectAll().execute();
      return new Map(rows.map((row) => [row.source_id, Number(row.at)]));
    },

    // It changed at a time that has been given out: another one would say that the directory changed again.
    noteUserGroups: () =>
      database.write(async (trx) => noteDirectoryChange(database, trx, userGroups, await directoryTime(trx))),

    async pushedChanges() {
      const rows = await db.selectFrom("target").select(["id", "pushed_change"]).execute();
      return new Map(rows.map((row) => [row.id, Number(row.pushed_change)]));
    },

    async notePushedChange({ id, updatedAt }, at) {
      await db
        .updateTable("target")
        .set({ pushed_change: at })
        .where("id", "=", id)
        .where("updated_at", "=", updatedAt)
        .where("pushed_change", "<", at)
        .execute();
    },
  };
}
