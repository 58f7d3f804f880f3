import type { Database } from "./database.ts";
import type { Safeguards } from "./store.ts";

const hourMs = 3_600_000;

/** The widest window of all safeguards, of sources and targets, in milliseconds: so long counts what was removed. */
export async function widestWindowMs({ db }: Pick<Database, "db">): Promise<number> {
  const rows = [
    ...(await db.selectFrom("source").select("settings").execute()),
    ...(await db.selectFrom("target").select("settings").execute()),
  ];
  return rows.reduce((widest, { settings }) => {
    const { safeguards } = JSON.parse(settings) as { readonly safeguards: Safeguards };
    return Math.max(widest, safeguards.windowHours * hourMs);
  }, 0);
}
