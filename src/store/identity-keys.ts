import type { Selectable, Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import type { JsonObject } from "../lib/json.ts";
import { uuidv7 } from "../lib/uuid.ts";
import { documentColumns, isActive, textOf } from "../scim/document.ts";
import { forgetConsentIn, moveConsentIn } from "./consents.ts";
import type { Database } from "./database.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import { plannedRow } from "./directory-rows.ts";
import { formerKey, formerNames } from "./former-names.ts";
import { leaveGroups } from "./group-versions.ts";
import type { IdentityStore, KeyHolder } from "./identity-store.ts";
import { leasedWrite } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** Moves people of a source from key to key: what a source knows a person by, its resource is found by. */
export function makeIdentityKeys(
  database: Database,
  cipher: Cipher,
  clock: () => number,
): Pick<
  IdentityStore,
  "toldRenames" | "forgetTold" | "keyHolders" | "moveKey" | "giveUpKey" | "lookAtLed" | "listNewcomers" | "recordsOf"
> {
  const { db, isOneOf } = database;
  const write = leasedWrite(database);
  const columns = ["seq", "key", "raw", "resource_id as resourceId"] as const;

  return {
    async toldRenames(sourceId) {
      const rows = await db.selectFrom("told_rename").selectAll().where("source_id", "=", sourceId).execute();
      return rows.map((row) => ({ from: row.from_key, to: row.to_key, heardAt: Number(row.heard_at) }));
    },

    forgetTold: (lease, sourceId, from) =>
      write(lease, async (trx) => {
        await trx
          .deleteFrom("told_rename")
          .where("source_id", "=", sourceId)
          .where(isOneOf("from_key", from))
          .execute();
      }),

    async keyHolders(sourceId, keys) {
      const holders = new Map<string, KeyHolder>();
      if (keys.length === 0) return holders;
      const resources = await db
        .selectFrom("resource")
        .select(["id", "key", "departed_at", "deleted_at"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", "user")
        .where(isOneOf("key", keys))
        .execute();
      for (const { id, key, departed_at, deleted_at } of resources) {
        const isThere = deleted_at === null;
        holders.set(key, {
          ...{ resourceId: id, seq: null },
          ...{ isPresent: isThere && departed_at === null, isDeparted: isThere && departed_at !== null },
        });
      }
      const records = await db
        .selectFrom("source_record")
        .select(["seq", "key", "resource_id"])
        .where("source_id", "=", sourceId)
        .where("kind", "=", "user")
        .where(isOneOf("key", keys))
        .execute();
      for (const { seq, key, resource_id } of records) {
        const known = holders.get(key) ?? { resourceId: resource_id, isPresent: false, isDeparted: false };
        holders.set(key, { ...known, seq });
      }
      return holders;
    },

    moveKey: (lease, { sourceId, taskId, resourceId, from, to, isTaken = false, tagsAreRead = false }) =>
      write(lease, async (trx) => {
        const record = await trx
          .selectFrom("source_record")
          .select(["seq", "resource_id"])
          .where("source_id", "=", sourceId)
          .where("kind", "=", "user")
          .where("key", "=", to)
          .executeTakeFirst();
        const other = await holderOf(trx, sourceId, to);
        const isOthers = other !== undefined && other.id !== resourceId;
        await moveConsentIn(trx, cipher, { sourceId, from, to, isTaken: isOthers, now: clock() });
        if (isOthers) {
          await giveUp(database, trx, other, { taskId, sourceId, now: clock() });
        }
        const ofSource = trx.updateTable("source_record").where("source_id", "=", sourceId).where("kind", "=", "user");
        if (record === undefined) {
          if (!isTaken) await ofSource.set({ key: to }).where("key", "=", from).execute();
        } else {
          if (!isTaken) {
            await trx
              .deleteFrom("source_record")
              .where("source_id", "=", sourceId)
              .where("kind", "=", "user")
              .where("key", "=", from)
              .execute();
          }
          await ofSource.set({ resource_id: resourceId }).where("seq", "=", record.seq).execute();
          // Whoever was given the one who never came, or came by mistake, for a manager.
          await trx
            .updateTable("resource")
            .set({ fingerprint: null })
            .where("manager_id", "=", record.resource_id)
            .execute();
        }
        await trx.updateTable("resource").set({ key: to, fingerprint: null }).where("id", "=", resourceId).execute();
        // Moves that he has made before, and that never came to their end, would lead him away again.
        await trx
          .updateTable("identity_case")
          .set({ done: 1 })
          .where("source_id", "=", sourceId)
          .where("kind", "=", "rename")
          .where("state", "=", "accepted")
          .where("done", "=", 0)
          .where("resource_id", "=", resourceId)
          .where("to_key", "<>", to)
          .execute();
        if (!tagsAreRead) await renameInTags(trx, sourceId, from, to);
      }),

    giveUpKey: (lease, { sourceId, taskId, resourceId, key }) =>
      write(lease, async (trx) => {
        const holder = await holderOf(trx, sourceId, key);
        if (holder === undefined || holder.id !== resourceId) return;
        const now = clock();
        await giveUp(database, trx, holder, { taskId, sourceId, now });
        await forgetConsentIn(trx, sourceId, key);
        await trx
          .updateTable("source_record")
          .set({ resource_id: uuidv7(now) })
          .where("source_id", "=", sourceId)
          .where("kind", "=", "user")
          .where("key", "=", key)
          .execute();
        await trx.updateTable("resource").set({ fingerprint: null }).where("manager_id", "=", resourceId).execute();
      }),

    lookAtLed: (lease, sourceId, keys) =>
      write(lease, async (trx) => {
        await trx
          .updateTable("resource")
          .set({ fingerprint: null })
          .where("source_id", "=", sourceId)
          .where("kind", "=", "user")
          .where(isOneOf("manager_key", keys))
          .execute();
      }),

    async listNewcomers(sourceId, after, limit) {
      return db
        .selectFrom("source_record as r")
        .leftJoin("resource as x", "x.id", "r.resource_id")
        .select(["r.seq", "r.key", "r.raw", "r.resource_id as resourceId"])
        .where("r.source_id", "=", sourceId)
        .where("r.kind", "=", "user")
        .where("r.seq", ">", after)
        .where("x.id", "is", null)
        .orderBy("r.seq")
        .limit(limit)
        .execute();
    },

    async recordsOf(sourceId, seqs) {
      if (seqs.length === 0) return [];
      return db
        .selectFrom("source_record")
        .select(columns)
        .where("source_id", "=", sourceId)
        .where("kind", "=", "user")
        .where(isOneOf("seq", seqs))
        .orderBy("seq")
        .execute();
    },
  };
}

/** Tags name people by their keys: until they are read again, he carries those that he had. */
async function renameInTags(trx: Transaction<Tables>, sourceId: string, from: string, to: string): Promise<void> {
  const tags = await trx
    .selectFrom("source_record")
    .select(["seq", "relations"])
    .where("source_id", "=", sourceId)
    .where("kind", "=", "tag")
    .where("relations", "like", `%${JSON.stringify(from)}%`)
    .execute();
  for (const { seq, relations } of tags) {
    const said = JSON.parse(relations) as { readonly users: readonly string[] };
    if (!said.users.includes(from)) continue;
    const users = [...new Set(said.users.map((key) => (key === from ? to : key)))];
    await trx
      .updateTable("source_record")
      // Without the hash the next read writes down what the source says, be it the same as before.
      .set({ relations: JSON.stringify({ ...said, users }), hash: "" })
      .where("seq", "=", seq)
      .execute();
  }
}

type Holder = Pick<
  Selectable<Tables["resource"]>,
  "id" | "version" | "document" | "departed_at" | "deleted_at" | "external_id" | "display_name"
>;

function holderOf(trx: Transaction<Tables>, sourceId: string, key: string): Promise<Holder | undefined> {
  return trx
    .selectFrom("resource")
    .select(["id", "version", "document", "departed_at", "deleted_at", "external_id", "display_name"])
    .where("source_id", "=", sourceId)
    .where("kind", "=", "user")
    .where("key", "=", key)
    .executeTakeFirst();
}

/**
 * Somebody else has his key from now on: he gets one that no source has, and names that nobody has, so that the other one can
 * have his. He has departed; who was here by mistake departs by it.
 */
async function giveUp(
  database: Database,
  trx: Transaction<Tables>,
  holder: Holder,
  { taskId, sourceId, now }: { readonly taskId: string; readonly sourceId: string; readonly now: number },
): Promise<void> {
  const key = formerKey(holder.id);
  if (holder.deleted_at !== null) {
    await trx.updateTable("resource").set({ key }).where("id", "=", holder.id).execute();
    return;
  }
  const at = await takeDirectoryTime(database, trx, now);
  const before = JSON.parse(holder.document) as JsonObject;
  const after = { ...formerNames(holder.id, before), active: false };
  await trx
    .updateTable("resource")
    .set({
      ...documentColumns(after),
      key,
      fingerprint: null,
      mapping_version: null,
      last_modified_at: at,
      departed_at: holder.departed_at ?? now,
      version: holder.version + 1,
    })
    .where("id", "=", holder.id)
    .execute();
  await leaveGroups(database, trx, [holder.id], at);
  const change = {
    ...({ kind: "user", key, resourceType: "User", resourceId: holder.id, status: "applied", error: null } as const),
    action: isActive(before) ? ("deactivate" as const) : ("update" as const),
    because: "another person has his key in the source now: what he is called by is free for that one",
    ...{ externalId: textOf(before, "externalId"), displayName: textOf(before, "displayName") },
    ...{ before, after, sources: null, baseVersion: holder.version, changesIdentity: false },
    ...{ fingerprint: null, mappingVersion: null, managerKey: null },
  };
  const row = plannedRow(change, { taskId, sourceId }, now);
  await database.upsert(trx, { table: "change", rows: [row] });
}
