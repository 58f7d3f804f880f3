import { type RawBuilder, type Selectable, sql } from "kysely";
import { uuidv7 } from "../lib/uuid.ts";
import type { Database } from "./database.ts";
import type {
  IdentityCase,
  IdentityReader,
  IdentityState,
  IdentityStore,
  ListedIdentityCase,
  NewIdentityCase,
} from "./identity-store.ts";
import { leasedWrite } from "./leases.ts";
import type { Tables } from "./tables.ts";

type CaseRow = Selectable<Tables["identity_case"]>;

/** Decided, and a sync has not carried it out. */
const isOwed = sql<boolean>`(done = 0 and state in ('accepted', 'declined', 'expired'))`;

/** Asking and answering who is the same human being. */
export function makeIdentityCases(
  database: Database,
  clock: () => number,
): IdentityReader &
  Pick<IdentityStore, "liveCases" | "noteFollowed" | "openCases" | "closeCases" | "noteDone" | "noteArrived"> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);

  const list = async (where: RawBuilder<boolean>, limit: number): Promise<readonly ListedIdentityCase[]> => {
    const { rows } = await sql<CaseRow & { external_id: string | null; display_name: string | null }>`
      select i.*, x.external_id, x.display_name from identity_case i left join resource x on x.id = i.resource_id
      where ${where} order by i.id desc limit ${limit}`.execute(db);
    return rows.map((row) => ({ ...toCase(row), externalId: row.external_id, displayName: row.display_name }));
  };

  return {
    async listIdentityCases({ source, state, kind, cursor, limit }) {
      const where = sql.join<boolean>(
        [
          sql`1 = 1`,
          ...(source === undefined ? [] : [sql`i.source_id = ${source}`]),
          ...(state === undefined ? [] : [sql`i.state = ${state}`]),
          ...(kind === undefined ? [] : [sql`i.kind = ${kind}`]),
          ...(cursor === undefined ? [] : [sql`i.id < ${cursor}`]),
        ],
        sql` and `,
      );
      const rows = await list(where, limit + 1);
      const items = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    findIdentityCase: async (id) => (await list(sql<boolean>`i.id = ${id}`, 1))[0] ?? null,

    decideIdentityCase: (id, state, by) =>
      database.writeSmall(async (trx) => {
        const decided = await trx
          .updateTable("identity_case")
          .set({ state, decided_at: clock(), decided_by: by })
          .where("id", "=", id)
          .where("state", "=", "open")
          .executeTakeFirst();
        return decided.numUpdatedRows > 0n;
      }),

    async liveCases(sourceId) {
      const rows = await db
        .selectFrom("identity_case")
        .selectAll()
        .where("source_id", "=", sourceId)
        .where((eb) => eb.or([eb("state", "=", "open"), isOwed]))
        .orderBy("id")
        .execute();
      return rows.map(toCase);
    },

    noteFollowed: (lease, { sourceId, taskId, resourceId, from, to }) =>
      write(lease, async (trx) => {
        const now = clock();
        const about = { kind: "rename", resourceId, otherId: null, from, to, evidence: [], expiresAt: null } as const;
        const row = caseRow({ ...about, id: uuidv7(now), isTold: true }, { sourceId, taskId, now });
        await database.upsert(trx, {
          table: "identity_case",
          rows: [{ ...row, state: "accepted", decided_at: now }],
        });
      }),

    openCases: (lease, sourceId, taskId, cases) =>
      write(lease, async (trx) => {
        const of = { sourceId, taskId, now: clock() };
        await database.upsert(trx, { table: "identity_case", rows: cases.map((each) => caseRow(each, of)) });
      }),

    closeCases: (lease, ids, state) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("identity_case")
          .set({ state, done: state === "withdrawn" ? 1 : 0, decided_at: clock() })
          .where(isOneOf("id", ids))
          .where("state", "=", "open")
          .execute();
      }),

    noteDone: (lease, ids) =>
      write(lease, async (trx) => {
        await trx.updateTable("identity_case").set({ done: 1 }).where(isOneOf("id", ids)).execute();
      }),

    noteArrived: (lease, sourceId) =>
      write(lease, async (trx) => {
        await sql`
          update identity_case set done = 1 where source_id = ${sourceId} and state = 'accepted' and done = 0
            and exists (select 1 from resource x where x.id = identity_case.resource_id and x.key = identity_case.to_key
              and x.departed_at is null and (x.deleted_at is not null or exists (
                select 1 from source_record r where r.resource_id = x.id and r.source_id = x.source_id
                  and r.kind = x.kind and r.fingerprint = x.fingerprint)))`.execute(trx);
        await sql`
          update identity_case set done = 1
          where source_id = ${sourceId} and state in ('declined', 'expired') and done = 0 and kind = 'rename' and (
            exists (select 1 from resource x where x.source_id = ${sourceId} and x.kind = 'user' and x.key = identity_case.to_key)
            or not exists (select 1 from source_record r
              where r.source_id = ${sourceId} and r.kind = 'user' and r.key = identity_case.to_key))`.execute(trx);
        // Nothing was asked any more when he came: what was different is as it had been.
        await sql`
          update identity_case set state = 'withdrawn', done = 1, decided_at = ${clock()}
          where source_id = ${sourceId} and state = 'open' and kind = 'return' and exists (
            select 1 from resource x where x.id = identity_case.resource_id and x.departed_at is null)`.execute(trx);
      }),
  };
}

function caseRow(
  { id, kind, resourceId, otherId, from, to, evidence, isTold, expiresAt }: NewIdentityCase,
  { sourceId, taskId, now }: { readonly sourceId: string; readonly taskId: string; readonly now: number },
) {
  return {
    ...{ id, source_id: sourceId, kind, state: "open", done: 0, resource_id: resourceId, other_id: otherId },
    ...{ from_key: from, to_key: to, evidence: JSON.stringify(evidence), told: isTold ? 1 : 0, task_id: taskId },
    ...{ asked_at: now, expires_at: expiresAt, decided_at: null, decided_by: null },
  };
}

function toCase(row: CaseRow): IdentityCase {
  const { decided_at, expires_at } = row;
  return {
    id: row.id,
    sourceId: row.source_id,
    kind: row.kind,
    state: row.state as IdentityState,
    isDone: Number(row.done) === 1,
    resourceId: row.resource_id,
    otherId: row.other_id,
    from: row.from_key,
    to: row.to_key,
    evidence: JSON.parse(row.evidence) as readonly string[],
    isTold: Number(row.told) === 1,
    task: row.task_id,
    askedAt: Number(row.asked_at),
    expiresAt: expires_at === null ? null : Number(expires_at),
    decidedAt: decided_at === null ? null : Number(decided_at),
    decidedBy: row.decided_by,
  };
}
