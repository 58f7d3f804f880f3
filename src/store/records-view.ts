import { type Selectable, sql } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import type { AttributeChange } from "../plan/change.ts";
import { diffDocuments } from "../scim/document-diff.ts";
import type { Database } from "./database.ts";
import type { MembersChange, RecordView, TaskStore } from "./store.ts";
import type { Tables } from "./tables.ts";

type ChangeRow = Selectable<Tables["change"]>;

/** How many members a record names at most; the rest is paged. */
const shownMembers = 100;

/** The records of a task: its changes, as a person reads them. */
export function makeRecordViews({ db, dialect }: Database): Pick<TaskStore, "listRecords" | "listRecordMembers"> {
  return {
    async listRecords(taskId, { target, resourceType, action, status, q, cursor, limit }) {
      let query = db
        .selectFrom("change")
        .selectAll()
        .where("task_id", "=", taskId)
        .orderBy("seq")
        .limit(limit + 1);
      if (target !== undefined) query = query.where("target_id", target === null ? "is" : "=", target);
      if (resourceType !== undefined) query = query.where("resource_type", "=", resourceType);
      if (action !== undefined) query = query.where("action", "=", action);
      if (status !== undefined) query = query.where("status", "=", status);
      if (cursor !== undefined) query = query.where("seq", ">", Number(cursor));
      if (q !== undefined) {
        const text = lowerAscii(q);
        const contains = (column: "display_name" | "external_id") =>
          dialect === "postgres"
            ? sql<boolean>`position(${text} in lower(${sql.ref(column)})) > 0`
            : sql<boolean>`instr(lower(${sql.ref(column)}), ${text}) > 0`;
        query = query.where((where) => where.or([contains("display_name"), contains("external_id")]));
      }
      const rows = await query.execute();
      const page = rows.slice(0, limit);
      const members = await membersOfChanges(page.filter((row) => row.added_count + row.removed_count > 0));
      return {
        items: page.map((row) => toRecord(row, members.get(row.seq))),
        nextCursor: rows.length > limit ? String(page.at(-1)?.seq ?? "") : null,
      };
    },

    async listRecordMembers(taskId, recordId, { cursor, limit }) {
      if (!/^\d{1,15}$/.test(recordId)) return null;
      const seq = Number(recordId);
      const record = await db
        .selectFrom("change")
        .select("seq")
        .where("seq", "=", seq)
        .where("task_id", "=", taskId)
        .executeTakeFirst();
      if (record === undefined) return null;
      const [afterOp, afterMember] = cursor?.split(":") ?? [];
      let query = db
        .selectFrom("change_member as m")
        .leftJoin("resource as x", "x.id", "m.member_id")
        .select(["m.op", "m.member_id", "x.display_name"])
        .where("m.change_seq", "=", seq)
        .orderBy("m.op")
        .orderBy("m.member_id")
        .limit(limit + 1);
      if ((afterOp === "add" || afterOp === "remove") && afterMember !== undefined) {
        query = query.where((where) =>
          where.or([
            where("m.op", ">", afterOp),
            where.and([where("m.op", "=", afterOp), where("m.member_id", ">", afterMember)]),
          ]),
        );
      }
      const rows = await query.execute();
      const items = rows.slice(0, limit).map((row) => ({
        op: row.op,
        resourceId: row.member_id,
        displayName: row.display_name,
      }));
      const last = items.at(-1);
      return { items, nextCursor: rows.length > limit && last ? `${last.op}:${last.resourceId}` : null };
    },
  };

  async function membersOfChanges(rows: readonly ChangeRow[]): Promise<ReadonlyMap<number, MembersChange>> {
    const found = new Map<number, MembersChange>();
    for (const row of rows) {
      const seq = row.seq;
      const some = async (op: "add" | "remove"): Promise<string[]> =>
        (
          await db
            .selectFrom("change_member")
            .select("member_id")
            .where("change_seq", "=", seq)
            .where("op", "=", op)
            .orderBy("member_id")
            .limit(shownMembers)
            .execute()
        ).map((edge) => edge.member_id);
      found.set(seq, {
        attribute: "members",
        added: await some("add"),
        removed: await some("remove"),
        addedCount: row.added_count,
        removedCount: row.removed_count,
      });
    }
    return found;
  }
}

/** As `lower` does in SQLite, and in PostgreSQL under the collation C: other letters stay as they are. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function toRecord(row: ChangeRow, members: MembersChange | undefined): RecordView {
  const parse = (text: string | null): JsonObject | null => (text === null ? null : (JSON.parse(text) as JsonObject));
  const sources = parse(row.sources) ?? {};
  const after = row.action === "delete" ? null : parse(row.after);
  const differences = row.before === null && after === null ? [] : diffDocuments(parse(row.before), after);
  const changes: AttributeChange[] = differences.map((difference) => {
    // A reference is mapped by its value and shown whole.
    const source = sources[difference.attribute] ?? sources[`${difference.attribute}.value`];
    return source === undefined ? difference : { ...difference, source };
  });
  return {
    id: String(row.seq),
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
