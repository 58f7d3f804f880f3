import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { AppliedState } from "./directory-rows.ts";
import type { KeptBasis } from "./kept-store.ts";
import { leasedWrite } from "./leases.ts";
import { toCurrent } from "./records.ts";
import type { UndoDocument, UndoEdge, UndoReader, UndoStore, UndoUnit } from "./undo-store.ts";
import type { UndoUnitTable } from "./undo-tables.ts";

/** Changes that are put together in one transaction, and rows that are looked at as one page. */
const changesAtOnce = 500;
const rowsAtOnce = 2000;

/** What a task did in the directory, put together by resource. */
export function makeUndoStore(database: Database): UndoStore & UndoReader {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  return {
    async beginUndo(lease, taskId, undoes) {
      await write(lease, (trx) => trx.deleteFrom("undo_unit").where("task_id", "=", taskId).execute());
      for (let after = 0; ; ) {
        const page = await db
          .selectFrom("change")
          .select("seq")
          .where("task_id", "=", undoes)
          .where("target_id", "is", null)
          .where("status", "=", "applied")
          .where("seq", ">", after)
          .orderBy("seq")
          .limit(changesAtOnce)
          .execute();
        const last = page.at(-1);
        if (last === undefined) return;
        after = last.seq;
        const ofThese = isOneOf(
          "c.seq",
          page.map(({ seq }) => seq),
        );
        await write(lease, async (trx) => {
          await sql`
            insert into undo_unit (task_id, resource_type, resource_id, group_id, op)
            select ${taskId}, c.resource_type, c.resource_id, '', 'document' from change c
            where ${ofThese} and c.after is not null on conflict do nothing`.execute(trx);
          await sql`
            insert into undo_unit (task_id, resource_type, resource_id, group_id, op)
            select ${taskId}, m.member_type, m.member_id, c.resource_id, m.op
            from change c join change_member m on m.change_seq = c.seq join resource g on g.id = c.resource_id
            where ${ofThese} and g.rule is null on conflict do nothing`.execute(trx);
          await sql`
            insert into undo_unit (task_id, resource_type, resource_id, group_id, op)
            select ${taskId}, m.member_type, m.member_id, c.resource_id, 'remove'
            from change c join lost_member m on m.change_seq = c.seq
            where ${ofThese} on conflict do nothing`.execute(trx);
        });
      }
    },

    async undoUnits({ id, undoes }, type, after) {
      const rows = await db
        .selectFrom("undo_unit")
        .selectAll()
        .where("task_id", "=", id)
        .where("resource_type", "=", type)
        .where("resource_id", ">", after)
        .orderBy("resource_id")
        .orderBy("group_id")
        .orderBy("op")
        .limit(rowsAtOnce)
        .execute();
      const last = rows.at(-1)?.resource_id;
      if (last === undefined) return { units: [], after: null };
      // The last one may go on; alone it fills a page, and is in more groups than anybody is.
      const isCut = rows.length === rowsAtOnce && rows[0]?.resource_id !== last;
      const whole = isCut ? rows.filter((row) => row.resource_id !== last) : rows;
      return { units: await unitsOf(undoes, whole), after: whole.at(-1)?.resource_id ?? null };
    },

    endUndo: (lease, taskId) =>
      write(lease, async (trx) => {
        await trx.deleteFrom("undo_unit").where("task_id", "=", taskId).execute();
      }),

    async countUndoable(taskId) {
      const row = await db
        .selectFrom("change")
        .select(sql<number>`count(distinct resource_id)`.as("count"))
        .where("task_id", "=", taskId)
        .where("target_id", "is", null)
        .where("status", "=", "applied")
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },

    async findUndo(taskId) {
      const row = await db
        .selectFrom("sync_task")
        .select("id")
        .where("undoes", "=", taskId)
        .where("mode", "=", "apply")
        .where("state", "not in", ["failed", "cancelled"])
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? null;
    },
  };

  async function unitsOf(undoes: string, rows: readonly UndoUnitTable[]): Promise<readonly UndoUnit[]> {
    const ids = [...new Set(rows.map((row) => row.resource_id))];
    const resources = await db.selectFrom("resource").selectAll().where(isOneOf("id", ids)).execute();
    const documents = await documentsOf(undoes, ids);
    const groups = await groupsOf(rows);
    const memberships = await membershipsOf(ids);
    const said = await saidOf(ids);
    const later = await laterTasksOf(undoes, ids, [...groups.keys()]);
    const edges = new Map<string, UndoUnitTable[]>();
    for (const row of rows) {
      if (row.op === "document") continue;
      const own = edges.get(row.resource_id) ?? [];
      own.push(row);
      edges.set(row.resource_id, own);
    }
    return resources.flatMap((row): UndoUnit[] => {
      if (row.kind === "group") return [];
      const groupIds = memberships.get(row.id) ?? new Set();
      return [
        {
          ...{ resourceId: row.id, resourceType: row.type, kind: row.kind },
          current: toCurrent({ ...row, made_from: row.fingerprint }),
          document: documents.get(row.id) ?? null,
          edges: edgesOf(edges.get(row.id) ?? [], groupIds, groups),
          groupIds: [...groupIds],
          said: said.get(row.id)?.said ?? null,
          kept: said.get(row.id)?.kept ?? null,
          laterTask: later.get(row.id) ?? null,
        },
      ];
    });
  }

  /** What the source said of each, and by what an undo keeps it. */
  async function saidOf(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly said: string | null; readonly kept: KeptBasis | null }>> {
    const { rows } = await sql<{
      id: string;
      said: string | null;
      kept_from: string | null;
      kept_mapping: string | null;
    }>`
      select x.id, r.fingerprint as said, k.fingerprint as kept_from, k.mapping_version as kept_mapping
      from resource x
      left join source_record r on r.source_id = x.source_id and r.kind = x.kind and r.key = x.key
      left join kept k on k.resource_id = x.id and k.ended = 0
      where ${isOneOf("x.id", ids)}`.execute(db);
    return new Map(
      rows.map(({ id, said, kept_from: fingerprint, kept_mapping: mappingVersion }) => [
        id,
        { said, kept: mappingVersion === null ? null : { fingerprint, mappingVersion } },
      ]),
    );
  }

  async function documentsOf(undoes: string, ids: readonly string[]): Promise<ReadonlyMap<string, UndoDocument>> {
    const rows = await db
      .selectFrom("change")
      .select(["resource_id", "before", "after", "apply", "lost_count"])
      .where(isOneOf("resource_id", ids))
      .where("task_id", "=", undoes)
      .where("target_id", "is", null)
      .where("status", "=", "applied")
      .where("after", "is not", null)
      .orderBy("seq")
      .execute();
    const found = new Map<string, UndoDocument>();
    for (const { resource_id: id, before, after, apply, lost_count: lost } of rows) {
      const { departed, fingerprint, mappingVersion, keepsRecord = false } = JSON.parse(apply ?? "{}") as AppliedState;
      const first = found.get(id);
      found.set(id, {
        before: first === undefined ? before : first.before,
        after: after ?? "{}",
        ...{ departed, hasMembers: lost !== null, keepsRecord },
        madeFrom: fingerprint === null || mappingVersion === null ? null : { fingerprint, mappingVersion },
      });
    }
    return found;
  }

  /** Whether the groups that members came to or left are there. */
  async function groupsOf(rows: readonly UndoUnitTable[]): Promise<ReadonlyMap<string, boolean>> {
    const ids = [...new Set(rows.flatMap(({ group_id: id }) => (id === "" ? [] : [id])))];
    const found = await db.selectFrom("resource").select(["id", "deleted_at"]).where(isOneOf("id", ids)).execute();
    return new Map(found.map((row) => [row.id, row.deleted_at === null]));
  }

  async function membershipsOf(ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const rows = await db
      .selectFrom("member as m")
      .innerJoin("resource as g", "g.id", "m.group_id")
      .select(["m.member_id", "m.group_id"])
      .where(isOneOf("m.member_id", ids))
      .where("g.rule", "is", null)
      .execute();
    const groups = new Map<string, Set<string>>();
    for (const { member_id: id, group_id: group } of rows) {
      groups.set(id, (groups.get(id) ?? new Set()).add(group));
    }
    return groups;
  }

  /** Which task came next to the document of each, or to one of these memberships. */
  async function laterTasksOf(
    undoes: string,
    ids: readonly string[],
    groupIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const own = await db
      .selectFrom("change")
      .select(({ fn }) => fn.max("seq").as("seq"))
      .where("task_id", "=", undoes)
      .where("target_id", "is", null)
      .where("status", "=", "applied")
      .executeTakeFirst();
    const last = Number(own?.seq ?? 0);
    const { rows } = await sql<{ id: string; task_id: string; seq: number }>`
      select c.resource_id as id, c.task_id, c.seq from change c
      where ${isOneOf("c.resource_id", ids)} and c.seq > ${last} and c.target_id is null and c.status = 'applied'
        and c.after is not null and c.task_id <> ${undoes}
      union all
      select m.member_id as id, c.task_id, c.seq
      from change c join change_member m on m.change_seq = c.seq and m.op in ('add', 'remove')
      where ${isOneOf("c.resource_id", groupIds)} and c.seq > ${last} and c.target_id is null
        and c.status = 'applied' and c.task_id <> ${undoes} and ${isOneOf("m.member_id", ids)}
      order by seq desc`.execute(db);
    // The first of them is the last that is set.
    return new Map(rows.map((row) => [row.id, row.task_id]));
  }
}

/** What the task did to memberships; what it did both ways has no before. */
function edgesOf(
  rows: readonly UndoUnitTable[],
  now: ReadonlySet<string>,
  groups: ReadonlyMap<string, boolean>,
): readonly UndoEdge[] {
  const ops = new Map<string, Set<string>>();
  for (const { group_id: id, op } of rows) ops.set(id, (ops.get(id) ?? new Set()).add(op));
  return [...ops].flatMap(([groupId, [op, ...others]]) =>
    others.length > 0 || (op !== "add" && op !== "remove")
      ? []
      : [{ groupId, op, isThere: now.has(groupId), hasGroup: groups.get(groupId) ?? false }],
  );
}
