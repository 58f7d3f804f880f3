import { sql } from "kysely";
import { uuidv7 } from "../lib/uuid.ts";
import type { RecordKind } from "../source/source.ts";
import type { Database } from "./database.ts";
import type {
  CurrentResource,
  DirtyRecord,
  Lease,
  ReadBaseline,
  ReadRecord,
  RecordStore,
  StoredRecord,
} from "./engine.ts";
import { assertLease } from "./leases.ts";

/** The cache of what each source said last. */
export function makeRecordStore(database: Database): RecordStore {
  const { db, dialect, isOneOf } = database;
  return {
    async saveRecords(lease, sourceId, kind, records) {
      const keys = records.map((record) => record.key);
      const found = await db
        .selectFrom("source_record")
        .select(["seq", "key", "hash", "fingerprint"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", kind)
        .where(isOneOf("key", keys))
        .execute();
      const known = new Map(found.map((row) => [row.key, row]));
      // The same person may stand twice in a batch (two departments): the last one is as good as the first.
      const changed = new Map<string, ReadRecord>();
      for (const record of records) {
        const row = known.get(record.key);
        if (row?.hash !== record.hash || row.fingerprint !== record.fingerprint) changed.set(record.key, record);
      }
      if (changed.size > 0) {
        await database.write(async (trx) => {
          await assertLease(dialect, trx, lease);
          const fresh = [...changed.keys()].filter((key) => !known.has(key));
          const ids = await resourceIdsOf(trx, sourceId, kind, fresh);
          await database.upsert(trx, {
            table: "source_record",
            rows: [...changed.values()].map(({ key, raw, relations, hash, fingerprint }) => ({
              source_id: sourceId,
              kind,
              key,
              raw,
              relations,
              hash,
              fingerprint,
              // Only a new record needs it (who left and came back keeps his id); an update leaves the column alone.
              resource_id: ids.get(key) ?? uuidv7(),
            })),
            conflict: ["source_id", "kind", "key"],
            update: ["raw", "relations", "hash", "fingerprint"],
          });
          const written = await trx
            .selectFrom("source_record")
            .select(["seq", "key", "hash", "fingerprint"])
            .where("source_id", "=", sourceId)
            .where("kind", "=", kind)
            .where(isOneOf("key", fresh))
            .execute();
          for (const row of written) known.set(row.key, row);
        });
      }
      return { seqs: keys.map((key) => known.get(key)?.seq ?? 0), written: changed.size };
    },

    async listSourceRecords(sourceId, kind, after, limit) {
      const rows = await pageOfRecords(sourceId, kind, after, limit).select(["seq", "key", "resource_id"]).execute();
      return rows.map((row) => ({ seq: row.seq, key: row.key, resourceId: row.resource_id }));
    },

    async seqsOf(sourceId, kind, keys) {
      if (keys.length === 0) return new Map();
      const rows = await db
        .selectFrom("source_record")
        .select(["seq", "key"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", kind)
        .where(isOneOf("key", keys))
        .execute();
      return new Map(rows.map(({ seq, key }) => [key, seq]));
    },

    async readSourceRecords(sourceId, kind, after, limit) {
      const rows = await pageOfRecords(sourceId, kind, after, limit).selectAll().execute();
      return rows.map(toRecord);
    },

    async readRelations(sourceId, kind, after, limit) {
      const rows = await pageOfRecords(sourceId, kind, after, limit)
        .select(["seq", "key", "relations", "resource_id"])
        .execute();
      return rows.map(({ resource_id, ...row }) => ({ ...row, resourceId: resource_id }));
    },

    async listDirty(sourceId, kind, mappingVersion, after, limit, seqs) {
      let dirty = db
        .selectFrom("source_record as r")
        .leftJoin("resource as x", "x.id", "r.resource_id")
        .where("r.source_id", "=", sourceId)
        .where("r.kind", "=", kind)
        .where("r.seq", ">", after)
        .where(
          sql<boolean>`(x.id is null or x.fingerprint is null or x.fingerprint <> r.fingerprint
            or x.mapping_version is null or x.mapping_version <> ${mappingVersion}
            or (x.manager_key is not null and x.manager_id is null and exists (
              select 1 from source_record m
              where m.source_id = r.source_id and m.kind = 'user' and m.key = x.manager_key)))`,
        )
        .orderBy("r.seq")
        .limit(limit);
      if (seqs !== undefined) dirty = dirty.where(isOneOf("r.seq", seqs));
      const rows = await dirty
        .select(["r.seq", "r.key", "r.raw", "r.relations", "r.fingerprint", "r.resource_id"])
        .select(["x.id", "x.type", "x.version", "x.external_id", "x.display_name", "x.active", "x.document"])
        .select(["x.departed_at", "x.deleted_at", "x.mapping_version", "x.fingerprint as made_from"])
        .execute();
      return rows.map(
        (row): DirtyRecord => ({ record: toRecord(row), current: row.id === null ? null : toCurrent(row) }),
      );
    },

    async resolveKeys(sourceId, kind, keys) {
      const ids = await resourceIdsOf(db, sourceId, kind, keys);
      const recorded = await db
        .selectFrom("source_record")
        .select(["key", "resource_id"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", kind)
        .where(isOneOf("key", keys))
        .execute();
      for (const row of recorded) ids.set(row.key, row.resource_id);
      if (kind === "user") await resolveOtherKeys(sourceId, keys, ids);
      return ids;
    },

    async readBaseline(sourceId) {
      const row = await db.selectFrom("source").select("visibility").where("id", "=", sourceId).executeTakeFirst();
      return row?.visibility ? (JSON.parse(row.visibility) as ReadBaseline) : null;
    },

    async saveBaseline(lease, sourceId, baseline) {
      const text = JSON.stringify(baseline);
      const row = await db.selectFrom("source").select("visibility").where("id", "=", sourceId).executeTakeFirst();
      if (row?.visibility !== text) await updateSource(lease, sourceId, { visibility: text });
    },

    async readUnseenFields(sourceId) {
      const row = await db.selectFrom("source").select("unseen_fields").where("id", "=", sourceId).executeTakeFirst();
      return row?.unseen_fields ? (JSON.parse(row.unseen_fields) as readonly string[]) : null;
    },

    async saveUnseenFields(lease, sourceId, fields) {
      const text = JSON.stringify(fields.toSorted());
      const row = await db.selectFrom("source").select("unseen_fields").where("id", "=", sourceId).executeTakeFirst();
      if (row?.unseen_fields !== text) await updateSource(lease, sourceId, { unseen_fields: text });
    },

    async findRecord(sourceId, kind, key) {
      const row = await db
        .selectFrom("source_record")
        .selectAll()
        .where("source_id", "=", sourceId)
        .where("kind", "=", kind)
        .where("key", "=", key)
        .executeTakeFirst();
      return row ? toRecord(row) : null;
    },
  };

  /**
   * A reference may name a person by a key that he had before, where whoever names him was read earlier. While it is open
   * whether a newcomer is somebody whom we know, he is meant by both keys: what names him stays as it is.
   */
  async function resolveOtherKeys(sourceId: string, keys: readonly string[], ids: Map<string, string>): Promise<void> {
    const rows = await db
      .selectFrom("identity_case")
      .select(["from_key", "to_key", "state", "resource_id"])
      .where("source_id", "=", sourceId)
      .where("kind", "=", "rename")
      .where((eb) =>
        eb.or([
          eb.and([eb("state", "=", "accepted"), isOneOf("from_key", keys)]),
          eb.and([eb("state", "=", "open"), eb("other_id", "is", null), isOneOf("to_key", keys)]),
        ]),
      )
      .orderBy("id")
      .execute();
    const isKnown = new Set(ids.keys());
    for (const { from_key, to_key, state, resource_id } of rows) {
      if (state === "open") ids.set(to_key, resource_id);
      else if (!isKnown.has(from_key)) ids.set(from_key, resource_id);
    }
  }

  async function updateSource(lease: Lease, sourceId: string, columns: SourceNotes): Promise<void> {
    await database.write(async (trx) => {
      await assertLease(dialect, trx, lease);
      await trx.updateTable("source").set(columns).where("id", "=", sourceId).execute();
    });
  }

  function pageOfRecords(sourceId: string, kind: RecordKind, after: number, limit: number) {
    return db
      .selectFrom("source_record")
      .where("source_id", "=", sourceId)
      .where("kind", "=", kind)
      .where("seq", ">", after)
      .orderBy("seq")
      .limit(limit);
  }

  /** Ids of resources that are, or were, in the directory. */
  async function resourceIdsOf(
    executor: Pick<typeof db, "selectFrom">,
    sourceId: string,
    kind: RecordKind,
    keys: readonly string[],
  ): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const rows = await executor
      .selectFrom("resource")
      .select(["key", "id"])
      .where("source_id", "=", sourceId)
      .where("kind", "=", kind)
      .where(isOneOf("key", keys))
      .execute();
    return new Map(rows.map((row) => [row.key, row.id]));
  }
}

/** What a read notes on its source. */
type SourceNotes = { readonly visibility: string } | { readonly unseen_fields: string };

function toRecord(row: {
  seq: number;
  key: string;
  raw: string;
  relations: string;
  fingerprint: string;
  resource_id: string;
}): StoredRecord {
  const { seq, key, raw, relations, fingerprint } = row;
  return { seq, key, raw, relations, fingerprint, resourceId: row.resource_id };
}

/** A row of `resource`, possibly from an outer join that found one. */
export function toCurrent(row: {
  id: string | null;
  type: "User" | "Group" | null;
  key: string;
  version: number | null;
  external_id: string | null;
  display_name: string | null;
  active: number | null;
  document: string | null;
  departed_at: number | null;
  deleted_at: number | null;
  mapping_version: string | null;
  made_from: string | null;
}): CurrentResource {
  return {
    id: row.id ?? "",
    type: row.type ?? "User",
    key: row.key,
    version: row.version ?? 0,
    externalId: row.external_id,
    displayName: row.display_name,
    active: row.active === 1,
    document: row.document ?? "{}",
    departed: row.departed_at !== null,
    deleted: row.deleted_at !== null,
    mappingVersion: row.mapping_version,
    fingerprint: row.made_from,
  };
}
