import type { Database } from "./database.ts";
import type { Lease } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { insertTask } from "./queued-task.ts";
import type { TargetRow } from "./store.ts";

/** Why a target is pushed to by nobody for the time being. */
export interface Quarantine {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What the last try ended with: `target.unauthorized`. */
  readonly code: string;
  /** A sentence; no personal data, no secrets. */
  readonly detail: string;
  /** Tries since then that failed. */
  readonly tries: number;
  /** Milliseconds since 1970. */
  readonly nextTryAt: number;
}

/** Targets that cannot be pushed to for the time being. */
export interface QuarantineStore {
  /** Under the target's lease. Of a target that an administrator changed since `found` was read the next try is due at once. */
  quarantineTarget(lease: Lease, found: Pick<TargetRow, "id" | "updatedAt">, quarantine: Quarantine): Promise<void>;
  /**
   * Under the target's lease. With `pushRest` a push of all that it is to be given is queued in the same write. False when it
   * was in none.
   */
  freeTarget(lease: Lease, targetId: string, options: { readonly pushRest: boolean }): Promise<boolean>;
  /** Makes the next try due at once. False when it is in none. */
  tryAtOnce(targetId: string): Promise<boolean>;
  /** Ids of targets whose next try has come. */
  dueTries(now: number): Promise<readonly string[]>;
}

export function makeQuarantineStore(database: Database, clock: () => number): QuarantineStore {
  const { db } = database;
  const write = leasedWrite(database);
  return {
    quarantineTarget: (lease, { id, updatedAt }, { nextTryAt, ...rest }) =>
      write(lease, async (trx) => {
        const now = await trx.selectFrom("target").select("updated_at").where("id", "=", id).executeTakeFirst();
        const isChanged = now !== undefined && Number(now.updated_at) !== updatedAt;
        const next_try_at = isChanged ? clock() : nextTryAt;
        const quarantine = JSON.stringify(isChanged ? { ...rest, tries: 0 } : rest);
        await trx.updateTable("target").set({ quarantine, next_try_at }).where("id", "=", id).execute();
      }),

    freeTarget: (lease, targetId, { pushRest }) =>
      write(lease, async (trx) => {
        const freed = await trx
          .updateTable("target")
          .set({ quarantine: null, next_try_at: null })
          .where("id", "=", targetId)
          .where("quarantine", "is not", null)
          .executeTakeFirst();
        if (freed.numUpdatedRows === 0n) return false;
        if (pushRest) await insertTask(trx, { ...pushOf(targetId), trigger: "schedule" }, clock());
        return true;
      }),

    async tryAtOnce(targetId) {
      const moved = await db
        .updateTable("target")
        .set({ next_try_at: clock() })
        .where("id", "=", targetId)
        .where("quarantine", "is not", null)
        .executeTakeFirst();
      return moved.numUpdatedRows > 0n;
    },

    async dueTries(now) {
      const due = await db
        .selectFrom("target")
        .select("id")
        .where("next_try_at", "<=", now)
        .where("status", "=", "enabled")
        .where("paused", "is", null)
        .execute();
      return due.map(({ id }) => id);
    },
  };
}

/** A push of all that a target is to be given. */
function pushOf(targetId: string) {
  return { sourceId: null, targetId, mode: "apply" } as const;
}

/** What the columns say. */
export function toQuarantine(json: string | null, nextTryAt: number | null): Quarantine | null {
  if (json === null) return null;
  return { ...(JSON.parse(json) as Omit<Quarantine, "nextTryAt">), nextTryAt: Number(nextTryAt ?? 0) };
}

/** What a change of its settings does to a quarantine: it is tried at once, and the waits begin anew. */
export function sooner(quarantine: Quarantine, now: number) {
  const { nextTryAt: _, ...rest } = quarantine;
  return { quarantine: JSON.stringify({ ...rest, tries: 0 }), next_try_at: now };
}
