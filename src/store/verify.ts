import { sql } from "kysely";
import type { ResourceType } from "../scim/resource.ts";
import { changeRow, sourcesOfResources } from "./change-row.ts";
import type { Database } from "./database.ts";
import type { Finding, VerifyStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { freshLink } from "./push.ts";
import type { LinkedQueries } from "./push-pending.ts";
import { unlink } from "./unlink.ts";
import { makeVerifyMembers } from "./verify-members.ts";

/** Missing accounts that are let go of in one write. */
const unlinkedAtOnce = 500;

/** What was seen at a target, and what was wrong with it. */
export function makeVerifyStore(database: Database, clock: () => number): Omit<VerifyStore, keyof LinkedQueries> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  return {
    ...makeVerifyMembers(database),
    ...makeCandidates(database),

    forgetSeen: (lease, targetId, exceptTaskId) =>
      write(lease, async (trx) => {
        await trx
          .deleteFrom("remote_seen")
          .where("target_id", "=", targetId)
          .where("task_id", "<>", exceptTaskId)
          .execute();
      }),

    async notSeen(targetId, type, remoteIds) {
      const rows = await db
        .selectFrom("remote_seen")
        .select("remote_id")
        .where("target_id", "=", targetId)
        .where("resource_type", "=", type)
        .where(isOneOf("remote_id", remoteIds))
        .execute();
      const seen = new Set(rows.map((row) => row.remote_id));
      return new Set(remoteIds.filter((id) => !seen.has(id)));
    },

    saveSeen: (lease, taskId, targetId, type, { seen, findings = [], corrections = [], letGo = [], matches = [] }) =>
      write(lease, async (trx) => {
        const now = clock();
        await database.upsert(trx, {
          table: "remote_seen",
          rows: seen.map(({ remoteId, externalId, state }) => ({
            ...{ target_id: targetId, resource_type: type, remote_id: remoteId, task_id: taskId },
            ...{ state, external_id: externalId, claimed_by: null },
          })),
          conflict: ["target_id", "resource_type", "remote_id"],
        });
        const records = findings.map(recordOf);
        const sources = await sourcesOfResources(
          database,
          trx,
          records.map(({ resourceId }) => resourceId),
        );
        await database.upsert(trx, {
          table: "change",
          rows: records.map((record) =>
            changeRow(record, { taskId, targetId, sourceId: sources.get(record.resourceId) ?? null, now }),
          ),
        });
        await database.upsert(trx, {
          table: "remote_match",
          rows: matches.map(({ attribute, value, remoteId }) => ({
            ...{ target_id: targetId, resource_type: type, attribute, value, remote_id: remoteId },
          })),
          conflict: ["target_id", "resource_type", "attribute", "value", "remote_id"],
        });
        await database.upsert(trx, {
          table: "link",
          rows: corrections.map(({ resourceId, held, active, version }) => ({
            ...freshLink(targetId, resourceId, 0),
            ...{ held, active: active ? 1 : 0, version },
          })),
          conflict: ["target_id", "resource_id"],
          update: ["held", "active", "version", "updated_at"],
        });
        await unlink(database, trx, targetId, { resourceType: type, resourceIds: letGo, again: false, now });
      }),

    async unlinkMissing(lease, taskId, targetId) {
      for (let after = 0; ; ) {
        const rows = await db
          .selectFrom("change")
          .innerJoin("link", (join) =>
            join.onRef("link.resource_id", "=", "change.resource_id").on("link.target_id", "=", targetId),
          )
          .select(["change.seq", "change.resource_id", "change.resource_type"])
          .where("change.task_id", "=", taskId)
          .where("change.target_id", "=", targetId)
          .where("change.status", "=", "missing")
          .where("change.seq", ">", after)
          // Whoever was linked to another account since is not lost.
          .whereRef("link.remote_id", "=", "change.remote_id")
          .orderBy("change.seq")
          .limit(unlinkedAtOnce)
          .execute();
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.seq;
        await write(lease, async (trx) => {
          for (const resourceType of ["User", "Group"] as const) {
            const resourceIds = rows.filter((row) => row.resource_type === resourceType).map((row) => row.resource_id);
            await unlink(database, trx, targetId, { resourceType, resourceIds, again: true, now: clock() });
          }
        });
      }
    },

    async countFindings(taskId, targetId) {
      const seen = await db
        .selectFrom("remote_seen")
        .select(["resource_type", "state", sql<number>`count(*)`.as("count")])
        .where("target_id", "=", targetId)
        .groupBy(["resource_type", "state"])
        .execute();
      const found = await db
        .selectFrom("change")
        .select(["resource_type", "status"])
        .select(sql<number>`count(*)`.as("count"))
        .select(sql<number>`sum(added_count)`.as("missing"))
        .select(sql<number>`sum(removed_count)`.as("extra"))
        .where("task_id", "=", taskId)
        .where("target_id", "=", targetId)
        .where("status", "in", ["missing", "drifted"])
        .groupBy(["resource_type", "status"])
        .execute();
      const sum = (key: "missing" | "extra"): number => found.reduce((all, row) => all + Number(row[key] ?? 0), 0);
      const of = (type: ResourceType) => {
        const seenAs = (state: string): number =>
          Number(seen.find((row) => row.resource_type === type && row.state === state)?.count ?? 0);
        const foundAs = (status: string): number =>
          Number(found.find((row) => row.resource_type === type && row.status === status)?.count ?? 0);
        const missing = foundAs("missing");
        const checked = seenAs("linked") + missing;
        return { checked, missing, drifted: foundAs("drifted"), unmanaged: seenAs("unmanaged"), pending: 0 };
      };
      return { users: of("User"), groups: of("Group"), members: { missing: sum("missing"), extra: sum("extra") } };
    },

    noteVerifyFirst: (lease, targetId, reason) =>
      write(lease, async (trx) => {
        await trx.updateTable("target").set({ verify_first: reason }).where("id", "=", targetId).execute();
      }),

    async noteVerifyStarted(targetId, from, to) {
      const moved = await db
        .updateTable("target")
        .set({ verify_started_at: to })
        .where("id", "=", targetId)
        .where("verify_started_at", from === null ? "is" : "=", from)
        .executeTakeFirst();
      return moved.numUpdatedRows > 0n;
    },

    forgetRecordsOf: (lease, taskId, targetId) =>
      write(lease, async (trx) => {
        await trx.deleteFrom("change").where("task_id", "=", taskId).where("target_id", "=", targetId).execute();
      }),
  };
}

function recordOf({ resourceId, ...finding }: Finding) {
  return { ...finding, resourceId: resourceId ?? "", error: finding.error ?? null };
}

/** What was listed, to be matched in pages rather than one by one. */
function makeCandidates(database: Database): Pick<VerifyStore, "matchCandidates" | "claimSeen"> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);
  return {
    async matchCandidates(targetId, type, attribute, values) {
      if (values.length === 0) return [];
      const rows = await db
        .selectFrom("remote_match as m")
        .innerJoin("remote_seen as s", (join) =>
          join
            .onRef("s.target_id", "=", "m.target_id")
            .onRef("s.resource_type", "=", "m.resource_type")
            .onRef("s.remote_id", "=", "m.remote_id"),
        )
        .select(["m.value", "m.remote_id", "s.external_id", "s.claimed_by"])
        .where("m.target_id", "=", targetId)
        .where("m.resource_type", "=", type)
        .where("m.attribute", "=", attribute)
        .where(isOneOf("m.value", values))
        .orderBy("m.remote_id")
        .execute();
      return rows.map((row) => ({
        ...{ value: row.value, remoteId: row.remote_id, externalId: row.external_id, claimedBy: row.claimed_by },
      }));
    },

    claimSeen: (lease, targetId, type, claims) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "remote_seen",
          rows: claims.map(({ remoteId, resourceId }) => ({
            ...{ target_id: targetId, resource_type: type, remote_id: remoteId, task_id: "" },
            ...{ state: "unmanaged", external_id: null, claimed_by: resourceId },
          })),
          conflict: ["target_id", "resource_type", "remote_id"],
          update: ["claimed_by"],
        }),
      ),
  };
}
