import type { Log } from "../lib/log.ts";
import { compileProtection, ProtectionError } from "../plan/protection.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type {
  ConsentStore,
  DirectoryStore,
  EngineTaskStore,
  ProtectedSource,
  SchemaVersionStore,
  Settings,
  SourceStore,
} from "../store/store.ts";

export interface HousekeepingParts {
  readonly store: Pick<EngineTaskStore, "expireHeld" | "pruneRecords"> &
    Pick<SchemaVersionStore, "pruneDrafts"> &
    Pick<DirectoryStore, "deleteLeavers"> &
    Pick<ConsentStore, "deleteOldConsents"> &
    Pick<SourceStore, "listSources">;
  readonly catalog: () => Promise<SchemaCatalog>;
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

export function makeHousekeeping({ store, catalog, clock, log }: HousekeepingParts): Housekeeping {
  /** Who has left before he was protected is kept. Where a filter cannot be understood any more, everybody is. */
  const protectedSources = async (): Promise<readonly ProtectedSource[]> => {
    const schemas = await catalog();
    return (await store.listSources()).flatMap(({ id, settings }) => {
      try {
        const filter = compileProtection(settings.safeguards, schemas).filters.User;
        return filter === null ? [] : [{ sourceId: id, filter }];
      } catch (error) {
        if (!(error instanceof ProtectionError)) throw error;
        return [{ sourceId: id, filter: { kind: "constant", value: true } as const }];
      }
    });
  };

  let beganAt = 0;
  let running: Promise<void> | null = null;
  return {
    look({ recordRetentionDays, leaverRetentionDays }, signal) {
      const now = clock();
      if (running !== null || now - beganAt < hourMs) return;
      beganAt = now;
      const keep = async (): Promise<void> => {
        await store.expireHeld(now);
        // What they gave goes whether or not they stay in the directory, protected.
        await store.deleteOldConsents(now - leaverRetentionDays * dayMs);
        await store.deleteLeavers(now - leaverRetentionDays * dayMs, await protectedSources());
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
