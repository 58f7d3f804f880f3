import type { Selectable } from "kysely";
import type { Cipher } from "../lib/cipher.ts";
import type { WebhookRow, WebhookSecrets } from "./store.ts";
import type { Tables } from "./tables.ts";

export function toWebhook(row: Selectable<Tables["webhook"]>, cipher: Cipher): WebhookRow {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    events: JSON.parse(row.events) as WebhookRow["events"],
    status: row.status,
    disabledBecause: row.disabled_because,
    secrets: JSON.parse(cipher.decrypt(row.secrets)) as WebhookSecrets,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
