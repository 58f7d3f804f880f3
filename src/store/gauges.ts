import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { GaugeStore } from "./store.ts";

/** Numbers that say how things stand. */
export function makeGaugeStore({ db }: Pick<Database, "db">): GaugeStore {
  return {
    async countOpenTasks() {
      const select = () => db.selectFrom("sync_task").select(["source_id", "target_id", "state"]);
      const open = await select().where("slot", "is not", null).execute();
      // In the words of its index.
      const held = await select()
        .where("state", "=", sql.lit("held" as const))
        .execute();
      const counts = new Map<string, Awaited<ReturnType<GaugeStore["countOpenTasks"]>>[number]>();
      for (const { source_id, target_id, state } of [...open, ...held]) {
        const key = `${source_id} ${target_id} ${state}`;
        const count = (counts.get(key)?.count ?? 0) + 1;
        counts.set(key, { sourceId: source_id, targetId: target_id, state, count });
      }
      return [...counts.values()];
    },

    async countKeptResources(of) {
      let query = db
        .selectFrom("kept")
        .select(({ fn }) => ["source_id" as const, fn.countAll<number>().as("count")])
        .where("ended", "=", 0)
        .groupBy("source_id");
      if (of && "source" in of) query = query.where("source_id", "=", of.source);
      if (of && "task" in of) query = query.where("task_id", "=", of.task);
      return new Map((await query.execute()).map(({ source_id, count }) => [source_id, Number(count)]));
    },
  };
}
