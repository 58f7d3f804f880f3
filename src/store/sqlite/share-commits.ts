import type { Transaction } from "kysely";
import { constant } from "../constant.ts";
import type { Tables } from "../tables.ts";

type Work<T> = (trx: Transaction<Tables>) => Promise<T>;
export type Write = <T>(work: Work<T>) => Promise<T>;

const savepoint = constant("savepoint one");
const rollback = constant("rollback to one");
const release = constant("release one");

/** So many writes share a commit at most: nobody waits long for those that came with his. */
const most = 16;

interface Waiting {
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Small writes of many clients: those that come in the same turn of the event loop are done one after the other in one
 * transaction, for a commit costs more than most of them. Each has a savepoint of its own, so that one that fails takes
 * nothing with it; all of them hear of their success when it is committed.
 */
export function shareCommits(write: Write): Write {
  let waiting: Waiting[] = [];
  let isScheduled = false;

  const run = async (): Promise<void> => {
    const batch = waiting.slice(0, most);
    waiting = waiting.slice(most);
    await runTogether(write, batch);
    isScheduled = waiting.length > 0;
    if (isScheduled) setImmediate(run);
  };

  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(run);
    });
}

async function runTogether(write: Write, batch: readonly Waiting[]): Promise<void> {
  try {
    const settle = await write(async (trx) => {
      const settle: (() => void)[] = [];
      for (const { work, resolve, reject } of batch) {
        // One by itself needs none: what it throws ends the transaction.
        if (batch.length > 1) await trx.executeQuery(savepoint);
        try {
          const value = await work(trx);
          settle.push(() => resolve(value));
        } catch (error) {
          if (batch.length === 1) throw error;
          await trx.executeQuery(rollback);
          settle.push(() => reject(error));
        }
        if (batch.length > 1) await trx.executeQuery(release);
      }
      return settle;
    });
    for (const each of settle) each();
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
