import { sql, type Transaction } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import { type DocumentColumns, documentColumns } from "../scim/document.ts";
import type { Database, Row } from "./database.ts";
import type { DirectoryChange, DirectoryStore, GroupLabel, Lease } from "./engine.ts";
import { assertLease } from "./leases.ts";
import { toCurrent } from "./records.ts";
import type { Tables } from "./tables.ts";

/** Our own directory: what is planned for it, and what is applied. */
export function makeDirectoryStore(database: Database, clock: () => number): DirectoryStore {
  const { db, dialect, isOneOf } = database;

  /** A write transaction that proves the lease first. */
  const write = <T>(lease: Lease, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    database.write(async (trx) => {
      await assertLease(dialect, trx, lease);
      return work(trx);
    });

  return {
    async readCurrent(ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom("resource")
        .select(["id", "type", "key", "version", "external_id", "display_name", "active", "document"])
        .select(["departed_at", "deleted_at"])
        .where(isOneOf("id", ids))
        .execute();
      return rows.map(toCurrent);
    },

    async userNameHolders(folded) {
      if (folded.length === 0) return new Map();
      const rows = await db
        .selectFrom("resource")
        .leftJoin("source", "source.id", "resource.source_id")
        .select(["user_name_folded", "resource.id", "source.name"])
        .where("resource.type", "=", "User")
        .where("deleted_at", "is", null)
        .where(isOneOf("user_name_folded", folded))
        .execute();
      return new Map(
        rows.map((row) => [row.user_name_folded ?? "", { resourceId: row.id, sourceName: row.name ?? "" }]),
      );
    },

    async edgesOf(sourceId, kind, memberIds) {
      if (memberIds.length === 0) return [];
      const rows = await db
        .selectFrom("member as m")
        .innerJoin("resource as g", "g.id", "m.group_id")
        .select(["m.group_id", "m.member_id"])
        .where("g.source_id", "=", sourceId)
        .where("g.kind", "=", kind)
        .where(isOneOf("m.member_id", memberIds))
        .execute();
      return rows.map((row) => ({ groupId: row.group_id, memberId: row.member_id }));
    },

    async edgesAnywhere(memberIds) {
      if (memberIds.length === 0) return [];
      const rows = await db.selectFrom("member").selectAll().where(isOneOf("member_id", memberIds)).execute();
      return rows.map((row) => ({ groupId: row.group_id, memberId: row.member_id }));
    },

    async membersOfGroup(groupId) {
      const rows = await db.selectFrom("member").selectAll().where("group_id", "=", groupId).execute();
      return rows.map((row) => ({ value: row.member_id, type: row.member_type }));
    },

    async countOfSource(sourceId) {
      const { rows } = await sql<{ users: number | null; active_users: number | null; groups: number | null }>`
        select sum(case when type = 'User' and departed_at is null then 1 else 0 end) as users,
          sum(case when type = 'User' and active = 1 then 1 else 0 end) as active_users,
          sum(case when type = 'Group' then 1 else 0 end) as groups
        from resource where source_id = ${sourceId} and deleted_at is null`.execute(db);
      const row = rows[0];
      return {
        users: Number(row?.users ?? 0),
        activeUsers: Number(row?.active_users ?? 0),
        groups: Number(row?.groups ?? 0),
      };
    },

    forgetPlanned: (lease, taskId) =>
      write(lease, async (trx) => {
        const planned = trx
          .selectFrom("change")
          .select("seq")
          .where("task_id", "=", taskId)
          .where("status", "in", ["planned", "held", "failed"]);
        await trx.deleteFrom("change_member").where("change_seq", "in", planned).execute();
        await trx.deleteFrom("change").where("seq", "in", planned).execute();
        await trx.deleteFrom("task_mark").where("task_id", "=", taskId).execute();
      }),

    addChanges: (lease, taskId, changes) =>
      write(lease, (trx) =>
        database.upsert(trx, { table: "change", rows: changes.map((change) => toRow(change, taskId, clock())) }),
      ),

    addMemberChanges: (lease, taskId, edges, { leavers, because }) =>
      write(lease, async (trx) => {
        const groupIds = [...new Set(edges.map((edge) => edge.groupId))];
        const seqs = await changesOfGroups(trx, taskId, groupIds, leavers);
        const missing = groupIds.filter((id) => !seqs.has(id));
        if (missing.length > 0) {
          const labels = await labelsOf(trx, missing);
          await database.upsert(trx, {
            table: "change",
            rows: labels.map((label) => membershipRow(label, taskId, leavers, because, clock())),
          });
          for (const [id, seq] of await changesOfGroups(trx, taskId, missing, leavers)) seqs.set(id, seq);
        }
        const rows: Row[] = [];
        for (const { groupId, op, memberId, memberType } of edges) {
          const seq = seqs.get(groupId);
          if (seq !== undefined) rows.push({ change_seq: seq, op, member_id: memberId, member_type: memberType });
        }
        await database.upsert(trx, { table: "change_member", rows, conflict: ["change_seq", "op", "member_id"] });
      }),

    countMemberChanges: (lease, taskId) =>
      write(lease, async (trx) => {
        await sql`
          update change set
            added_count = (select count(*) from change_member m where m.change_seq = change.seq and m.op = 'add'),
            removed_count = (select count(*) from change_member m where m.change_seq = change.seq and m.op = 'remove')
          where task_id = ${taskId} and target_id is null and resource_type = 'Group' and status = 'planned'`.execute(
          trx,
        );
      }),

    async plannedRemovals(taskId) {
      const rows = await db
        .selectFrom("change")
        .select(["resource_type", sql<number>`count(*)`.as("count")])
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .where("status", "=", "planned")
        .where("action", "in", ["deactivate", "delete"])
        .groupBy("resource_type")
        .execute();
      return removalCounts(rows);
    },

    async plannedMemberLosses(taskId, moreThan) {
      const { rows } = await sql<{ seq: number; removed: number; total: number }>`
        select c.seq, c.removed_count as removed,
          (select count(*) from member m where m.group_id = c.resource_id) as total
        from change c
        where c.task_id = ${taskId} and c.target_id is null and c.status = 'planned' and c.leavers = 0
          and c.action = 'update' and c.removed_count > ${moreThan}`.execute(db);
      return rows.map((row) => ({ changeSeq: row.seq, removed: row.removed, total: Number(row.total) }));
    },

    async recentRemovals(scope, since) {
      const rows = await db
        .selectFrom("removal")
        .select(["resource_type", sql<number>`sum(count)`.as("count")])
        .where("scope", "=", scope)
        .where("at", ">", since)
        .groupBy("resource_type")
        .execute();
      return removalCounts(rows);
    },

    holdRemovals: (lease, taskId, types) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("change")
          .set({ status: "held" })
          .where("task_id", "=", taskId)
          .where("target_id", "is", null)
          .where("status", "=", "planned")
          .where((where) =>
            where.or([
              where.and([where("action", "in", ["deactivate", "delete"]), where("resource_type", "in", types)]),
              // Who stays also stays in his groups; a group that stays also stays in its parent.
              where("leavers", "=", 1),
            ]),
          )
          .execute();
      }),

    holdMemberRemovals: (lease, changeSeqs) =>
      write(lease, async (trx) => {
        let held = 0;
        for (const seq of changeSeqs) {
          const row = await trx.selectFrom("change").selectAll().where("seq", "=", seq).executeTakeFirst();
          if (!row) continue;
          held += row.removed_count;
          // The removals move to a change of their own, so that the rest of this one can go ahead.
          const inserted = await trx
            .insertInto("change")
            .values({
              ...{ ...row, seq: undefined },
              status: "held",
              before: null,
              after: null,
              sources: null,
              added_count: 0,
              because: "more members would leave this group than its safeguard allows",
            })
            .returning("seq")
            .executeTakeFirstOrThrow();
          await trx
            .updateTable("change_member")
            .set({ change_seq: inserted.seq })
            .where("change_seq", "=", seq)
            .where("op", "=", "remove")
            .execute();
          await trx.updateTable("change").set({ removed_count: 0 }).where("seq", "=", seq).execute();
        }
        await trx
          .deleteFrom("change")
          .where("seq", "in", changeSeqs.length > 0 ? [...changeSeqs] : [-1])
          .where("added_count", "=", 0)
          .where("removed_count", "=", 0)
          .where("after", "is", null)
          .execute();
        return held;
      }),

    releaseHeld: (lease, taskId) =>
      write(lease, async (trx) => {
        const overtaken = await sql`
          update change set status = 'skipped', error = 'changed since it was held'
          where task_id = ${taskId} and target_id is null and status = 'held' and action <> 'create' and after is not null
            and not exists (select 1 from resource x where x.id = change.resource_id and x.version = change.base_version)`.execute(
          trx,
        );
        const released = await trx
          .updateTable("change")
          .set({ status: "planned" })
          .where("task_id", "=", taskId)
          .where("status", "=", "held")
          .executeTakeFirst();
        return { released: Number(released.numUpdatedRows), overtaken: Number(overtaken.numAffectedRows ?? 0n) };
      }),

    forgetReleased: (lease, taskId) =>
      write(lease, async (trx) => {
        await trx
          .deleteFrom("change")
          .where("task_id", "=", taskId)
          .where("target_id", "is not", null)
          .where("status", "=", "planned")
          .execute();
      }),

    applyNext: (lease, taskId, sourceId, limit) =>
      write(lease, async (trx) => {
        const rows = await trx
          .selectFrom("change")
          .selectAll()
          .where("task_id", "=", taskId)
          .where("target_id", "is", null)
          .where("status", "=", "planned")
          .where("after", "is not", null)
          .orderBy("seq")
          .limit(limit)
          .execute();
        if (rows.length === 0) return 0;
        const now = clock();
        const states = rows.map((row) => ({
          row,
          columns: documentColumns(JSON.parse(row.after ?? "{}") as JsonObject),
          extra: JSON.parse(row.apply ?? "{}") as AppliedState,
        }));
        const refused = await refuseTakenNames(trx, states);
        const accepted = states.filter(({ row }) => !refused.has(row.seq));
        await database.upsert(trx, {
          table: "resource",
          rows: accepted.map(({ row, columns, extra }) => ({
            ...columns,
            id: row.resource_id,
            source_id: sourceId,
            type: row.resource_type,
            kind: extra.kind,
            key: extra.key,
            version: row.base_version + 1,
            members_version: 0,
            fingerprint: extra.fingerprint,
            mapping_version: extra.mappingVersion,
            manager_key: extra.managerKey,
            created_at: now,
            last_modified_at: now,
            departed_at: extra.departed && row.resource_type === "User" ? now : null,
            deleted_at: extra.departed && row.resource_type === "Group" ? now : null,
          })),
          conflict: ["id"],
          update: resourceColumns,
        });
        const gone = accepted.filter(({ extra }) => extra.departed);
        if (gone.length > 0) {
          const ids = gone.map(({ row }) => row.resource_id);
          await trx
            .deleteFrom("source_record")
            .where("source_id", "=", sourceId)
            .where(isOneOf("resource_id", ids))
            .execute();
          const groups = gone.filter(({ row }) => row.resource_type === "Group").map(({ row }) => row.resource_id);
          if (groups.length > 0) await trx.deleteFrom("member").where(isOneOf("group_id", groups)).execute();
        }
        await trx
          .updateTable("change")
          .set({ status: "applied" })
          .where(
            isOneOf(
              "seq",
              accepted.map(({ row }) => row.seq),
            ),
          )
          .execute();
        return rows.length;
      }),

    applyMembers: (lease, taskId, { leavers }, limit) =>
      write(lease, async (trx) => {
        const found = await trx
          .selectFrom("change")
          .select(["seq", "resource_id"])
          .where("task_id", "=", taskId)
          .where("target_id", "is", null)
          .where("resource_type", "=", "Group")
          .where("status", "in", ["planned", "applied"])
          .where("leavers", "=", leavers ? 1 : 0)
          .where("members_applied", "=", 0)
          .orderBy("seq")
          .limit(limit)
          .execute();
        if (found.length === 0) return 0;
        const seqs = found.map((row) => row.seq);
        const ofThese = isOneOf("c.seq", seqs);
        // A person or group whose own change was refused does not exist: it is in no group.
        await sql`
          insert into member (group_id, member_id, member_type)
          select c.resource_id, m.member_id, m.member_type
          from change c join change_member m on m.change_seq = c.seq and m.op = 'add'
          where ${ofThese}
            and exists (select 1 from resource g where g.id = c.resource_id and g.deleted_at is null)
            and exists (select 1 from resource x where x.id = m.member_id and x.deleted_at is null)
          on conflict do nothing`.execute(trx);
        const onlyLeavers = leavers
          ? sql`and exists (select 1 from resource x where x.id = m.member_id
              and (x.departed_at is not null or x.deleted_at is not null))`
          : sql``;
        await sql`
          delete from member where ${isOneOf("group_id", [...new Set(found.map((row) => row.resource_id))])}
            and exists (select 1 from change c join change_member m on m.change_seq = c.seq and m.op = 'remove'
              where ${ofThese} and c.resource_id = member.group_id and m.member_id = member.member_id ${onlyLeavers})`.execute(
          trx,
        );
        await sql`
          update resource set members_version = members_version + 1, last_modified_at = ${clock()},
            version = version + (select case when c.after is null then 1 else 0 end from change c
              where ${ofThese} and c.resource_id = resource.id)
          where id in (select c.resource_id from change c where ${ofThese} and (c.added_count > 0 or c.removed_count > 0))`.execute(
          trx,
        );
        await trx
          .updateTable("change")
          .set({ status: "applied", members_applied: 1 })
          .where(isOneOf("seq", seqs))
          .execute();
        return found.length;
      }),

    async logRemovals(lease, scope, taskId) {
      const targetId = scope.startsWith("target:") ? scope.slice("target:".length) : null;
      const counts = await db
        .selectFrom("change")
        .select(["resource_type", sql<number>`count(*)`.as("count")])
        .where("task_id", "=", taskId)
        .where("target_id", targetId === null ? "is" : "=", targetId)
        .where("status", "=", "applied")
        .where("action", "in", ["deactivate", "delete"])
        .groupBy("resource_type")
        .execute();
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
    },

    markSame: (lease, taskId, marks, mappingVersion) =>
      write(lease, (trx) =>
        database.upsert(trx, {
          table: "task_mark",
          rows: marks.map(({ id, fingerprint }) => ({
            task_id: taskId,
            resource_id: id,
            fingerprint,
            mapping_version: mappingVersion,
          })),
          conflict: ["task_id", "resource_id"],
          update: ["fingerprint", "mapping_version"],
        }),
      ),

    applyMarks: (lease, taskId) =>
      write(lease, async (trx) => {
        await sql`
          update resource set fingerprint = k.fingerprint, mapping_version = k.mapping_version
          from task_mark k where k.task_id = ${taskId} and k.resource_id = resource.id`.execute(trx);
        await trx.deleteFrom("task_mark").where("task_id", "=", taskId).execute();
      }),

    forgetRecords: (lease, sourceId, kind, keys) =>
      write(lease, async (trx) => {
        await trx
          .deleteFrom("source_record")
          .where("source_id", "=", sourceId)
          .where("kind", "=", kind)
          .where(isOneOf("key", keys))
          .execute();
      }),

    async deleteLeavers(before) {
      // The row stays, emptied of the person: the id must never mean somebody else.
      const deleted = await db
        .updateTable("resource")
        .set({
          deleted_at: clock(),
          document: "{}",
          folded: "{}",
          user_name: null,
          user_name_folded: null,
          display_name: null,
          display_name_folded: null,
          external_id: null,
        })
        .set((eb) => ({ version: eb("version", "+", 1) }))
        .where("type", "=", "User")
        .where("deleted_at", "is", null)
        .where("departed_at", "<=", before)
        .executeTakeFirst();
      return Number(deleted.numUpdatedRows);
    },
  };

  async function changesOfGroups(
    trx: Transaction<Tables>,
    taskId: string,
    groupIds: readonly string[],
    leavers: boolean,
  ): Promise<Map<string, number>> {
    const rows = await trx
      .selectFrom("change")
      .select(["seq", "resource_id"])
      .where("task_id", "=", taskId)
      .where("target_id", "is", null)
      .where("status", "=", "planned")
      .where("leavers", "=", leavers ? 1 : 0)
      .where("action", "<>", "delete")
      .where(isOneOf("resource_id", groupIds))
      .execute();
    return new Map(rows.map((row) => [row.resource_id, row.seq]));
  }

  async function labelsOf(
    trx: Transaction<Tables>,
    ids: readonly string[],
  ): Promise<(GroupLabel & { version: number })[]> {
    const rows = await trx
      .selectFrom("resource")
      .select(["id", "external_id", "display_name", "version"])
      .where(isOneOf("id", ids))
      .execute();
    return rows.map((row) => ({
      id: row.id,
      externalId: row.external_id,
      displayName: row.display_name,
      version: row.version,
    }));
  }

  /** Marks as failed those whose userName another resource has already: in the directory, or earlier in this batch. */
  async function refuseTakenNames(
    trx: Transaction<Tables>,
    states: readonly { readonly row: { seq: number; resource_id: string }; readonly columns: DocumentColumns }[],
  ): Promise<ReadonlySet<number>> {
    const names = states.flatMap(({ columns }) =>
      columns.user_name_folded === null ? [] : [columns.user_name_folded],
    );
    if (names.length === 0) return new Set();
    const rows = await trx
      .selectFrom("resource")
      .leftJoin("source", "source.id", "resource.source_id")
      .select(["resource.id", "user_name_folded", "source.name"])
      .where("resource.type", "=", "User")
      .where("deleted_at", "is", null)
      .where(isOneOf("user_name_folded", names))
      .execute();
    const holders = new Map(rows.map((row) => [row.user_name_folded, { id: row.id, source: row.name }]));
    const refused = new Set<number>();
    for (const { row, columns } of states) {
      if (columns.user_name_folded === null) continue;
      const holder = holders.get(columns.user_name_folded);
      if (holder === undefined) {
        holders.set(columns.user_name_folded, { id: row.resource_id, source: null });
      } else if (holder.id !== row.resource_id) {
        refused.add(row.seq);
        const owner = holder.source === null ? "another person of this source" : `the source ${holder.source}`;
        await trx
          .updateTable("change")
          .set({
            status: "failed",
            error: `its userName is already used by ${owner}; give one of the two sources a namespace, or map userName differently`,
          })
          .where("seq", "=", row.seq)
          .execute();
      }
    }
    return refused;
  }
}

/** What applying needs beyond the document. */
interface AppliedState {
  readonly kind: string;
  readonly key: string;
  readonly fingerprint: string | null;
  readonly mappingVersion: string | null;
  readonly managerKey: string | null;
  readonly departed: boolean;
}

const resourceColumns = [
  "version",
  "fingerprint",
  "mapping_version",
  "manager_key",
  "last_modified_at",
  "departed_at",
  "deleted_at",
  "external_id",
  "user_name",
  "user_name_folded",
  "display_name",
  "display_name_folded",
  "active",
  "manager_id",
  "document",
  "folded",
];

function toRow(change: DirectoryChange, taskId: string, now: number): Row {
  const departed = change.fingerprint === null && change.status !== "failed";
  const { kind, key, fingerprint, mappingVersion, managerKey } = change;
  const applied: AppliedState = { kind, key, fingerprint, mappingVersion, managerKey, departed };
  return {
    task_id: taskId,
    target_id: null,
    resource_type: change.resourceType,
    resource_id: change.resourceId,
    external_id: change.externalId,
    display_name: change.displayName,
    action: change.action,
    status: change.status,
    error: change.error,
    because: change.because,
    before: change.before === null ? null : JSON.stringify(change.before),
    after: change.after === null ? null : JSON.stringify(change.after),
    sources: change.sources === null ? null : JSON.stringify(change.sources),
    apply: JSON.stringify(applied),
    leavers: 0,
    members_applied: 0,
    added_count: 0,
    removed_count: 0,
    base_version: change.baseVersion,
    created_at: now,
  };
}

function membershipRow(
  label: GroupLabel & { readonly version: number },
  taskId: string,
  leavers: boolean,
  because: string,
  now: number,
): Row {
  return {
    task_id: taskId,
    target_id: null,
    resource_type: "Group",
    resource_id: label.id,
    external_id: label.externalId,
    display_name: label.displayName,
    action: "update",
    status: "planned",
    error: null,
    because,
    before: null,
    after: null,
    sources: null,
    apply: null,
    leavers: leavers ? 1 : 0,
    members_applied: 0,
    added_count: 0,
    removed_count: 0,
    base_version: label.version,
    created_at: now,
  };
}

function removalCounts(rows: readonly { resource_type: "User" | "Group"; count: number }[]): {
  users: number;
  groups: number;
} {
  const of = (type: "User" | "Group"): number => Number(rows.find((row) => row.resource_type === type)?.count ?? 0);
  return { users: of("User"), groups: of("Group") };
}
