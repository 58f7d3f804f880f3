import type { Database } from "./database.ts";
import type { Lease } from "./engine.ts";
import { leasedWrite } from "./leases.ts";

/** A part of a source, a department of WeCom's, that was read with all its people. */
export interface ReadPart {
  readonly key: string;
  /** `seq` of the records of its people. */
  readonly seqs: readonly number[];
  /** Fields that nobody had a value of until then. */
  readonly unseen: readonly string[];
}

/** What is known of a read in which it was made. */
interface PartOf {
  readonly sourceId: string;
  readonly taskId: string;
  /** Equal for reads that found the same departments and tags with the same settings. */
  readonly stamp: string;
}

/** What a task has read of its source so far, in case that it is cut off. */
export interface ReadPartStore {
  saveParts(lease: Lease, of: PartOf, parts: readonly ReadPart[]): Promise<void>;
  /** Parts that were read since then (milliseconds since the epoch), in order of their keys, after one of them. */
  listParts(of: PartOf, since: number, after: string, limit: number): Promise<readonly ReadPart[]>;
  /** Forgets what was read of a source, but for what this task has read. */
  forgetParts(lease: Lease, sourceId: string, exceptTask: string | null): Promise<void>;
}

export function makeReadPartStore(database: Database, clock: () => number): ReadPartStore {
  const { db } = database;
  const write = leasedWrite(database);
  return {
    saveParts: (lease, { sourceId, taskId, stamp }, parts) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "read_part",
          rows: parts.map(({ key, seqs, unseen }) => ({
            ...{ source_id: sourceId, task_id: taskId, key, stamp, at: clock() },
            ...{ seqs: JSON.stringify(seqs), unseen: JSON.stringify(unseen) },
          })),
          conflict: ["source_id", "task_id", "key"],
          update: ["stamp", "seqs", "unseen", "at"],
        }),
      ),

    async listParts({ sourceId, taskId, stamp }, since, after, limit) {
      const rows = await db
        .selectFrom("read_part")
        .select(["key", "seqs", "unseen"])
        .where("source_id", "=", sourceId)
        .where("task_id", "=", taskId)
        .where("stamp", "=", stamp)
        .where("at", ">=", since)
        .where("key", ">", after)
        .orderBy("key")
        .limit(limit)
        .execute();
      return rows.map(({ key, seqs, unseen }) => ({
        ...{ key, seqs: JSON.parse(seqs) as readonly number[], unseen: JSON.parse(unseen) as readonly string[] },
      }));
    },

    async forgetParts(lease, sourceId, exceptTask) {
      const found = db.selectFrom("read_part").select("key").where("source_id", "=", sourceId).limit(1);
      const others = exceptTask === null ? found : found.where("task_id", "<>", exceptTask);
      if ((await others.executeTakeFirst()) === undefined) return;
      await write(lease, async (trx) => {
        const gone = trx.deleteFrom("read_part").where("source_id", "=", sourceId);
        await (exceptTask === null ? gone : gone.where("task_id", "<>", exceptTask)).execute();
      });
    },
  };
}
