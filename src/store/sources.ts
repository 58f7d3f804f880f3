import { type Selectable, sql } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { uuidv7 } from "../lib/uuid.ts";
import { abandonPlan } from "./abandon.ts";
import type { Database } from "./database.ts";
import { takeDirectoryTime } from "./directory-clock.ts";
import { makeEndings, settingsIfOrdered } from "./endings.ts";
import { bumpGroups } from "./group-versions.ts";
import { revokeLease } from "./leases.ts";
import { withName } from "./names.ts";
import type { NewSource, Secrets, SourceRow, SourceSettings, SourceStore } from "./store.ts";
import type { Tables } from "./tables.ts";
import { takeSourceFromTargets } from "./take-from-targets.ts";

/** Identity sources, with their secrets encrypted. */
export function makeSourceStore(database: Database, cipher: Cipher, clock: () => number): SourceStore {
  const { db, write } = database;
  const toSource = (row: Selectable<Tables["source"]>): SourceRow => ({
    id: row.id,
    name: row.name,
    type: row.type,
    status: row.status,
    settings: JSON.parse(row.settings) as SourceSettings,
    secrets: openSecrets(cipher, row.secrets),
    nextRunAt: row.next_run_at,
    syncedAt: row.synced_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  });

  const readSource = async (id: string): Promise<SourceRow> =>
    toSource(await db.selectFrom("source").selectAll().where("id", "=", id).executeTakeFirstOrThrow());

  return {
    ...makeEndings(database, clock),

    async createSource(source) {
      const id = uuidv7(clock());
      const now = clock();
      const row = {
        id,
        name: source.name,
        type: source.type,
        status: source.status,
        settings: JSON.stringify(source.settings),
        secrets: sealSecrets(cipher, source.secrets),
        visibility: null,
        next_run_at: source.nextRunAt,
        created_at: now,
        updated_at: now,
      };
      await withName(database, "source", source.name, () => db.insertInto("source").values(row).execute());
      return readSource(id);
    },
    async listSources() {
      const rows = await db.selectFrom("source").selectAll().orderBy("id").execute();
      return rows.map(toSource);
    },
    async findSource(idOrName) {
      const row = await db
        .selectFrom("source")
        .selectAll()
        .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
        .executeTakeFirst();
      return row ? toSource(row) : null;
    },
    async updateSource(id, change) {
      const columns = {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.type === undefined ? {} : { type: change.type }),
        ...(change.status === undefined ? {} : { status: change.status }),
        ...(change.settings === undefined ? {} : { settings: JSON.stringify(change.settings) }),
        ...(change.secrets === undefined ? {} : { secrets: sealSecrets(cipher, change.secrets) }),
        ...(change.nextRunAt === undefined ? {} : { next_run_at: change.nextRunAt }),
      } satisfies Partial<Record<keyof Tables["source"], unknown>>;
      await withName(database, "source", change.name, () =>
        db
          .updateTable("source")
          .set({ ...columns, updated_at: clock() })
          .where("id", "=", id)
          .execute(),
      );
      return readSource(id);
    },
    async noteEnding(id, name) {
      await db
        .insertInto("ended_source")
        .values({ id, name, ended_at: clock() })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    async findEnded(idOrName) {
      const row = await db
        .selectFrom("ended_source")
        .select(["id", "name"])
        .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
        .orderBy("ended_at", "desc")
        .limit(1)
        .executeTakeFirst();
      return row ?? null;
    },
    async endedSources(ids) {
      if (ids.length === 0) return [];
      return db.selectFrom("ended_source").select(["id", "name"]).where(database.isOneOf("id", ids)).execute();
    },
    deleteSource: (id, ordered) =>
      write(async (trx) => {
        if (ordered !== undefined && (await settingsIfOrdered(database, trx, id, ordered)) === null) return false;
        await revokeLease(trx, `source:${id}`);
        await takeSourceFromTargets(database, trx, id, clock());
        // User groups, of which members go with it.
        const at = await takeDirectoryTime(database, trx, clock());
        const groups = await trx
          .selectFrom("member as m")
          .innerJoin("resource as r", "r.id", "m.member_id")
          .innerJoin("resource as g", "g.id", "m.group_id")
          .select("m.group_id")
          .distinct()
          .where("r.source_id", "=", id)
          .where("g.source_id", "<>", id)
          .execute();
        await bumpGroups(
          database,
          trx,
          groups.map((row) => row.group_id),
          at,
        );
        const resources = trx.selectFrom("resource").select("id").where("source_id", "=", id);
        const held = await trx
          .updateTable("sync_task")
          .set({ state: "cancelled" })
          .where("source_id", "=", id)
          .where("state", "=", "held")
          .returning("id")
          .execute();
        for (const task of held) {
          await abandonPlan(database, trx, task.id, { error: "the source has ended", now: clock() });
        }
        const tasks = trx.selectFrom("sync_task").select("id").where("source_id", "=", id);
        await trx.deleteFrom("task_mark").where("task_id", "in", tasks).execute();
        await trx.deleteFrom("undo_unit").where("task_id", "in", tasks).execute();
        await trx.deleteFrom("kept").where("source_id", "=", id).execute();
        await trx.deleteFrom("pause").where("resource_id", "in", resources).execute();
        await trx.deleteFrom("link_member").where("group_id", "in", resources).execute();
        await trx.deleteFrom("link_member").where("member_id", "in", resources).execute();
        await trx.deleteFrom("link").where("resource_id", "in", resources).execute();
        await trx.deleteFrom("target_source").where("source_id", "=", id).execute();
        await trx.deleteFrom("member").where("group_id", "in", resources).execute();
        await trx.deleteFrom("member").where("member_id", "in", resources).execute();
        await trx.deleteFrom("resource").where("source_id", "=", id).execute();
        await trx.deleteFrom("source_record").where("source_id", "=", id).execute();
        await trx.deleteFrom("source_mark").where("source_id", "=", id).execute();
        await trx.deleteFrom("source_event").where("source_id", "=", id).execute();
        await trx.deleteFrom("told_rename").where("source_id", "=", id).execute();
        await trx.deleteFrom("identity_case").where("source_id", "=", id).execute();
        await trx.deleteFrom("source_consent").where("source_id", "=", id).execute();
        await trx.deleteFrom("consent_visit").where("source_id", "=", id).execute();
        await trx
          .deleteFrom("removal")
          .where("scope", "in", [`source:${id}`, `source:${id}:identity`])
          .execute();
        await sql`
          insert into ended_source (id, name, ended_at) select id, name, ${clock()} from source where id = ${id}
          on conflict (id) do update set ended_at = excluded.ended_at`.execute(trx);
        await trx.deleteFrom("source").where("id", "=", id).execute();
        return true;
      }),
  };
}

/** Secrets as they lie in the database: one encrypted JSON object. */
export function sealSecrets(cipher: Cipher, secrets: Secrets): string {
  return cipher.encrypt(JSON.stringify(secrets));
}

export function openSecrets(cipher: Cipher, sealed: string): Secrets {
  return JSON.parse(cipher.decrypt(sealed)) as Secrets;
}

export type { NewSource };
