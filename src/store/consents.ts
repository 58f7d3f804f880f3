import { type Selectable, sql, type Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { canonicalJson, type JsonObject } from "../lib/json.ts";
import { uuidv7 } from "../lib/uuid.ts";
import type { Consent, ConsentStore } from "./consent-store.ts";
import type { Database } from "./database.ts";
import { markIn } from "./marks.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["source_consent"]>;

/** People erased in one transaction. */
const batch = 500;

/** What people have given by consent: the values encrypted, each with whose they are. */
export function makeConsentStore(database: Database, cipher: Cipher, clock: () => number): ConsentStore {
  const { db, dialect, isOneOf } = database;
  const lock = dialect === "postgres" ? sql`for update` : sql``;

  const findRow = async (trx: Transaction<Tables>, sourceId: string, key: string): Promise<Row | undefined> => {
    const found = await sql<Row>`
      select * from source_consent where source_id = ${sourceId} and key = ${key} ${lock}`.execute(trx);
    return found.rows[0];
  };

  const seal = (sourceId: string, key: string, values: JsonObject): string =>
    cipher.encrypt(JSON.stringify({ source: sourceId, key, values }));

  /** @throws Error for what was put in another one's place */
  const open = ({ source_id, key, sealed }: Pick<Row, "source_id" | "key" | "sealed">): JsonObject => {
    if (sealed === null) return {};
    const opened = JSON.parse(cipher.decrypt(sealed)) as { source: string; key: string; values: JsonObject };
    if (opened.source !== source_id || opened.key !== key) throw new Error("a consent is not in its place");
    return opened.values;
  };

  const markPerson = (trx: Transaction<Tables>, sourceId: string, key: string): Promise<string> =>
    markIn(trx, clock, { source: sourceId, kind: "user", key, isGone: false });

  const erase = (trx: Transaction<Tables>, row: Row): Promise<Row> => eraseRow(trx, clock(), row);

  return {
    saveConsent: (sourceId, { key, userid }, values, { anew } = { anew: true }) =>
      database.write(async (trx) => {
        const before = await findRow(trx, sourceId, key);
        if (!anew && (before === undefined || before.sealed === null)) return null;
        const given = Object.keys(values).sort();
        if (given.length === 0) {
          if (before === undefined) return null;
          if (before.sealed === null) return toConsent(before);
          await markPerson(trx, sourceId, key);
          return toConsent(await erase(trx, before));
        }
        const isSame = before !== undefined && canonicalJson(open(before)) === canonicalJson(values);
        const gone = [...namesIn(before?.withdrawn ?? ""), ...namesIn(before?.given ?? "")];
        const now = clock();
        const row: Row = {
          ...{ source_id: sourceId, key, userid, sealed: seal(sourceId, key, values), given: joined(given) },
          withdrawn: joined(gone.filter((field) => !given.includes(field))),
          // The same values are no news for those who have them.
          stamp: isSame ? before.stamp : uuidv7(now),
          agreed_at: before === undefined || before.sealed === null ? now : before.agreed_at,
          ...{ refreshed_at: now, withdrawn_at: null },
        };
        const { source_id: _, key: __, ...changed } = row;
        await trx
          .insertInto("source_consent")
          .values(row)
          .onConflict((conflict) => conflict.columns(["source_id", "key"]).doUpdateSet(changed))
          .execute();
        if (!isSame) await markPerson(trx, sourceId, key);
        return toConsent(row);
      }),

    withdrawConsent: (sourceId, key) =>
      database.write(async (trx) => {
        const row = await findRow(trx, sourceId, key);
        if (row === undefined || row.sealed === null) return null;
        await markPerson(trx, sourceId, key);
        return toConsent(await erase(trx, row));
      }),

    async eraseConsents(sourceId) {
      for (let count = 0; ; ) {
        const erased = await database.write(async (trx) => {
          const rows = await trx
            .selectFrom("source_consent")
            .selectAll()
            .where("source_id", "=", sourceId)
            .where("sealed", "is not", null)
            .limit(batch)
            .execute();
          for (const row of rows) await erase(trx, row);
          const everything = { source: sourceId, kind: "everything", key: "", isGone: false };
          if (rows.length > 0) await markIn(trx, clock, everything);
          return rows.length;
        });
        count += erased;
        if (erased < batch) return count;
      }
    },

    async findConsent(sourceId, key) {
      const row = await db
        .selectFrom("source_consent")
        .selectAll()
        .where("source_id", "=", sourceId)
        .where("key", "=", key)
        .executeTakeFirst();
      return row === undefined ? null : toConsent(row);
    },

    async listConsents(sourceId, { limit, cursor, state }) {
      let asked = db
        .selectFrom("source_consent")
        .selectAll()
        .where("source_id", "=", sourceId)
        .orderBy("key")
        .limit(limit + 1);
      if (cursor !== undefined) asked = asked.where("key", ">", cursor);
      if (state !== undefined) asked = asked.where("sealed", state === "agreed" ? "is not" : "is", null);
      const rows = await asked.execute();
      const items = rows.slice(0, limit).map(toConsent);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.key ?? null) : null };
    },

    async countConsents(sourceId) {
      const row = await db
        .selectFrom("source_consent")
        .select([sql<number>`count(*)`.as("all"), sql<number>`count(sealed)`.as("agreed")])
        .where("source_id", "=", sourceId)
        .executeTakeFirstOrThrow();
      const agreed = Number(row.agreed);
      return { agreed, withdrawn: Number(row.all) - agreed };
    },

    async consentStamps(sourceId, keys) {
      if (keys.length === 0) return new Map();
      const rows = await db
        .selectFrom("source_consent")
        .select(["key", "stamp"])
        .where("source_id", "=", sourceId)
        .where(isOneOf("key", keys))
        .execute();
      return new Map(rows.map(({ key, stamp }) => [key, stamp]));
    },

    async givenFields(sourceId, keys) {
      if (keys.length === 0) return new Map();
      const rows = await db
        .selectFrom("source_consent")
        .select(["source_id", "key", "sealed", "withdrawn"])
        .where("source_id", "=", sourceId)
        .where(isOneOf("key", keys))
        .execute();
      return new Map(rows.map((row) => [row.key, { values: open(row), withdrawn: namesIn(row.withdrawn) }]));
    },

    async deleteOldConsents(before) {
      // Whoever is not in the directory yet may only be on his way there.
      const { rows } = await database.write((trx) =>
        sql`delete from source_consent where coalesce(withdrawn_at, refreshed_at) <= ${before} and not exists (
          select 1 from resource x where x.source_id = source_consent.source_id and x.kind = 'user'
            and x.key = source_consent.key and x.deleted_at is null
            and (x.departed_at is null or x.departed_at > ${before})) returning 1`.execute(trx),
      );
      return rows.length;
    },
  };
}

function toConsent(row: Row): Consent {
  const isGiven = row.sealed !== null;
  return {
    ...{ key: row.key, userid: row.userid, state: isGiven ? "agreed" : "withdrawn" },
    fields: namesIn(isGiven ? row.given : row.withdrawn),
    ...{ agreedAt: Number(row.agreed_at), refreshedAt: Number(row.refreshed_at) },
    withdrawnAt: row.withdrawn_at === null ? null : Number(row.withdrawn_at),
  };
}

function namesIn(text: string): readonly string[] {
  return text === "" ? [] : text.split(",");
}

function joined(...lists: readonly (readonly string[])[]): string {
  return [...new Set(lists.flat())].sort().join(",");
}

async function eraseRow(trx: Transaction<Tables>, now: number, row: Row): Promise<Row> {
  const erased = {
    ...{ sealed: null, given: "", withdrawn: joined(namesIn(row.withdrawn), namesIn(row.given)) },
    ...{ stamp: uuidv7(now), withdrawn_at: now },
  };
  await trx
    .updateTable("source_consent")
    .set(erased)
    .where("source_id", "=", row.source_id)
    .where("key", "=", row.key)
    .execute();
  return { ...row, ...erased };
}

/** Erases within a transaction what people of a source have given; what was made from it goes with its next sync. */
export async function eraseConsentsIn(trx: Transaction<Tables>, now: number, sourceId: string): Promise<void> {
  const given = () =>
    trx
      .selectFrom("source_consent")
      .selectAll()
      .where("source_id", "=", sourceId)
      .where("sealed", "is not", null)
      .limit(batch)
      .execute();
  for (let rows = await given(); rows.length > 0; rows = await given()) {
    for (const row of rows) await eraseRow(trx, now, row);
    await markIn(trx, () => now, { source: sourceId, kind: "everything", key: "", isGone: false });
  }
}

/**
 * Within a transaction: somebody of a source is known by another key. What he gave goes with him, and to nobody who gets his
 * former key; what whoever had the new key before gave is erased, unless that was himself.
 *
 * @param isTaken whether the new key was another resource's until now
 */
export async function moveConsentIn(
  trx: Transaction<Tables>,
  cipher: Cipher,
  { sourceId, from, to, isTaken, now }: { sourceId: string; from: string; to: string; isTaken: boolean; now: number },
): Promise<void> {
  if (from === to) return;
  if (isTaken) await forgetConsentIn(trx, sourceId, to);
  const rows = await trx
    .selectFrom("source_consent")
    .selectAll()
    .where("source_id", "=", sourceId)
    .where("key", "in", [from, to])
    .execute();
  const row = rows.find(({ key }) => key === from);
  if (row === undefined) return;
  await forgetConsentIn(trx, sourceId, from);
  // He has agreed under his new key already.
  if (rows.some(({ key }) => key === to)) return;
  const opened =
    row.sealed === null ? null : (JSON.parse(cipher.decrypt(row.sealed)) as { readonly values: JsonObject });
  const sealed =
    opened === null ? null : cipher.encrypt(JSON.stringify({ source: sourceId, key: to, values: opened.values }));
  await trx
    .insertInto("source_consent")
    .values({ ...row, key: to, userid: to, sealed, stamp: uuidv7(now) })
    .execute();
}

/** Within a transaction: forgets what was given under a key that becomes another person's. */
export async function forgetConsentIn(trx: Transaction<Tables>, sourceId: string, key: string): Promise<void> {
  await trx.deleteFrom("source_consent").where("source_id", "=", sourceId).where("key", "=", key).execute();
}
