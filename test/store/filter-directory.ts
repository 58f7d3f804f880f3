import { foldCase } from "../../src/lib/fold.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { foldDocument } from "../../src/scim/fold-document.ts";
import type { ResourceType } from "../../src/scim/resource.ts";
import type { Database } from "../../src/store/database.ts";

/** A resource of a test directory, as its source would write it. */
export interface TestResource {
  readonly id: string;
  readonly type: ResourceType;
  readonly document: JsonObject;
  readonly sourceId?: string;
  readonly createdAt?: number;
  readonly lastModifiedAt?: number;
  readonly deletedAt?: number;
  readonly version?: number;
  readonly membersVersion?: number;
}

export interface TestEdge {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberType: ResourceType;
}

/** A UUID that sorts by its number. */
export function testId(number: number): string {
  return `01900000-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

/** Writes resources and edges into the tables as the store does. */
export async function writeDirectory(
  { db }: Database,
  resources: readonly TestResource[],
  edges: readonly TestEdge[] = [],
): Promise<void> {
  for (const resource of resources) {
    const { id, type, document } = resource;
    const text = (name: string): string | null => asText(document[name]);
    const folded = (name: string): string | null => {
      const value = text(name);
      return value === null ? null : foldCase(value);
    };
    const row = {
      id,
      type,
      source_id: resource.sourceId ?? "source-1",
      kind: type === "User" ? ("user" as const) : ("department" as const),
      key: id,
      version: resource.version ?? 1,
      members_version: resource.membersVersion ?? 1,
      fingerprint: null,
      mapping_version: null,
      external_id: text("externalId"),
      user_name: text("userName"),
      user_name_folded: folded("userName"),
      display_name: text("displayName"),
      display_name_folded: folded("displayName"),
      active: document["active"] === false ? 0 : 1,
      manager_key: null,
      manager_id: null,
      document: JSON.stringify(document),
      folded: JSON.stringify(foldDocument(document)),
      created_at: resource.createdAt ?? 1_700_000_000_000,
      last_modified_at: resource.lastModifiedAt ?? 1_700_000_000_000,
      departed_at: null,
      deleted_at: resource.deletedAt ?? null,
    };
    await db.insertInto("resource").values(row).execute();
  }
  for (const { groupId, memberId, memberType } of edges) {
    const row = { group_id: groupId, member_id: memberId, member_type: memberType };
    await db.insertInto("member").values(row).execute();
  }
}

function asText(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}
