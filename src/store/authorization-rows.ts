import { createHash } from "node:crypto";
import { type Selectable, sql, type Transaction } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import { eraseConsentsIn } from "./consents.ts";
import type { Database } from "./database.ts";
import type { AuthorizationRow } from "./provider-store.ts";
import type { SourceSettings } from "./store.ts";
import type { Tables } from "./tables.ts";

// What the stores of authorisations have in common.

export type AuthorizationColumns = Selectable<Tables["corp_authorization"]>;

export function toAuthorization(row: AuthorizationColumns, cipher: Cipher): AuthorizationRow {
  return {
    id: row.id,
    providerId: row.provider_id,
    suiteId: row.suite_id,
    kind: row.kind,
    status: row.status,
    isInvited: row.request_state !== null,
    wantedCorpId: row.wanted_corp_id,
    sourceName: row.source_name,
    requestedBy: row.requested_by,
    url: row.url === null ? null : cipher.decrypt(row.url),
    expiresAt: row.expires_at,
    corpId: row.corp_id,
    corpName: row.corp_name,
    agentId: row.agent_id,
    permanentCode: row.permanent_code === null ? null : cipher.decrypt(row.permanent_code),
    reason: row.reason,
    createdAt: row.created_at,
    authorisedAt: row.authorised_at,
    updatedAt: row.updated_at,
  };
}

/** What a code is known by once it is erased. */
export function codeHash(code: string): string {
  return createHash("sha256").update(code).digest("base64url");
}

/** Changes of what corps authorised a provider for come one after the other. SQLite has one writer anyway. */
export async function lockProvider(
  { dialect }: Pick<Database, "dialect">,
  trx: Transaction<Tables>,
  id: string,
): Promise<void> {
  if (dialect === "postgres") await sql`select 1 from provider where id = ${id} for update`.execute(trx);
}

/** Sources that are read by one of these authorisations. */
async function sourcesOf(
  trx: Transaction<Tables>,
  authorizations: readonly string[],
): Promise<readonly { readonly id: string; readonly settings: SourceSettings }[]> {
  if (authorizations.length === 0) return [];
  const rows = await trx.selectFrom("source").select(["id", "settings"]).where("status", "=", "enabled").execute();
  return rows
    .map(({ id, settings }) => ({ id, settings: JSON.parse(settings) as SourceSettings }))
    .filter(({ settings }) => authorizations.includes(settings.wecom?.authorization ?? ""));
}

/** Their sources are due at once, where they are synced by themselves. */
export async function makeSourcesDue(
  database: Database,
  trx: Transaction<Tables>,
  authorizations: readonly string[],
  now: number,
): Promise<void> {
  const ids = (await sourcesOf(trx, authorizations)).map(({ id }) => id);
  if (ids.length === 0) return;
  await trx
    .updateTable("source")
    .set({ next_run_at: now })
    .where(database.isOneOf("id", ids))
    .where("next_run_at", "is not", null)
    .execute();
}

/**
 * The corp cancelled them: their permanent codes are erased, and the sources that are read by them disabled. Their people
 * stay as they are.
 *
 * @returns the sources that were disabled
 */
export async function endAuthorizations(
  database: Database,
  trx: Transaction<Tables>,
  ids: readonly string[],
  { reason, now }: { readonly reason: string; readonly now: number },
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  await trx
    .updateTable("corp_authorization")
    .set({ status: "cancelled", permanent_code: null, url: null, look_at: null, reason, updated_at: now })
    .where(database.isOneOf("id", ids))
    .execute();
  const sources = await sourcesOf(trx, ids);
  for (const { id, settings } of sources) {
    const after: SourceSettings = { ...settings, disabledBecause: reason };
    await trx
      .updateTable("source")
      .set({ status: "disabled", next_run_at: null, settings: JSON.stringify(after), updated_at: now })
      .where("id", "=", id)
      .execute();
  }
  const disabled = sources.map(({ id }) => id);
  await eraseOfPeople(database, trx, disabled, now);
  return disabled;
}

/**
 * WeCom wants what was kept of a corp's people on the ground of its authorisation to go with it. The directory itself stays, as
 * an administrator has to say what becomes of accounts.
 */
async function eraseOfPeople(
  database: Database,
  trx: Transaction<Tables>,
  sourceIds: readonly string[],
  now: number,
): Promise<void> {
  if (sourceIds.length === 0) return;
  await trx.deleteFrom("source_mark").where(database.isOneOf("source_id", sourceIds)).execute();
  for (const id of sourceIds) await eraseConsentsIn(trx, now, id);
}
