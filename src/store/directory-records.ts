import type { Database } from "./database.ts";
import type { DirectoryRecord, DirectoryRecordReader } from "./store.ts";

/** What clients and administrators did to our own directory, newest first. */
export function makeDirectoryRecords({ db }: Pick<Database, "db">): DirectoryRecordReader {
  return {
    async listDirectoryRecords({ source, resource, client, cursor, limit }) {
      let query = db
        .selectFrom("directory_record")
        .selectAll()
        .orderBy("seq", "desc")
        .limit(limit + 1);
      if (source !== undefined) query = query.where("source_id", "=", source);
      if (resource !== undefined) query = query.where("resource_id", "=", resource);
      if (client !== undefined) query = query.where("client_id", client === null ? "is" : "=", client);
      if (cursor !== undefined) query = query.where("seq", "<", Number(cursor));
      const rows = await query.execute();
      const items = rows.slice(0, limit).map(
        (row): DirectoryRecord => ({
          id: String(row.seq),
          at: Number(row.at),
          client: row.client_id === null ? null : { id: row.client_id, name: row.client_name ?? "" },
          administrator: row.client_id === null ? row.client_name : null,
          sourceId: row.source_id,
          resourceType: row.resource_type,
          resourceId: row.resource_id,
          externalId: row.external_id,
          displayName: row.display_name,
          action: row.action,
          changes: JSON.parse(row.changes) as DirectoryRecord["changes"],
        }),
      );
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  };
}
