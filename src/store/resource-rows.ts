import { sql } from "kysely";
import type { ResourceRow } from "./store.ts";

/** What is read of a resource to answer with it. */
export const selectedColumns = sql`resource.id, resource.type, resource.source_id, resource.version,
  resource.members_version, resource.created_at, resource.last_modified_at, resource.document`;

/** A row of {@link selectedColumns}. */
export interface SelectedRow {
  readonly id: string;
  readonly type: ResourceRow["type"];
  readonly source_id: string;
  readonly version: number;
  readonly members_version: number;
  readonly created_at: number;
  readonly last_modified_at: number;
  readonly document: string;
}

/** A row as the rest of the program knows it. */
export function toResourceRow(row: SelectedRow): ResourceRow {
  return {
    id: row.id,
    type: row.type,
    sourceId: row.source_id,
    version: row.version,
    membersVersion: row.members_version,
    createdAt: row.created_at,
    lastModifiedAt: row.last_modified_at,
    document: row.document,
  };
}
