import type { Transaction } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import { withoutValues } from "../scim/document.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * What a row holds once its resource has gone: the row stays, emptied of the person, because the id must never mean
 * somebody else.
 */
export const emptiedColumns = {
  document: "{}",
  folded: "{}",
  user_name: null,
  user_name_folded: null,
  display_name: null,
  display_name_folded: null,
  external_id: null,
  manager_key: null,
  manager_id: null,
  fingerprint: null,
  rule: null,
} as const;

/** Of what targets were given the names of the attributes are enough: should he come back, they are given anew. */
export async function emptyLinks(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  ids: readonly string[],
): Promise<void> {
  const links = await trx
    .selectFrom("link")
    .select(["target_id", "resource_id", "held"])
    .where(isOneOf("resource_id", ids))
    .where("held", "is not", null)
    .execute();
  for (const { target_id, resource_id, held } of links) {
    const emptied = JSON.stringify(withoutValues(JSON.parse(held ?? "{}") as JsonObject));
    if (emptied === held) continue;
    await trx
      .updateTable("link")
      .set({ held: emptied })
      .where("target_id", "=", target_id)
      .where("resource_id", "=", resource_id)
      .execute();
  }
}

/** How far back is looked, in milliseconds: much longer than a server is down between two looks. */
const lookBackMs = 7 * 86_400_000;

/**
 * A push that was under way when somebody was deleted may have written down after that what it had given, each without
 * seeing the other. What was written lately is looked at again.
 */
export async function emptyWrittenSince(database: Database, now: number): Promise<void> {
  const written = await database.db
    .selectFrom("link")
    .innerJoin("resource", "resource.id", "link.resource_id")
    .select("link.resource_id")
    .distinct()
    .where("resource.deleted_at", "is not", null)
    .where("link.held", "is not", null)
    .where("link.updated_at", ">", now - lookBackMs)
    .execute();
  const ids = written.map((row) => row.resource_id);
  if (ids.length > 0) await database.write((trx) => emptyLinks(database, trx, ids));
}
