import type { Row } from "./database.ts";
import type { DirectoryChange, GroupLabel, RemovalCounts } from "./engine.ts";
import type { KeptBasis } from "./kept-store.ts";

// Rows of `change` for our own directory.

/** What applying needs beyond the document. */
export interface AppliedState {
  readonly kind: string;
  readonly key: string;
  readonly fingerprint: string | null;
  readonly mappingVersion: string | null;
  readonly managerKey: string | null;
  readonly departed: boolean;
  /** Its record stays: the source has it, the mapping makes nothing of it. */
  readonly keepsRecord?: boolean;
  /** Of an undo: applied it is kept by this. */
  readonly kept?: KeptBasis;
}

/** A planned change as it is stored. */
export function plannedRow(
  change: DirectoryChange,
  { taskId, sourceId }: { readonly taskId: string; readonly sourceId: string | null },
  now: number,
): Row {
  const departed = change.fingerprint === null && change.status !== "failed";
  const { kind, key, fingerprint, mappingVersion, managerKey, keepsRecord, kept } = change;
  const base = { kind, key, fingerprint, mappingVersion, managerKey, departed };
  const applied: AppliedState = {
    ...base,
    ...(keepsRecord === true && { keepsRecord }),
    ...(kept !== undefined && { kept }),
  };
  return {
    task_id: taskId,
    target_id: null,
    source_id: sourceId,
    resource_type: change.resourceType,
    resource_id: change.resourceId,
    external_id: change.externalId,
    display_name: change.displayName,
    action: change.action,
    status: change.status,
    error: change.error,
    because: change.because,
    before: change.before === null ? null : JSON.stringify(change.before),
    after: change.after === null ? null : JSON.stringify(change.after),
    sources: change.sources === null ? null : JSON.stringify(change.sources),
    apply: JSON.stringify(applied),
    leavers: 0,
    members_applied: 0,
    added_count: 0,
    removed_count: 0,
    base_version: change.baseVersion,
    changes_identity: change.changesIdentity ? 1 : 0,
    warnings: change.warnings === undefined || change.warnings.length === 0 ? null : JSON.stringify(change.warnings),
    created_at: now,
  };
}

/** A group whose members change: as it is, or is about to be. */
export interface PlannedGroup extends GroupLabel {
  readonly sourceId: string | null;
  readonly version: number;
}

/** The change of a group of which only the members change. */
export function membershipRow(
  label: PlannedGroup,
  taskId: string,
  leavers: boolean,
  because: string,
  now: number,
): Row {
  return {
    task_id: taskId,
    target_id: null,
    source_id: label.sourceId,
    resource_type: "Group",
    resource_id: label.id,
    external_id: label.externalId,
    display_name: label.displayName,
    action: "update",
    status: "planned",
    error: null,
    because,
    before: null,
    after: null,
    sources: null,
    apply: null,
    leavers: leavers ? 1 : 0,
    members_applied: 0,
    added_count: 0,
    removed_count: 0,
    base_version: label.version,
    changes_identity: 0,
    warnings: null,
    created_at: now,
  };
}

/** Changes by which a mapping can make a resource known otherwise; what leaves the source leaves it by another way. */
export const identityActions = ["update", "reactivate", "deactivate"] as const;

/** Lines of `select resource_type, count(*)`, added up. */
export function countRemovals(rows: readonly { resource_type: "User" | "Group"; count: number }[]): RemovalCounts {
  const of = (type: "User" | "Group"): number => Number(rows.find((row) => row.resource_type === type)?.count ?? 0);
  return { users: of("User"), groups: of("Group") };
}
