import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { EndingStore, SourceSettings } from "./store.ts";
import type { Tables } from "./tables.ts";

type Leaving = NonNullable<SourceSettings["leaving"]>;

/** Sources that are on their way out. */
export function makeEndings(
  { db, write, dialect }: Pick<Database, "db" | "write" | "dialect">,
  clock: () => number,
): EndingStore {
  return {
    async listEndings() {
      const rows = await db
        .selectFrom("source")
        .leftJoin("ended_source", "ended_source.id", "source.id")
        .select(["source.id", "source.name", "ended_source.name as former", "settings", "next_run_at", "waits_for"])
        .orderBy("source.id")
        .execute();
      return rows.flatMap(({ id, name, former, settings, next_run_at, waits_for }) => {
        const { leaving } = JSON.parse(settings) as SourceSettings;
        if (leaving === undefined) return [];
        const called = leaving.then === "delete" ? (former ?? name) : name;
        return [
          {
            sourceId: id,
            name: called,
            people: leaving.people,
            afterwards: leaving.then,
            waitsFor: waits_for,
            nextTryAt: next_run_at,
          },
        ];
      });
    },

    async noteWaiting(id, waitsFor, nextTryAt) {
      await db
        .updateTable("source")
        .set({ waits_for: waitsFor, next_run_at: nextTryAt })
        .where("id", "=", id)
        // Enabled again meanwhile, it ends no more.
        .where("status", "=", "disabled")
        .execute();
    },

    async tryEndingsAtOnce() {
      // Of those that are disabled only the ones that end have a time.
      await db
        .updateTable("source")
        .set({ next_run_at: clock() })
        .where("status", "=", "disabled")
        .where("next_run_at", ">", clock())
        .execute();
    },

    closeEnding: (id, { people, then }) =>
      write(async (trx) => {
        const settings = await settingsIfOrdered({ dialect }, trx, id, { people, then });
        if (settings === null) return false;
        const { leaving: _, ...rest } = settings;
        const left = { settings: JSON.stringify(rest), next_run_at: null, waits_for: null, updated_at: clock() };
        await trx.updateTable("source").set(left).where("id", "=", id).execute();
        return true;
      }),
  };
}

/**
 * The settings of a source that is still to end so, with its row locked: an administrator may be changing it at this moment.
 * Null where another end is ordered by now, or none is any more.
 */
export async function settingsIfOrdered(
  { dialect }: Pick<Database, "dialect">,
  trx: Transaction<Tables>,
  id: string,
  { people, then }: Leaving,
): Promise<Partial<SourceSettings> | null> {
  // SQLite has one writer anyway.
  if (dialect === "postgres") await sql`select 1 from source where id = ${id} for update`.execute(trx);
  const row = await trx.selectFrom("source").select("settings").where("id", "=", id).executeTakeFirst();
  const settings = JSON.parse(row?.settings ?? "{}") as Partial<SourceSettings>;
  return settings.leaving?.people === people && settings.leaving.then === then ? settings : null;
}
