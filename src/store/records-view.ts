import { sql } from "kysely";
import type { Database } from "./database.ts";
import { findPeople, findSome } from "./record-people.ts";
import { viewRecords } from "./record-views.ts";
import type { RecordQuery, RecordReader } from "./store.ts";

/** The records of syncs: their changes, as a person reads them, of one task or of all. */
export function makeRecordViews(database: Database): RecordReader {
  const { db, dialect, isOneOf } = database;
  return {
    async listRecords(taskId, { q, cursor, limit, ...facets }) {
      let query = changesWith(facets)
        .where("task_id", "=", taskId)
        .orderBy("seq")
        .limit(limit + 1);
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
      const items = await viewRecords(database, rows.slice(0, limit));
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async searchRecords({ who, source, externalId, since, until, cursor, limit, ...facets }) {
      let query = changesWith(facets)
        .orderBy("seq", "desc")
        .limit(limit + 1);
      if (source !== undefined) query = query.where("source_id", "=", source);
      if (externalId !== undefined) query = query.where("external_id", "=", externalId);
      if (who !== undefined) {
        query = query.where((where) =>
          where.or([
            isOneOf("resource_id", who.resourceIds),
            ...(who.externalId === undefined ? [] : [where("external_id", "=", who.externalId)]),
          ]),
        );
      }
      if (since !== undefined) {
        const first = await numberAt(since - skewMs, "first");
        if (first === null) return { items: [], nextCursor: null };
        query = query.where("created_at", ">=", since).where("seq", ">=", first);
      }
      if (until !== undefined) {
        const last = await numberAt(until + skewMs, "last");
        if (last === null) return { items: [], nextCursor: null };
        query = query.where("created_at", "<", until).where("seq", "<=", last);
      }
      if (cursor !== undefined) query = query.where("seq", "<", Number(cursor));
      const rows = await query.execute();
      const items = await viewRecords(database, rows.slice(0, limit));
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    findPeople: (person) => findPeople(database, person),
    findSome: (q, limit) => findSome(database, q, limit),

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

  function changesWith({
    target,
    resourceType,
    action,
    status,
  }: Pick<RecordQuery, "target" | "resourceType" | "action" | "status">) {
    let query = db.selectFrom("change").selectAll();
    if (target !== undefined) query = query.where("target_id", target === null ? "is" : "=", target);
    if (resourceType !== undefined) query = query.where("resource_type", "=", resourceType);
    if (action !== undefined) query = query.where("action", "=", action);
    if (status !== undefined) query = query.where("status", "=", status);
    // In the words of the indexes that leave out what most records are: only then SQLite knows that they have all of these.
    if (action !== undefined && action !== "update") query = query.where(sql<boolean>`action <> 'update'`);
    if (resourceType === "Group") query = query.where(sql<boolean>`resource_type = 'Group'`);
    if (status !== undefined && status !== "applied") query = query.where(sql<boolean>`status <> 'applied'`);
    return query;
  }

  /** The number of the first record that is not older than a time, or of the last that is older. */
  async function numberAt(time: number, which: "first" | "last"): Promise<number | null> {
    const direction = which === "first" ? "asc" : "desc";
    const row = await db
      .selectFrom("change")
      .select("seq")
      .where("created_at", which === "first" ? ">=" : "<", time)
      .orderBy("created_at", direction)
      .orderBy("seq", direction)
      .limit(1)
      .executeTakeFirst();
    return row?.seq ?? null;
  }
}

/** Records are numbered in the order of time, but for the clocks of two servers, which may be as far apart as this. */
const skewMs = 60_000;

/** As `lower` does in SQLite, and in PostgreSQL under the collation C: other letters stay as they are. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
