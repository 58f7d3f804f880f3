import type { Log } from "../lib/log.ts";
import type { DirectoryStore, EngineTaskStore, SchemaVersionStore, Settings } from "../store/store.ts";

export interface HousekeepingParts {
  readonly store: Pick<EngineTaskStore, "expireHeld" | "pruneRecords"> &
    Pick<SchemaVersionStore, "pruneDrafts"> &
    Pick<DirectoryStore, "deleteLeavers">;
  readonly clock: () => number;
  readonly log: Log;
}

/** What is done once an hour, beside the syncs: there may be so many old records that it takes an hour itself. */
export interface Housekeeping {
  /** Begins it when it is due. */
  look(settings: Pick<Settings, "recordRetentionDays" | "leaverRetentionDays">, signal: AbortSignal): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

const hourMs = 3_600_000;
const dayMs = 86_400_000;

export function makeHousekeeping({ store, clock, log }: HousekeepingParts): Housekeeping {
  let beganAt = 0;
  let running: Promise<void> | null = null;
  return {
    look({ recordRetentionDays, leaverRetentionDays }, signal) {
      const now = clock();
      if (running !== null || now - beganAt < hourMs) return;
      beganAt = now;
      const keep = async (): Promise<void> => {
        await store.expireHeld(now);
        await store.deleteLeavers(now - leaverRetentionDays * dayMs);
        await store.pruneDrafts(now - recordRetentionDays * dayMs);
        await store.pruneRecords(now - recordRetentionDays * dayMs, signal);
      };
      running = keep()
        .catch((error: unknown) => {
          if (!signal.aborted) log.error({ err: error }, "housekeeping failed; it is tried again in an hour");
        })
        .finally(() => {
          running = null;
        });
    },
    async idle() {
      await running;
    },
  };
}
