import type { Kysely, Selectable, Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { canonicalJson } from "../lib/json.ts";
import { uuidv7 } from "../lib/uuid.ts";
import type { Database } from "./database.ts";
import { directoryTime } from "./directory-clock.ts";
import { askLeaseBack, revokeLease } from "./leases.ts";
import { lockTarget } from "./lock-target.ts";
import { withName } from "./names.ts";
import { sooner, toQuarantine } from "./quarantines.ts";
import { openSecrets, sealSecrets } from "./sources.ts";
import {
  type NewTarget,
  type Pause,
  type TargetRow,
  type TargetSettings,
  type TargetStore,
  userGroups,
} from "./store.ts";
import type { Tables } from "./tables.ts";

/** Targets, with their secrets encrypted. */
export function makeTargetStore(database: Database, cipher: Cipher, clock: () => number): TargetStore {
  const { db, write } = database;
  const toTarget = (row: Selectable<Tables["target"]>): TargetRow => ({
    id: row.id,
    name: row.name,
    status: row.status,
    settings: JSON.parse(row.settings) as TargetSettings,
    secrets: openSecrets(cipher, row.secrets),
    rulesVersion: row.rules_version,
    vocabulary: row.vocabulary,
    verifyFirst: row.verify_first,
    verifyStartedAt: row.verify_started_at,
    paused: row.paused === null ? null : (JSON.parse(row.paused) as Pause),
    protection: row.protection,
    quarantine: toQuarantine(row.quarantine, row.next_try_at),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  });

  const readTarget = async (at: Kysely<Tables>, id: string): Promise<TargetRow> =>
    toTarget(await at.selectFrom("target").selectAll().where("id", "=", id).executeTakeFirstOrThrow());

  /** What else follows from other settings. Before its first push that one brings everything. */
  const consequences = async (trx: Transaction<Tables>, id: string, after: TargetSettings) => {
    const row = await trx
      .selectFrom("target")
      .select(["settings", "contacted_at"])
      .where("id", "=", id)
      .executeTakeFirst();
    if (row === undefined || row.contacted_at === null) return {};
    const before = JSON.parse(row.settings) as TargetSettings;
    return {
      ...(asksForPush(before, after) ? { pushed_change: 0 } : {}),
      // Whether our ids mean the same there is found out before anything is sent.
      ...(before.baseUrl !== after.baseUrl && (await hasLinks(trx, id)) ? { verify_first: "moved" as const } : {}),
    };
  };

  const hasLinks = async (trx: Transaction<Tables>, id: string): Promise<boolean> => {
    const linked = trx.selectFrom("link").select("resource_id").where("target_id", "=", id);
    return (await linked.where("remote_id", "is not", null).limit(1).executeTakeFirst()) !== undefined;
  };

  /** Others are to be there, or something else of them. */
  const asksForPush = (before: TargetSettings, after: TargetSettings): boolean => {
    const givesMore = after.sources.some((source) => !before.sources.includes(source));
    const content = ({ scope, provision, mapping, profile, constants, api, safeguards }: TargetSettings): string => {
      const protects = [safeguards.protected ?? null, safeguards.protectedGroups ?? null];
      const half = api && [api.userid ?? null];
      return JSON.stringify([scope, provision, mapping ?? null, profile, constants ?? null, half, protects]);
    };
    return givesMore || content(before) !== content(after);
  };

  return {
    async createTarget(target) {
      const id = uuidv7(clock());
      const now = clock();
      const row = {
        id,
        name: target.name,
        status: target.status,
        settings: JSON.stringify(target.settings),
        secrets: sealSecrets(cipher, target.secrets),
        contacted_at: null,
        rules_version: null,
        vocabulary: null,
        // What changed before it was there waits for its first push.
        pushed_change: await directoryTime(db),
        created_at: now,
        updated_at: now,
      };
      await withName(database, "target", target.name, () => db.insertInto("target").values(row).execute());
      return readTarget(db, id);
    },
    async listTargets() {
      const rows = await db.selectFrom("target").selectAll().orderBy("id").execute();
      return rows.map(toTarget);
    },
    async findTarget(idOrName) {
      const row = await db
        .selectFrom("target")
        .selectAll()
        .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
        .executeTakeFirst();
      return row ? toTarget(row) : null;
    },
    updateTarget: (id, change) =>
      withName(database, "target", change.name, () =>
        write(async (trx) => {
          await lockTarget(database, trx, id);
          const columns = {
            ...(change.settings === undefined ? {} : await consequences(trx, id, change.settings)),
            ...(change.name === undefined ? {} : { name: change.name }),
            ...(change.status === undefined ? {} : { status: change.status }),
            ...(change.settings === undefined ? {} : { settings: JSON.stringify(change.settings) }),
            ...(change.secrets === undefined ? {} : { secrets: sealSecrets(cipher, change.secrets) }),
          } satisfies Partial<Record<keyof Tables["target"], unknown>>;
          const before = await readTarget(trx, id);
          const { quarantine } = before;
          const isFreed = quarantine !== null && isChanged(before, change);
          await trx
            .updateTable("target")
            .set({ ...columns, ...(isFreed ? sooner(quarantine, clock()) : {}), updated_at: clock() })
            .where("id", "=", id)
            .execute();
          const after = await readTarget(trx, id);
          if (after.status !== "enabled") await forgetAlerts(trx, id);
          for (const given of givenNow(before.settings, after.settings)) {
            await trx
              .deleteFrom("target_source")
              .where("target_id", "=", id)
              .where("source_id", given, userGroups)
              .execute();
          }
          // Who is to be spared must not wait for the end of a push that knows nothing of it: one write, so that no crash
          // leaves the push with what was said before.
          if (mayDoOtherwise(before, after)) await askLeaseBack(trx, `target:${id}`);
          return after;
        }),
      ),
    deleteTarget: (id) =>
      write(async (trx) => {
        await revokeLease(trx, `target:${id}`);
        await trx.deleteFrom("remote_match").where("target_id", "=", id).execute();
        await trx.deleteFrom("remote_seen").where("target_id", "=", id).execute();
        await trx.deleteFrom("pause").where("target_id", "=", id).execute();
        await trx.deleteFrom("target_source").where("target_id", "=", id).execute();
        await trx.deleteFrom("link_member").where("target_id", "=", id).execute();
        await trx.deleteFrom("link").where("target_id", "=", id).execute();
        await trx
          .deleteFrom("removal")
          .where((where) => where.or([where("scope", "=", `target:${id}`), where("scope", "like", `target:${id}:%`)]))
          .execute();
        await forgetAlerts(trx, id);
        await trx.deleteFrom("target").where("id", "=", id).execute();
      }),
  };
}

/** What is sent nothing is out of order no more. */
async function forgetAlerts(trx: Transaction<Tables>, id: string): Promise<void> {
  await trx.deleteFrom("alert").where("name", "=", `target.quarantined:${id}`).execute();
}

/** Whether anything but its name is another. */
function isChanged(before: TargetRow, { name: _, ...change }: Partial<NewTarget>): boolean {
  return Object.entries(change).some(
    ([key, value]) => canonicalJson(value) !== canonicalJson(before[key as keyof typeof change]),
  );
}

/**
 * Whether it is given people or groups of its sources (all that are not the user groups), or the user groups, and was not:
 * what it holds of those was never looked for.
 */
function givenNow(
  { provision: before }: TargetSettings,
  { provision: after }: TargetSettings,
): readonly ("<>" | "=")[] {
  const ofSources = (after.users && !before.users) || (after.groups && !before.groups);
  return [...(ofSources ? (["<>"] as const) : []), ...(after.userGroups && !before.userGroups ? (["="] as const) : [])];
}

/** Whether a push that is under way may be doing what it should not any more. */
function mayDoOtherwise(before: TargetRow, after: TargetRow): boolean {
  const sent = ({ status, settings: { safeguards, scope, provision } }: TargetRow): string =>
    JSON.stringify([status, safeguards, scope, provision]);
  return sent(before) !== sent(after);
}
