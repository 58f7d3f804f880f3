import { sql } from "kysely";
import type { ResourceRow } from "./store.ts";

/** What is read of a resource to answer with it. */
export const selectedColumns = sql`resource.id, resource.type, resource.source_id, resource.version,
  resource.members_version, resource.created_at, resource.last_modified_at, resource.document`;

/** A row of {@link selectedColumns}: a list, since naming each value again costs as much as reading it. */
export type SelectedRow = readonly [
  id: string,
  type: ResourceRow["type"],
  sourceId: string,
  version: number,
  membersVersion: number,
  createdAt: number,
  lastModifiedAt: number,
  document: string,
];

/** A row as the rest of the program knows it; what stands behind the selected columns is not looked at. */
export function toResourceRow(row: readonly [...SelectedRow, ...unknown[]]): ResourceRow {
  const [id, type, sourceId, version, membersVersion, createdAt, lastModifiedAt, document] = row;
  return { id, type, sourceId, version, membersVersion, createdAt, lastModifiedAt, document };
}
