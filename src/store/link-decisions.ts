import { uuidv7 } from "../lib/uuid.ts";
import { changeRow, sourcesOfResources } from "./change-row.ts";
import { noCounts } from "./counts.ts";
import type { Database } from "./database.ts";
import type { ChosenAccount, LinkDecisionStore, LinkedOne, PushOutcome } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import { membersVersions } from "./members-version.ts";
import { freshLink } from "./push.ts";
import { takeOver } from "./take-over.ts";
import { unlink } from "./unlink.ts";

/** What a person decided about the account of one resource: a task of its own, with one record. */
export function makeLinkDecisions(database: Database, clock: () => number): LinkDecisionStore {
  const { db } = database;
  const write = leasedWrite(database);
  return {
    async linkedOne(targetId, resourceId) {
      const row = await db
        .selectFrom("resource as x")
        .leftJoin("link as l", (join) => join.onRef("l.resource_id", "=", "x.id").on("l.target_id", "=", targetId))
        .select(["x.id", "x.type", "x.source_id", "x.external_id", "x.display_name", "x.document"])
        .select(["l.remote_id", "l.held"])
        .where("x.id", "=", resourceId)
        .where("x.deleted_at", "is", null)
        .executeTakeFirst();
      if (row === undefined) return null;
      return {
        ...{ id: row.id, type: row.type, sourceId: row.source_id, externalId: row.external_id },
        ...{ displayName: row.display_name, document: row.document, remoteId: row.remote_id, held: row.held },
      };
    },

    decideLink: (lease, targetId, resource, account, requestedBy = null) =>
      write(lease, async (trx) => {
        const now = clock();
        const taskId = uuidv7(now);
        await trx
          .insertInto("sync_task")
          .values({
            ...{ id: taskId, source_id: null, target_id: targetId, slot: null, trigger: "manual", mode: "link" },
            ...{ state: "succeeded", approved: 0, stage: "push", progress: null, counts: JSON.stringify(noCounts) },
            ...{ targets: "[]", error: null, hold: null, created_at: now, started_at: now, finished_at: now },
            requested_by: requestedBy,
          })
          .execute();
        const { id: resourceId, type: resourceType, externalId, displayName } = resource;
        const label = { resourceId, resourceType, externalId, displayName };
        const sourceId = (await sourcesOfResources(database, trx, [resourceId])).get(resourceId) ?? null;
        const rows = [changeRow({ ...label, ...recordOf(resource, account) }, { taskId, targetId, sourceId, now })];
        await database.upsert(trx, { table: "change", rows });
        await unlink(database, trx, targetId, { resourceType, resourceIds: [resourceId], again: false, now });
        if (account === null) return;
        const link = { ...account, state: "linked", version: 0, lacksManager: false } as const;
        await takeOver(database, trx, targetId, [{ ...label, record: null, link }], now);
        await database.upsert(trx, {
          table: "link",
          rows: [
            {
              ...freshLink(targetId, resource.id, now),
              ...{ remote_id: account.remoteId, state: "linked", active: account.active ? 1 : 0, held: account.held },
              ...{ members_version: membersVersions.again },
            },
          ],
          conflict: ["target_id", "resource_id"],
          update: ["remote_id", "state", "version", "members_version", "active", "held", "updated_at"],
        });
      }),
  };
}

function recordOf({ remoteId, held }: LinkedOne, account: ChosenAccount | null): NonNullable<PushOutcome["record"]> {
  const done = { status: "applied", error: null } as const;
  if (account !== null) {
    const because = "an administrator linked it to this account";
    return { ...done, action: "adopt", because, before: account.held, after: account.held, remoteId: account.remoteId };
  }
  const because = "an administrator let go of the account; at the target nothing was touched";
  return { ...done, action: "release", because, before: held, after: null, remoteId: remoteId ?? "" };
}
