import type { Transaction } from "kysely";
import type { Database, Row } from "./database.ts";
import type { PushOutcome } from "./engine.ts";
import type { Tables } from "./tables.ts";

/** What a record of something at a target is put together from. */
export interface TargetRecord
  extends Pick<PushOutcome, "resourceType" | "externalId" | "displayName">,
    NonNullable<PushOutcome["record"]> {
  /** Empty for an account that is nobody's here. */
  readonly resourceId: string;
}

/** The row of a record of something at a target; what is of our own directory alone is empty. */
export function changeRow(
  record: TargetRecord,
  {
    taskId,
    targetId,
    sourceId,
    now,
  }: {
    readonly taskId: string;
    readonly targetId: string;
    /** Null for an account that is nobody's here. */
    readonly sourceId: string | null;
    readonly now: number;
  },
): Row {
  return {
    task_id: taskId,
    target_id: targetId,
    source_id: sourceId,
    resource_type: record.resourceType,
    resource_id: record.resourceId,
    external_id: record.externalId,
    display_name: record.displayName,
    action: record.action,
    status: record.status,
    error: record.error,
    because: record.because,
    before: record.before,
    after: record.after,
    sources: null,
    apply: null,
    leavers: 0,
    members_applied: 1,
    added_count: 0,
    removed_count: 0,
    base_version: 0,
    changes_identity: record.changesIdentity ? 1 : 0,
    remote_id: record.remoteId ?? null,
    created_at: now,
  };
}

/** The sources of these resources, by their ids; an empty id is nobody's. */
export async function sourcesOfResources(
  { isOneOf }: Pick<Database, "isOneOf">,
  trx: Transaction<Tables>,
  resourceIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const ids = resourceIds.filter((id) => id !== "");
  if (ids.length === 0) return new Map();
  const rows = await trx.selectFrom("resource").select(["id", "source_id"]).where(isOneOf("id", ids)).execute();
  return new Map(rows.map((row) => [row.id, row.source_id]));
}
