import { sql, type Transaction } from "kysely";
import { uuidv7 } from "../lib/uuid.ts";
import { documentColumns, storable } from "../scim/document.ts";
import type { Member, ResourceType } from "../scim/resource.ts";
import { constant } from "./constant.ts";
import type { Database } from "./database.ts";
import { listDepartments } from "./department-rows.ts";
import { noteDirectoryChange } from "./directory-changes.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import { DirectoryNotes } from "./directory-notes.ts";
import { emptiedColumns, emptyLinks } from "./emptied-rows.ts";
import { listRules, makeRuleWrites } from "./group-rules.ts";
import { bumpGroups, leaveGroups } from "./group-versions.ts";
import type { DirectoryWrite, DirectoryWriter, GroupRule, MembersEdit, VisibleSources, WritableRow } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Changes of our own directory that are no sync's: one by one, each in a transaction of its own. */
export function makeDirectoryWriter(database: Database, clock: () => number): DirectoryWriter {
  return {
    writeDirectory: (work, author = null) =>
      database.writeSmall(async (trx) => {
        // First of all, and so also the lock that keeps writers apart: what is read here stays true until the end.
        const at = await takeDirectoryTime(database, trx, clock());
        const now = clock();
        const notes = new DirectoryNotes();
        const result = await work(makeWrite(database, trx, notes, { at, now }));
        await notes.save(database, trx, author, now);
        return result;
      }),
    isTaken: (error) => database.isTaken(error),
  };
}

function makeWrite(
  database: Database,
  trx: Transaction<Tables>,
  notes: DirectoryNotes,
  { at, now }: { readonly at: number; readonly now: number },
): DirectoryWrite {
  const { isOneOf } = database;
  /** A row as it was before anything was done to it here. */
  const rowOf = async (id: string): Promise<WritableRow> =>
    notes.knownRow(id) ??
    notes.see(
      toWritable(
        await trx.selectFrom("resource").select(writableColumns).where("id", "=", id).executeTakeFirstOrThrow(),
      ),
    );
  const isVisible = (sources: VisibleSources) =>
    sources === "all" ? sql<boolean>`1 = 1` : isOneOf("source_id", sources);

  return {
    async sources() {
      return (await trx.executeQuery(allSources)).rows;
    },

    async find(type, id, sources) {
      // Ours look like this; anything else, a NUL that PostgreSQL would refuse included, is nobody's.
      if (!/^[0-9A-Za-z-]{1,64}$/.test(id)) return null;
      const row = await trx
        .selectFrom("resource")
        .select(writableColumns)
        .where("id", "=", id)
        .where("type", "=", type)
        .where("deleted_at", "is", null)
        .where(isVisible(sources))
        .executeTakeFirst();
      return row ? notes.see(toWritable(row)) : null;
    },

    async findByUserName(folded) {
      const row = await trx
        .selectFrom("resource")
        .select(writableColumns)
        .where("user_name_folded", "=", folded)
        .where("user_name_folded", "is not", null)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      return row ? notes.see(toWritable(row)) : null;
    },

    listDepartments: (sourceId) => listDepartments(database, trx, sourceId),

    async countChanges() {
      const { changes } = await trx.selectFrom("directory_clock").select("changes").executeTakeFirstOrThrow();
      return Number(changes);
    },

    async create({ type, kind, sourceId, document, rule }) {
      const id = uuidv7(now);
      const made = storable(document);
      const row = {
        ...documentColumns(made.document, made.text),
        id,
        source_id: sourceId,
        type,
        kind,
        key: id,
        version: 1,
        members_version: 0,
        fingerprint: null,
        mapping_version: null,
        manager_key: null,
        created_at: at,
        last_modified_at: at,
        departed_at: null,
        deleted_at: null,
        rule: rule === null ? null : JSON.stringify(rule),
      };
      await database.upsert(trx, { table: "resource", rows: [row] });
      const created = toWritable(row);
      notes.created(created);
      return created;
    },

    async change(id, { document, rule, returns = false }) {
      const made = storable(document);
      notes.changed(await rowOf(id), made.document);
      const row = await trx
        .updateTable("resource")
        .set({
          ...documentColumns(made.document, made.text),
          last_modified_at: at,
          rule: rule === null ? null : JSON.stringify(rule),
          ...(returns ? { departed_at: null } : {}),
        })
        .set((eb) => ({ version: eb("version", "+", 1) }))
        .where("id", "=", id)
        .returning(writableColumns)
        .executeTakeFirstOrThrow();
      return notes.see(toWritable(row));
    },

    async remove({ id, type }, meanwhile) {
      notes.changed(await rowOf(id), null);
      await trx
        .updateTable("resource")
        .set({ ...emptiedColumns, active: 0, deleted_at: now, last_modified_at: at })
        .set((eb) => ({
          version: eb("version", "+", 1),
          // Targets are told of a person who left, as of any other.
          departed_at: type === "User" ? eb.fn.coalesce("departed_at", eb.val(now)) : eb.val(null),
        }))
        .where("id", "=", id)
        .execute();
      await emptyLinks(database, trx, [id]);
      await meanwhile?.();
      const left = await leaveGroups(database, trx, [id], at);
      if (type === "Group") await trx.deleteFrom("member").where("group_id", "=", id).execute();
      return left;
    },

    async lookUp(ids, sources) {
      if (ids.length === 0) return new Map();
      const rows = await trx
        .selectFrom("resource")
        .select(["id", "type", "departed_at"])
        .where(isOneOf("id", ids))
        .where("deleted_at", "is", null)
        .where(isVisible(sources))
        .execute();
      return new Map(rows.map((row) => [row.id, { type: row.type, departed: row.departed_at !== null }]));
    },

    async editMembers(groupId, edit, sources) {
      const { added, removed } = await editMembers(database, trx, groupId, edit, { sources, at });
      if (added.length + removed.length > 0) notes.members(await rowOf(groupId), added, removed);
      return [...added, ...removed];
    },

    async groupsWith(memberId, kind) {
      const rows = await trx
        .selectFrom("member as m")
        .innerJoin("resource as g", "g.id", "m.group_id")
        .select("m.group_id")
        .where("m.member_id", "=", memberId)
        .where("g.kind", "=", kind)
        .orderBy("m.group_id")
        .execute();
      return rows.map((row) => row.group_id);
    },

    async isWithin(groupId, ids) {
      if (ids.length === 0) return false;
      const { rows } = await sql<{ found: number }>`
        with recursive below (id) as (
          select member_id from member where ${isOneOf("group_id", ids)} and member_type = 'Group'
          union
          select m.member_id from member as m join below on m.group_id = below.id where m.member_type = 'Group')
        select count(*) as found from below where id = ${groupId}`.execute(trx);
      return ids.includes(groupId) || Number(rows[0]?.found ?? 0) > 0;
    },

    listRules: () => listRules(trx),

    ...makeRuleWrites(database, trx, at, async (groupId, added, removed) =>
      notes.members(await rowOf(groupId), added, removed),
    ),

    noteChange: (sourceId) => noteDirectoryChange(database, trx, sourceId, at),
  };
}

const allSources = constant<Awaited<ReturnType<DirectoryWrite["sources"]>>[number]>(
  "select id, name, type, status from source order by id",
);

interface EditOptions {
  readonly sources: VisibleSources;
  readonly at: number;
}

async function editMembers(
  database: Database,
  trx: Transaction<Tables>,
  groupId: string,
  { replace, add, remove }: MembersEdit,
  { sources, at }: EditOptions,
): Promise<{ readonly added: readonly string[]; readonly removed: readonly string[] }> {
  const { isOneOf } = database;
  const ids = add.map((member) => member.value);
  const there = new Set<string>();
  if (ids.length > 0) {
    const found = await trx
      .selectFrom("member")
      .select("member_id")
      .where("group_id", "=", groupId)
      .where(isOneOf("member_id", ids))
      .execute();
    for (const row of found) there.add(row.member_id);
  }
  const added = add.filter((member) => !there.has(member.value));
  await addMembers(database, trx, groupId, added);
  const removed = replace
    ? await trx
        .deleteFrom("member")
        .where("group_id", "=", groupId)
        .where(sql<boolean>`not ${isOneOf("member_id", ids)}`)
        .where(isRemovable(database, sources))
        .returning("member_id")
        .execute()
    : await removeMembers(database, trx, groupId, remove, sources);
  if (added.length + removed.length > 0) await bumpGroups(database, trx, [groupId], at);
  return { added: added.map((member) => member.value), removed: removed.map((row) => row.member_id) };
}

async function addMembers(
  database: Database,
  trx: Transaction<Tables>,
  groupId: string,
  members: readonly Member[],
): Promise<void> {
  await database.upsert(trx, {
    table: "member",
    rows: members.map(({ value, type }) => ({ group_id: groupId, member_id: value, member_type: type })),
    conflict: ["group_id", "member_id"],
  });
}

/** Members that a client cannot see are not his to remove. */
function isRemovable({ isOneOf }: Database, sources: VisibleSources) {
  return sources === "all"
    ? sql<boolean>`1 = 1`
    : sql<boolean>`member_id in (select id from resource where ${isOneOf("source_id", sources)})`;
}

async function removeMembers(
  database: Database,
  trx: Transaction<Tables>,
  groupId: string,
  ids: readonly string[],
  sources: VisibleSources,
): Promise<readonly { readonly member_id: string }[]> {
  if (ids.length === 0) return [];
  return trx
    .deleteFrom("member")
    .where("group_id", "=", groupId)
    .where(database.isOneOf("member_id", ids))
    .where(isRemovable(database, sources))
    .returning("member_id")
    .execute();
}

const writableColumns = [
  "id",
  "type",
  "kind",
  "source_id",
  "version",
  "members_version",
  "created_at",
  "last_modified_at",
  "departed_at",
  "rule",
  "document",
] as const;

function toWritable(row: {
  readonly id: string;
  readonly type: ResourceType;
  readonly kind: WritableRow["kind"];
  readonly source_id: string;
  readonly version: number;
  readonly members_version: number;
  readonly created_at: number;
  readonly last_modified_at: number;
  readonly departed_at: number | null;
  readonly rule: string | null;
  readonly document: string;
}): WritableRow {
  return {
    id: row.id,
    type: row.type,
    kind: row.kind,
    sourceId: row.source_id,
    version: row.version,
    membersVersion: row.members_version,
    createdAt: row.created_at,
    lastModifiedAt: row.last_modified_at,
    departed: row.departed_at !== null,
    rule: row.rule === null ? null : (JSON.parse(row.rule) as GroupRule),
    document: row.document,
  };
}
