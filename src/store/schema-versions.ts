import type { ExpressionBuilder, Selectable, Transaction } from "kysely";
import type { Database } from "./database.ts";
import type {
  SchemaContent,
  SchemaKind,
  SchemaVersion,
  SchemaVersionStore,
  SchemaVersionSummary,
} from "./schema-version-store.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["file_version"]>;

const summaryColumns = ["kind", "name", "version", "state", "origin", "hash", "created_at", "activated_at"] as const;

/** Versions of mapping and extension files. */
export function makeSchemaVersionStore(database: Database, clock: () => number): SchemaVersionStore {
  const { db } = database;

  /** Two processes may number or activate at the same moment: whoever comes second looks again. */
  const write = async <T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await database.write(work);
      } catch (error) {
        if (attempt === 5 || !database.isTaken(error)) throw error;
      }
    }
  };

  return {
    async activeSchemas() {
      const rows = await db
        .selectFrom("file_version")
        .selectAll()
        .where("state", "=", "active")
        .orderBy("kind")
        .orderBy("name")
        .execute();
      return rows.map(toVersion);
    },

    async activeSchemaSummaries() {
      const rows = await db
        .selectFrom("file_version")
        .select(summaryColumns)
        .where("state", "=", "active")
        .orderBy("kind")
        .orderBy("name")
        .execute();
      return rows.map(toSummary);
    },

    async wasInForce(kind, name, text) {
      const row = await db
        .selectFrom("file_version")
        .select("version")
        .where("kind", "=", kind)
        .where("name", "=", name)
        .where("state", "=", "former")
        .where("text", "=", text)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async listSchemaVersions(kind, name, { cursor, limit }) {
      let query = db
        .selectFrom("file_version")
        .select(summaryColumns)
        .where("kind", "=", kind)
        .where("name", "=", name)
        .orderBy("version", "desc")
        .limit(limit + 1);
      if (cursor !== undefined) query = query.where("version", "<", Number(cursor));
      const rows = await query.execute();
      const items = rows.slice(0, limit).map(toSummary);
      return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.version ?? "") : null };
    },

    async newestSchemas(kind) {
      const rows = await db
        .selectFrom("file_version")
        .select(summaryColumns)
        .select((eb) => lastActivationOf(eb).as("last_activated_at"))
        .where("kind", "=", kind)
        .where((eb) => eb("version", "=", newestOf(eb)))
        .orderBy("name")
        .execute();
      return rows.map((row) => ({
        ...toSummary(row),
        lastActivatedAt: row.last_activated_at === null ? null : Number(row.last_activated_at),
      }));
    },

    async schemaDrafts(kind) {
      const rows = await db
        .selectFrom("file_version")
        .select(summaryColumns)
        .where("kind", "=", kind)
        .where("state", "=", "draft")
        .orderBy("created_at", "desc")
        .orderBy("version", "desc")
        .execute();
      return rows.map(toSummary);
    },

    async findSchemaVersion(kind, name, version) {
      const row = await ofFile(db, kind, name).where("version", "=", version).executeTakeFirst();
      return row ? toVersion(row) : null;
    },

    saveDraft: (content) =>
      write(async (trx) => {
        const known = await findSame(trx, content);
        if (!known) return toVersion(await insert(trx, content, { state: "draft", origin: "api", activatedAt: null }));
        if (known.state !== "draft") return toVersion(known);
        const change = { created_at: clock() };
        await setState(trx, known, change);
        return toVersion({ ...known, ...change });
      }),

    activateSchema: (content, { origin, expected }) =>
      write(async (trx) => {
        const active = await activeOf(trx, content.kind, content.name);
        if (active !== undefined && active.text === content.text && active.hash === content.hash) {
          return toVersion(active);
        }
        if ((active?.version ?? null) !== expected) return null;
        if (active) await setState(trx, active, { state: "former" });
        const known = await findSame(trx, content);
        const now = clock();
        if (!known) return toVersion(await insert(trx, content, { state: "active", origin, activatedAt: now }));
        const change = { state: "active", origin, activated_at: now } as const;
        await setState(trx, known, change);
        return toVersion({ ...known, ...change });
      }),

    retireSchema: (kind, name, expected) =>
      write(async (trx) => {
        const active = await activeOf(trx, kind, name);
        if (active?.version !== expected) return false;
        await setState(trx, active, { state: "former" });
        return true;
      }),

    removeDrafts: (kind, name) =>
      write(async (trx) => {
        const used = await ofFile(trx, kind, name).where("state", "!=", "draft").limit(1).executeTakeFirst();
        if (used !== undefined) return;
        await trx.deleteFrom("file_version").where("kind", "=", kind).where("name", "=", name).execute();
      }),

    async pruneDrafts(before) {
      await db
        .deleteFrom("file_version")
        .where("state", "=", "draft")
        .where("created_at", "<", before)
        .where((eb) => eb("version", "<", newestOf(eb)))
        .execute();
    },
  };

  async function insert(
    trx: Transaction<Tables>,
    { kind, name, text, hash, extensions }: SchemaContent,
    { state, origin, activatedAt }: Pick<SchemaVersion, "state" | "origin" | "activatedAt">,
  ): Promise<Row> {
    const last = await trx
      .selectFrom("file_version")
      .select((eb) => eb.fn.max("version").as("version"))
      .where("kind", "=", kind)
      .where("name", "=", name)
      .executeTakeFirst();
    const row: Row = {
      kind,
      name,
      version: Number(last?.version ?? 0) + 1,
      state,
      origin,
      text,
      hash,
      extensions: JSON.stringify(extensions),
      created_at: clock(),
      activated_at: activatedAt,
    };
    await trx.insertInto("file_version").values(row).execute();
    return row;
  }
}

function ofFile(db: Pick<Database["db"], "selectFrom">, kind: SchemaKind, name: string) {
  return db.selectFrom("file_version").selectAll().where("kind", "=", kind).where("name", "=", name);
}

function activeOf(trx: Transaction<Tables>, kind: SchemaKind, name: string): Promise<Row | undefined> {
  return ofFile(trx, kind, name).where("state", "=", "active").executeTakeFirst();
}

/** Of the file that a row belongs to. */
function newestOf(row: ExpressionBuilder<Tables, "file_version">) {
  return row
    .selectFrom("file_version as n")
    .select((each) => each.fn.max("n.version").as("version"))
    .whereRef("n.kind", "=", "file_version.kind")
    .whereRef("n.name", "=", "file_version.name");
}

function lastActivationOf(row: ExpressionBuilder<Tables, "file_version">) {
  return row
    .selectFrom("file_version as n")
    .select((each) => each.fn.max("n.activated_at").as("activated_at"))
    .whereRef("n.kind", "=", "file_version.kind")
    .whereRef("n.name", "=", "file_version.name");
}

/** The newest version with this very text that means the same: extension files may have changed under it. */
function findSame(trx: Transaction<Tables>, { kind, name, text, hash }: SchemaContent): Promise<Row | undefined> {
  return ofFile(trx, kind, name)
    .where("text", "=", text)
    .where("hash", "=", hash)
    .orderBy("version", "desc")
    .executeTakeFirst();
}

async function setState(
  trx: Transaction<Tables>,
  { kind, name, version }: Row,
  change: Partial<Pick<Row, "state" | "origin" | "created_at" | "activated_at">>,
): Promise<void> {
  await trx
    .updateTable("file_version")
    .set(change)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .where("version", "=", version)
    .execute();
}

function toSummary(row: Pick<Row, (typeof summaryColumns)[number]>): SchemaVersionSummary {
  const { kind, name, state, origin, hash } = row;
  return {
    kind,
    name,
    version: row.version,
    state,
    origin,
    hash,
    createdAt: row.created_at,
    activatedAt: row.activated_at,
  };
}

function toVersion(row: Row): SchemaVersion {
  return {
    ...toSummary(row),
    text: row.text,
    extensions: JSON.parse(row.extensions) as Readonly<Record<string, string>>,
  };
}
