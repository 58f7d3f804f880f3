import { sql, type Transaction } from "kysely";
import { compareCodePoints } from "../lib/compare-code-points.ts";
import { uuidv7 } from "../lib/uuid.ts";
import type { Database } from "./database.ts";
import type { MarkedSource, MarkStore } from "./mark-store.ts";
import type { Tables } from "./tables.ts";

/** What `gone` of a mark says: nothing, that he is no more, or that, and it waits for a sync of everything. */
const gone = { no: 0, said: 1, parked: 2 } as const;

/** Marks on what is to be looked at again, and when events came. */
export function makeMarkStore(database: Database, clock: () => number): MarkStore {
  const { db, isOneOf } = database;

  const park = async (trx: Transaction<Tables>, sourceId: string, stamps?: readonly string[]): Promise<bigint> => {
    const said = trx
      .updateTable("source_mark")
      .set({ gone: gone.parked })
      .where("source_id", "=", sourceId)
      .where("kind", "=", "user")
      .where("gone", "=", gone.said);
    const some = stamps === undefined ? said : said.where(isOneOf("stamp", stamps));
    return (await some.executeTakeFirst()).numUpdatedRows;
  };

  return {
    keepEvent: (sourceId, door, subjects, renamed) =>
      database.writeSmall(async (trx) => {
        // In one order, so that two events about the same two people do not wait for each other.
        const inOrder = subjects.toSorted((a, b) => compareCodePoints(a.kind + a.key, b.kind + b.key));
        for (const { kind, key, isGone = false } of inOrder)
          await markIn(trx, clock, { source: sourceId, kind, key, isGone });
        if (renamed !== undefined) {
          await sql`
            insert into told_rename (source_id, from_key, to_key, heard_at)
            values (${sourceId}, ${renamed.from}, ${renamed.to}, ${clock()})
            on conflict (source_id, from_key) do update set to_key = excluded.to_key, heard_at = excluded.heard_at`.execute(
            trx,
          );
        }
        await sql`
          insert into source_event (source_id, door, heard_at) values (${sourceId}, ${door}, ${clock()})
          on conflict (source_id, door) do update set heard_at = excluded.heard_at`.execute(trx);
      }),

    async lastEvents(sourceId) {
      const rows = await db.selectFrom("source_event").selectAll().where("source_id", "=", sourceId).execute();
      const at = (door: string): number | null => {
        const row = rows.find((each) => each.door === door);
        return row === undefined ? null : Number(row.heard_at);
      };
      return { contacts: at("contacts"), app: at("app") };
    },

    async markedSources() {
      const rows = await db
        .selectFrom("source_mark")
        .select(["source_id", "kind", sql<number>`count(*)`.as("count"), sql<number>`min(marked_at)`.as("since")])
        .where("gone", "<", gone.parked)
        .groupBy(["source_id", "kind"])
        .execute();
      const found = new Map<string, MarkedSource>();
      for (const { source_id, kind, ...row } of rows) {
        const [count, since] = [Number(row.count), Number(row.since)];
        const so = found.get(source_id) ?? { sourceId: source_id, people: 0, others: 0, isGathered: false, since };
        found.set(source_id, {
          ...so,
          ...(kind === "user" ? { people: count } : kind === "all" ? {} : { others: so.others + count }),
          isGathered: so.isGathered || kind === "all",
          since: Math.min(so.since, since),
        });
      }
      return [...found.values()];
    },

    async markedPeople(sourceId, limit) {
      const rows = await db
        .selectFrom("source_mark")
        .select(["key", "gone", "stamp"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", "user")
        .where("gone", "<", gone.parked)
        .orderBy("marked_at")
        .orderBy("key")
        .limit(limit)
        .execute();
      return rows.map(({ key, stamp, ...row }) => ({ key, isGone: Number(row.gone) === gone.said, stamp }));
    },

    gatherMarks: (sourceId) =>
      database.write(async (trx) => {
        const parked = await park(trx, sourceId);
        const gathered = await trx
          .deleteFrom("source_mark")
          .where("source_id", "=", sourceId)
          .where("gone", "<", gone.parked)
          .executeTakeFirst();
        if (parked + gathered.numDeletedRows === 0n) return null;
        return markIn(trx, clock, { source: sourceId, kind: "all", key: "", isGone: false });
      }),

    async markEverything(sourceId) {
      await database.write((trx) =>
        markIn(trx, clock, { source: sourceId, kind: "everything", key: "", isGone: false }),
      );
    },

    async parkGone(sourceId, stamps) {
      await database.write((trx) => park(trx, sourceId, stamps));
    },

    async countParked(sourceId) {
      const row = await db
        .selectFrom("source_mark")
        .select(sql<number>`count(*)`.as("count"))
        .where("source_id", "=", sourceId)
        .where("gone", "=", gone.parked)
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },

    async settleGone(sourceId) {
      await db.deleteFrom("source_mark").where("source_id", "=", sourceId).where("gone", "=", gone.parked).execute();
    },

    async reviveGone(sourceId) {
      await db
        .updateTable("source_mark")
        .set({ gone: gone.said })
        .where("source_id", "=", sourceId)
        .where("gone", "=", gone.parked)
        .execute();
    },

    async dropMarks(sourceId, stamps) {
      if (stamps.length === 0) return;
      await database.write((trx) =>
        trx.deleteFrom("source_mark").where("source_id", "=", sourceId).where(isOneOf("stamp", stamps)).execute(),
      );
    },
  };
}

/** Marks one thing within a transaction; answers the stamp. */
export async function markIn(
  trx: Transaction<Tables>,
  clock: () => number,
  {
    source,
    kind,
    key,
    isGone,
  }: { readonly source: string; readonly kind: string; readonly key: string; readonly isGone: boolean },
): Promise<string> {
  const stamp = uuidv7(clock());
  // How long something has waited is counted from its first event; that it is gone was said, whatever is said after it.
  await sql`
    insert into source_mark (source_id, kind, key, gone, stamp, marked_at)
    values (${source}, ${kind}, ${key}, ${isGone ? gone.said : gone.no}, ${stamp}, ${clock()})
    on conflict (source_id, kind, key) do update set
      stamp = excluded.stamp,
      gone = case when excluded.gone + source_mark.gone > 0 then ${sql.lit(gone.said)} else ${sql.lit(gone.no)} end`.execute(
    trx,
  );
  return stamp;
}
