import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import { lockTarget } from "./lock-target.ts";
import type { TargetSettings } from "./store.ts";
import type { Tables } from "./tables.ts";

/**
 * Takes a source that is no more from the lists of its targets. With its deletion, and under the targets' locks: what an
 * administrator sets at this moment is not written over.
 */
export async function takeSourceFromTargets(
  database: Pick<Database, "dialect">,
  trx: Transaction<Tables>,
  sourceId: string,
  now: number,
): Promise<void> {
  for (const { id } of await trx.selectFrom("target").select("id").orderBy("id").execute()) {
    await lockTarget(database, trx, id);
    const row = await trx.selectFrom("target").select("settings").where("id", "=", id).executeTakeFirst();
    if (row === undefined) continue;
    const settings = JSON.parse(row.settings) as TargetSettings;
    if (!settings.sources.includes(sourceId)) continue;
    const left = { ...settings, sources: settings.sources.filter((each) => each !== sourceId) };
    await trx
      .updateTable("target")
      .set({ settings: JSON.stringify(left), updated_at: now })
      .where("id", "=", id)
      .execute();
  }
}
