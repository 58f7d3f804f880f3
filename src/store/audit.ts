import { type Selectable, sql } from "kysely";
import type { AuditRecord, AuditStore } from "./administrator-store.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** What administrators did with the management API. */
export function makeAuditStore({ db, dialect }: Database, clock: () => number): AuditStore {
  // `like` takes part of the text for signs, and means another thing in each database.
  const isIn = sql.raw(dialect === "sqlite" ? "instr" : "strpos");
  return {
    async beginAudit({ administrator, role, action, subject, status, fields, address }) {
      const { seq } = await db
        .insertInto("audit_record")
        .values({
          ...{ at: clock(), administrator, role, action, status, fields: JSON.stringify(fields), address },
          ...subjectColumns(subject),
        })
        .returning("seq")
        .executeTakeFirstOrThrow();
      return String(seq);
    },

    async endAudit(id, { status, subject }) {
      await db
        .updateTable("audit_record")
        .set({ status, ...subjectColumns(subject) })
        .where("seq", "=", Number(id))
        .execute();
    },

    async listAudit({ administrator, action, from, to, cursor, limit }) {
      let query = db
        .selectFrom("audit_record")
        .selectAll()
        .orderBy("seq", "desc")
        .limit(limit + 1);
      if (administrator !== undefined) query = query.where("administrator", "=", administrator);
      if (action !== undefined) query = query.where(sql<boolean>`${isIn}(action, ${action}) > 0`);
      if (from !== undefined) query = query.where("at", ">=", from);
      if (to !== undefined) query = query.where("at", "<", to);
      if (cursor !== undefined) query = query.where("seq", "<", Number(cursor));
      const rows = await query.execute();
      const items = rows.slice(0, limit).map(toRecord);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async auditOf(subjects, since) {
      if (subjects.length === 0) return [];
      const rows = await db
        .selectFrom("audit_record")
        .selectAll()
        .where((where) =>
          where.or(
            subjects.map(({ kind, ...called }) =>
              where.and([
                where("subject_kind", "=", kind),
                "name" in called ? where("subject_name", "=", called.name) : where("subject_id", "=", called.id),
              ]),
            ),
          ),
        )
        .where("at", ">=", since)
        .where((where) => where.or([where("status", "is", null), where("status", "<", 400)]))
        .orderBy("seq")
        .execute();
      return rows.map(toRecord);
    },
  };
}

function subjectColumns(subject: AuditRecord["subject"]) {
  return { subject_kind: subject?.kind ?? null, subject_id: subject?.id ?? null, subject_name: subject?.name ?? null };
}

function toRecord(row: Selectable<Tables["audit_record"]>): AuditRecord {
  const { subject_kind: kind, subject_id: id, subject_name: name } = row;
  return {
    ...{ id: String(row.seq), at: row.at, administrator: row.administrator, role: row.role, action: row.action },
    subject: kind === null ? null : { kind, id, name },
    ...{ status: row.status, fields: JSON.parse(row.fields) as readonly string[], address: row.address },
  };
}
