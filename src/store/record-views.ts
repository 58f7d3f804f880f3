import { type Selectable, sql } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import type { AttributeChange } from "../plan/change.ts";
import { diffDocuments } from "../scim/document-diff.ts";
import type { Database } from "./database.ts";
import type { MembersChange, RecordTask, RecordView, TaskMapping } from "./store.ts";
import type { Tables } from "./tables.ts";

export type ChangeRow = Selectable<Tables["change"]>;

/** How many members a record names at most; the rest is paged. */
const shownMembers = 100;

/** Makes a page of changes what a person reads: one question for all of their members, and one for their tasks. */
export async function viewRecords(database: Database, rows: readonly ChangeRow[]): Promise<readonly RecordView[]> {
  const members = await membersOf(
    database,
    rows.filter((row) => row.added_count + row.removed_count > 0),
  );
  const tasks = await tasksOf(database, [...new Set(rows.map((row) => row.task_id))]);
  return rows.map((row) => toRecord(row, members.get(row.seq), tasks.get(row.task_id)));
}

async function membersOf(
  { db, dialect, isOneOf }: Database,
  rows: readonly ChangeRow[],
): Promise<ReadonlyMap<number, MembersChange>> {
  if (rows.length === 0) return new Map();
  const list = sql.raw(
    dialect === "postgres" ? "json_agg(shown.member_id)::text" : "json_group_array(shown.member_id)",
  );
  const first = (op: "add" | "remove") => sql<string | null>`(
    select ${list} from (
      select m.member_id from change_member m where m.change_seq = c.seq and m.op = ${op}
      order by m.member_id limit ${shownMembers}) shown)`;
  const found = await sql<{ seq: number; added: string | null; removed: string | null }>`
    select c.seq, ${first("add")} as added, ${first("remove")} as removed from change c
    where ${isOneOf(
      "c.seq",
      rows.map((row) => row.seq),
    )}`.execute(db);
  const ids = (text: string | null): readonly string[] => JSON.parse(text ?? "[]") as string[];
  const named = new Map(found.rows.map(({ seq, added, removed }) => [Number(seq), { added, removed }]));
  return new Map(
    rows.map((row): [number, MembersChange] => {
      const some = named.get(row.seq);
      return [
        row.seq,
        {
          attribute: "members",
          ...{ added: ids(some?.added ?? null), removed: ids(some?.removed ?? null) },
          ...{ addedCount: row.added_count, removedCount: row.removed_count },
        },
      ];
    }),
  );
}

/** What of their tasks records show. */
export async function tasksOf(
  { db, isOneOf }: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RecordTask>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("sync_task")
    .select(["id", "trigger", "mapping"])
    .where(isOneOf("id", ids))
    .execute();
  return new Map(rows.map((row) => [row.id, { trigger: row.trigger, mapping: mappingOf(row.mapping) }]));
}

function mappingOf(text: string | null): RecordTask["mapping"] {
  if (text === null) return null;
  const { name, version } = JSON.parse(text) as TaskMapping;
  return { name, version };
}

function toRecord(row: ChangeRow, members: MembersChange | undefined, task: RecordTask | undefined): RecordView {
  const changes = attributeChanges(row);
  return {
    id: String(row.seq),
    at: row.created_at,
    task: row.task_id,
    trigger: task?.trigger ?? null,
    mapping: task?.mapping ?? null,
    source: row.source_id,
    resourceType: row.resource_type,
    resourceId: row.resource_id === "" ? null : row.resource_id,
    externalId: row.external_id,
    displayName: row.display_name,
    target: row.target_id,
    remoteId: row.remote_id,
    action: row.action,
    status: row.status,
    error: row.error,
    because: row.because,
    warnings: row.warnings === null ? [] : (JSON.parse(row.warnings) as readonly string[]),
    changes: members ? [...changes, members] : changes,
  };
}

/** What a change does to attributes, with the source's value where one was mapped. */
export function attributeChanges({
  action,
  before,
  after,
  sources,
}: Pick<ChangeRow, "action" | "before" | "after" | "sources">): readonly AttributeChange[] {
  const parse = (text: string | null): JsonObject | null => (text === null ? null : (JSON.parse(text) as JsonObject));
  const mapped = parse(sources) ?? {};
  const then = action === "delete" ? null : parse(after);
  const differences = before === null && then === null ? [] : diffDocuments(parse(before), then);
  return differences.map((difference) => {
    // A reference is mapped by its value and shown whole.
    const source = mapped[difference.attribute] ?? mapped[`${difference.attribute}.value`];
    return source === undefined ? difference : { ...difference, source };
  });
}
