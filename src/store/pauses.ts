import { sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { askLeaseBack } from "./leases.ts";
import { compareMembersAgain } from "./members-version.ts";
import type { Pause } from "./store.ts";
import type { Tables } from "./tables.ts";

/** A person of whom all changes are kept back. */
export interface PausedPerson extends Pause {
  readonly resourceId: string;
  /** The target's id; null: at all targets. */
  readonly target: string | null;
}

/** What administrators keep back: one person, or one target. */
export interface PauseStore {
  /** Once more with another reason is another pause, else it stays the first. A push that is under way is cut off, and goes on without him. */
  pausePerson(resourceId: string, target: string | null, pause: Omit<Pause, "since">): Promise<PausedPerson>;
  /** Lets go of him; his memberships are compared anew. False when he was not paused like that. */
  resumePerson(resourceId: string, target: string | null): Promise<boolean>;
  listPauses(resourceId: string): Promise<readonly PausedPerson[]>;
  /** Null lets go of it; once more as of a person. A push that is under way is cut off. */
  pauseTarget(targetId: string, pause: Omit<Pause, "since"> | null): Promise<void>;
  /** How many people of this source each target holds whose changes are kept back there; targets without any are missing. */
  pausedPeople(sourceId: string): Promise<ReadonlyMap<string, number>>;
}

/** In place of a target's id: all of them. */
const everywhere = "";

export function makePauseStore({ db, write }: Database, clock: () => number): PauseStore {
  const listPauses = async (resourceId: string): Promise<readonly PausedPerson[]> => {
    const rows = await db
      .selectFrom("pause")
      .selectAll()
      .where("resource_id", "=", resourceId)
      .orderBy("target_id")
      .execute();
    return rows.map(({ resource_id, target_id, reason, since, paused_by }) => ({
      ...{ resourceId: resource_id, target: target_id === everywhere ? null : target_id },
      ...{ reason, since: Number(since), by: paused_by },
    }));
  };

  return {
    listPauses,

    async pausePerson(resourceId, target, pause) {
      await write(async (trx) => {
        const place = { resource_id: resourceId, target_id: target ?? everywhere };
        const row = await trx
          .selectFrom("pause")
          .selectAll()
          .where("resource_id", "=", place.resource_id)
          .where("target_id", "=", place.target_id)
          .executeTakeFirst();
        const before = row && { reason: row.reason, since: Number(row.since), by: row.paused_by };
        const { reason, since, by } = pauseAgain(before ?? null, pause, clock());
        await trx
          .insertInto("pause")
          .values({ ...place, reason, since, paused_by: by })
          .onConflict((conflict) =>
            conflict.columns(["resource_id", "target_id"]).doUpdateSet({ reason, since, paused_by: by }),
          )
          .execute();
        await cutOffPushes(trx, target);
      });
      const found = (await listPauses(resourceId)).find((each) => each.target === target);
      if (found === undefined) throw new Error("the pause was lifted at this moment");
      return found;
    },

    resumePerson: (resourceId, target) =>
      write(async (trx) => {
        const lifted = await trx
          .deleteFrom("pause")
          .where("resource_id", "=", resourceId)
          .where("target_id", "=", target ?? everywhere)
          .executeTakeFirst();
        if (lifted.numDeletedRows === 0n) return false;
        // Who came and went meanwhile was left out of what each group was given.
        let groups = trx.updateTable("link").set({ members_version: compareMembersAgain });
        if (target !== null) groups = groups.where("target_id", "=", target);
        await groups
          .where("remote_id", "is not", null)
          .where((where) =>
            where.or([
              where(
                "resource_id",
                "in",
                where.selectFrom("member").select("group_id").where("member_id", "=", resourceId),
              ),
              where(
                "resource_id",
                "in",
                where.selectFrom("link_member").select("group_id").where("member_id", "=", resourceId),
              ),
            ]),
          )
          .execute();
        return true;
      }),

    pauseTarget: (targetId, pause) =>
      write(async (trx) => {
        const row = await trx.selectFrom("target").select("paused").where("id", "=", targetId).executeTakeFirst();
        const before = row?.paused ? (JSON.parse(row.paused) as Pause) : null;
        const paused = pause === null ? null : JSON.stringify(pauseAgain(before, pause, clock()));
        await trx.updateTable("target").set({ paused, updated_at: clock() }).where("id", "=", targetId).execute();
        if (pause !== null) await cutOffPushes(trx, targetId);
      }),

    async pausedPeople(sourceId) {
      const rows = await db
        .selectFrom("pause as p")
        .innerJoin("resource as x", "x.id", "p.resource_id")
        .innerJoin("link as l", "l.resource_id", "p.resource_id")
        .select(["l.target_id", sql<number>`count(distinct p.resource_id)`.as("count")])
        .where("x.source_id", "=", sourceId)
        .where("l.remote_id", "is not", null)
        .where((where) =>
          where.or([where("p.target_id", "=", ""), where("p.target_id", "=", where.ref("l.target_id"))]),
        )
        .groupBy("l.target_id")
        .execute();
      return new Map(rows.map(({ target_id, count }) => [target_id, Number(count)]));
    },
  };
}

/** The pause that holds when somebody pauses what may be paused already: without another reason it stays the one that it is. */
function pauseAgain(before: Pause | null, { reason, by }: Omit<Pause, "since">, now: number): Pause {
  if (before !== null && (reason === null || reason === before.reason)) return before;
  return { reason, by, since: now };
}

/** What is under way does not know of the pause: it ends once what it has begun is written down, and whoever takes it up again does. */
async function cutOffPushes(trx: Transaction<Tables>, target: string | null): Promise<void> {
  const targets =
    target === null ? (await trx.selectFrom("target").select("id").execute()).map(({ id }) => id) : [target];
  for (const id of targets) await askLeaseBack(trx, `target:${id}`);
}
