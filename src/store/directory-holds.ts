import { type RawBuilder, type Selectable, sql, type Transaction } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import { isRemovalApproved, isRenameApproved } from "./approvals.ts";
import type { Database } from "./database.ts";
import { countRemovals, identityActions } from "./directory-rows.ts";
import type { DirectoryStore, Lease } from "./engine.ts";
import { holdMemberships, membersAlone, setAside } from "./held-memberships.ts";
import { leasedWrite } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** What the safeguards set aside, and what they count. */
export function makeDirectoryHolds(
  database: Database,
  clock: () => number,
): Pick<
  DirectoryStore,
  | "recentRemovals"
  | "logRemovals"
  | "logIdentityChanges"
  | "holdRemovals"
  | "holdIdentityChanges"
  | "holdMemberRemovals"
  | "forgetReleased"
> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  return {
    async recentRemovals(scope, since, sourceId) {
      const rows = await db
        .selectFrom("removal")
        .select(["resource_type", sql<number>`sum(count)`.as("count")])
        .where("scope", "=", sourceId === undefined ? scope : ofSourceAt(scope, sourceId))
        .where("at", ">", since)
        .groupBy("resource_type")
        .execute();
      return countRemovals(rows);
    },

    logRemovals(lease, scope, taskId, sourceId) {
      const applied = appliedChanges(scope, taskId, isRemovalApproved)
        .where("action", "in", ["deactivate", "delete"])
        .where("approved", "=", 0);
      if (sourceId === undefined) return log(lease, scope, taskId, applied);
      // From the few changes to their resources: a source can have a hundred thousand.
      const ofSource = applied.where((where) =>
        where.exists(
          where
            .selectFrom("resource")
            .select("resource.id")
            .whereRef("resource.id", "=", "change.resource_id")
            .where("resource.source_id", "=", sourceId),
        ),
      );
      return log(lease, ofSourceAt(scope, sourceId), taskId, ofSource);
    },

    logIdentityChanges(lease, scope, taskId) {
      const applied = appliedChanges(scope, taskId, isRenameApproved)
        .where("changes_identity", "=", 1)
        .where("approved", "=", 0);
      return log(lease, `${scope}:identity`, taskId, applied.where("action", "in", identityActions));
    },

    holdRemovals: (lease, taskId, types) =>
      write(lease, async (trx) => {
        if (types.length === 0) return 0;
        await holdPlanned(trx, taskId, types).where("action", "in", ["deactivate", "delete"]).execute();
        return holdMemberships(trx, taskId);
      }),

    holdIdentityChanges: (lease, taskId, types) =>
      write(lease, async (trx) => {
        if (types.length === 0) return 0;
        const held = await holdPlanned(trx, taskId, types)
          .where("action", "in", identityActions)
          .where("changes_identity", "=", 1)
          .returningAll()
          .execute();
        // What a group is called waits; who is in it does not: nobody would look at those people again.
        for (const row of held) if (row.added_count + row.removed_count > 0) await letMembersGoAhead(trx, row);
        // Of whom it would switch off the memberships wait as well.
        return holdMemberships(trx, taskId);
      }),

    holdMemberRemovals: (lease, changeSeqs) =>
      write(lease, async (trx) => {
        let held = 0;
        for (const seq of changeSeqs) {
          const row = await trx.selectFrom("change").selectAll().where("seq", "=", seq).executeTakeFirst();
          if (!row) continue;
          held += await setAside(trx, row, sql`1 = 1`, {
            status: "held",
            because: "more members would leave this group than its safeguard allows",
          });
        }
        await dropEmpty(trx, changeSeqs);
        return held;
      }),

    forgetReleased: (lease, targetId, sourceIds) =>
      write(lease, async (trx) => {
        const released = trx
          .selectFrom("change")
          .innerJoin("resource", "resource.id", "change.resource_id")
          .select("seq")
          .where("target_id", "=", targetId)
          .where("status", "=", sql.lit("planned" as const))
          // What a plan shows of the target is planned as well.
          .where("approved", "=", 1)
          .where(isOneOf("resource.source_id", sourceIds));
        await trx.deleteFrom("change_member").where("change_seq", "in", released).execute();
        await trx.deleteFrom("change").where("seq", "in", released).execute();
      }),
  };

  function holdPlanned(trx: Transaction<Tables>, taskId: string, types: readonly ResourceType[]) {
    return trx
      .updateTable("change")
      .set({ status: "held" })
      .where("task_id", "=", taskId)
      .where("target_id", "is", null)
      .where("status", "=", "planned")
      .where("resource_type", "in", types);
  }

  /** Moves the members of a group's held change to a planned change of their own. */
  async function letMembersGoAhead(trx: Transaction<Tables>, row: Selectable<Tables["change"]>): Promise<void> {
    const { seq, ...copied } = row;
    const inserted = await trx
      .insertInto("change")
      .values({ ...copied, ...membersAlone, status: "planned", because: "its members in the source changed" })
      .returning("seq")
      .executeTakeFirstOrThrow();
    await trx.updateTable("change_member").set({ change_seq: inserted.seq }).where("change_seq", "=", seq).execute();
    await trx.updateTable("change").set({ added_count: 0, removed_count: 0 }).where("seq", "=", seq).execute();
  }

  /**
   * What a task has done of its own accord. What a person let through is no sign of anything: it would have everything
   * held that comes after it.
   *
   * @param isApproved whether a person let it through, of a record at a target: those are written anew
   */
  function appliedChanges(
    scope: string,
    taskId: string,
    isApproved: (resourceId: string, targetId: string) => RawBuilder<boolean>,
  ) {
    const targetId = scope.startsWith("target:") ? scope.slice("target:".length) : null;
    const applied = db
      .selectFrom("change")
      // Not by the index of targets: there the directory has all that ever changed.
      .where(sql<boolean>`coalesce(target_id, '') = ${targetId ?? ""}`)
      .select(["resource_type", sql<number>`count(*)`.as("count")])
      .where("task_id", "=", taskId)
      .where("status", "=", "applied")
      .groupBy("resource_type");
    return targetId === null ? applied : applied.where(sql<boolean>`not ${isApproved("change.resource_id", targetId)}`);
  }

  /** Notes what a task has done, for the window of the safeguards; once more for the same task replaces it. */
  async function log(
    lease: Lease,
    scope: string,
    taskId: string,
    applied: ReturnType<typeof appliedChanges>,
  ): Promise<void> {
    const counts = await applied.execute();
    if (counts.length === 0) return;
    await write(lease, async (trx) => {
      await trx.deleteFrom("removal").where("scope", "=", scope).where("task_id", "=", taskId).execute();
      await database.upsert(trx, {
        table: "removal",
        rows: counts.map((row) => ({
          scope,
          task_id: taskId,
          resource_type: row.resource_type,
          count: Number(row.count),
          at: clock(),
        })),
      });
    });
  }

  /** A change of members of which nothing is left is none. */
  async function dropEmpty(trx: Transaction<Tables>, seqs: readonly number[]): Promise<void> {
    await trx
      .deleteFrom("change")
      .where(isOneOf("seq", seqs))
      .where("added_count", "=", 0)
      .where("removed_count", "=", 0)
      .where("after", "is", null)
      .execute();
  }
}

/** Where the removals of one source at a target are counted, beside all of the target's. */
function ofSourceAt(scope: string, sourceId: string): string {
  return `${scope}:source:${sourceId}`;
}
