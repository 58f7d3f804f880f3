import type { Generated } from "kysely";
import type { AdministratorTables } from "./administrator-tables.ts";
import type { DirectoryAction } from "./directory-writing.ts";
import type { MoreTables } from "./more-tables.ts";
import type { PlanRequestTable } from "./plan-table.ts";
import type { KeptTable, LostMemberTable, UndoUnitTable } from "./undo-tables.ts";

// The tables as Kysely sees them. Times are milliseconds since 1970; booleans are 0 and 1; JSON is text.

export interface Tables extends AdministratorTables, MoreTables {
  source: SourceTable;
  source_record: SourceRecordTable;
  resource: ResourceTable;
  member: MemberTable;
  directory_clock: DirectoryClockTable;
  directory_change: DirectoryChangeTable;
  directory_record: DirectoryRecordTable;
  target: TargetTable;
  link: LinkTable;
  link_member: LinkMemberTable;
  remote_match: RemoteMatchTable;
  remote_seen: RemoteSeenTable;
  sync_task: SyncTaskTable;
  change: ChangeTable;
  change_member: ChangeMemberTable;
  task_mark: TaskMarkTable;
  lost_member: LostMemberTable;
  kept: KeptTable;
  undo_unit: UndoUnitTable;
  plan_request: PlanRequestTable;
  file_version: FileVersionTable;
  removal: RemovalTable;
  scim_client: ScimClientTable;
  setting: SettingTable;
  lease: LeaseTable;
}

interface SourceTable {
  id: string;
  name: string;
  type: "wecom" | "custom";
  status: "enabled" | "disabled";
  settings: string;
  /** Encrypted JSON object of secrets by JSON Pointer. */
  secrets: string;
  /** Visibility at the last complete read (JSON), to tell a shrunken scope from departures. */
  visibility: string | null;
  /** Fields that the credential was never shown at the last read (JSON list); null before the first. */
  unseen_fields: Generated<string | null>;
  next_run_at: number | null;
  /** What its end waits for, in words. */
  waits_for: Generated<string | null>;
  /** When a read of it last ended well: whole, and brought into the directory. */
  synced_at: Generated<number | null>;
  created_at: number;
  updated_at: number;
}

/** One department, member or tag as last read. A cache of the source: what it led to lies in `resource`. */
interface SourceRecordTable {
  seq: Generated<number>;
  source_id: string;
  kind: "user" | "department" | "tag";
  key: string;
  raw: string;
  /** JSON: departments, main department, managers; parent; tagged users and departments. By key. */
  relations: string;
  hash: string;
  /** Hash of everything that this record's resource is made from, its departments' names included. */
  fingerprint: string;
  resource_id: string;
}

/** One SCIM User or Group of our own directory. */
interface ResourceTable {
  id: string;
  source_id: string;
  type: "User" | "Group";
  /** `group`: a user group, which is kept here and belongs to no source (`source_id` is `user-groups`). */
  kind: "user" | "department" | "tag" | "group";
  key: string;
  /** Grows by one with each change of the document. */
  version: number;
  /** Grows by one with each change of the members. */
  members_version: number;
  fingerprint: string | null;
  mapping_version: string | null;
  external_id: string | null;
  user_name: string | null;
  user_name_folded: string | null;
  display_name: string | null;
  display_name_folded: string | null;
  active: number;
  /** Key of the user whom the mapping names as manager, and the resource that he is, once there is one. */
  manager_key: string | null;
  manager_id: string | null;
  /** The document: `schemas` first, no `id`, `meta`, `members`, `groups`. */
  document: string;
  /** The same document with every string folded (lib/fold): what filters that are not caseExact run on. */
  folded: string;
  created_at: number;
  last_modified_at: number;
  /** When the source was first found without it; null while it is there. */
  departed_at: number | null;
  /** When it went from our own directory; the row stays, because its id is for ever. */
  deleted_at: number | null;
  /** Of a dynamic group: the filter that says who is in it, and the sources that it looks at (JSON). */
  rule: Generated<string | null>;
}

interface MemberTable {
  group_id: string;
  member_id: string;
  member_type: "User" | "Group";
}

/** One row. Its triggers are in migrations/0006-reading.ts. */
interface DirectoryClockTable {
  id: number;
  /** Grows with every change of a resource or a membership that readers can see. */
  changes: number;
  /** The time that was given out last, to `last_modified_at`. */
  at: number;
}

/** When something of a source was last changed by somebody other than a sync: by a SCIM client or an administrator. */
interface DirectoryChangeTable {
  /** Or `user-groups`. */
  source_id: string;
  /** The directory's time, as in `resource.last_modified_at`. */
  at: number;
}

/** What became of one resource in one write by a client or an administrator. */
interface DirectoryRecordTable {
  seq: Generated<number>;
  at: number;
  /** Null: an administrator, by the management API. */
  client_id: string | null;
  /** As it, or he, was called then. */
  client_name: string | null;
  source_id: string;
  resource_type: "User" | "Group";
  resource_id: string;
  external_id: string | null;
  display_name: string | null;
  action: DirectoryAction;
  /** JSON: a list of what is different. */
  changes: string;
}

interface TargetTable {
  id: string;
  name: string;
  status: "enabled" | "disabled";
  settings: string;
  secrets: string;
  /** When what it already held had been listed, to adopt; null before. */
  contacted_at: number | null;
  /** Version of its rules that what it holds was last brought up to; null: of none. */
  rules_version: string | null;
  /** Hash of the extension attributes that it was last known to know; null before it was asked. */
  vocabulary: string | null;
  /** The latest of `directory_change.at` that it has been pushed to. */
  pushed_change: Generated<number>;
  /** Why it has to be verified before anything is pushed; null: it need not be. */
  verify_first: Generated<"moved" | "restored" | null>;
  /** When it was last verified, or tried to be. */
  verify_started_at: Generated<number | null>;
  /** Why an administrator keeps all changes of it back (JSON: reason, since, by); null: he does not. */
  paused: Generated<string | null>;
  /** The filters of protected accounts that its links were last judged by (JSON); null: none. */
  protection: Generated<string | null>;
  /** Why it is pushed to by nobody for the time being (JSON: since, code, detail, tries); null: it is not in quarantine. */
  quarantine: Generated<string | null>;
  /** When it is tried again; null: it is not in quarantine. */
  next_try_at: Generated<number | null>;
  created_at: number;
  updated_at: number;
}

/** What a target was last given of one resource. */
interface LinkTable {
  target_id: string;
  resource_id: string;
  remote_id: string | null;
  /** `intended`: a create or an update may be under way; look before sending another. */
  state: "intended" | "linked" | "failed" | "unlinked";
  /**
   * `resource.version` that the target holds. One below zero is one that it was given before its rules changed, or the
   * attributes that it knows: to be compared again.
   */
  version: number;
  /** Of a group the `members_version` that it was given; below zero: see `membersVersions`. */
  members_version: number;
  /** Whether the target holds it as active. */
  active: number;
  /** Given without its manager, or without some members, because those had no id there yet. */
  lacks_manager: number;
  lacks_members: number;
  /** The document that the target was last given, with the target's own ids in it. */
  held: string | null;
  attempts: number;
  next_try_at: number | null;
  last_error: string | null;
  /** The filter by which it was found to be protected there: null where it was not. */
  protected_by: Generated<string | null>;
  /**
   * What was last kept from it for that, and at which `resource.version`: that is not pending any more. `members`: only
   * members of a group were kept from it, of the version that the link has.
   */
  withheld_action: Generated<"update" | "deactivate" | "delete" | "members" | null>;
  withheld_version: Generated<number | null>;
  updated_at: number;
}

interface LinkMemberTable {
  target_id: string;
  group_id: string;
  member_id: string;
  /** 1: something was sent about it, and nobody knows what came of it. */
  unsure: Generated<number>;
}

/** What a target held at first contact, by the attributes that matching uses. Gone once everything was matched. */
interface RemoteMatchTable {
  target_id: string;
  resource_type: "User" | "Group";
  attribute: string;
  value: string;
  remote_id: string;
}

/** What was seen at a target by the task that reads it back, or looks for matches. */
interface RemoteSeenTable {
  target_id: string;
  resource_type: "User" | "Group";
  remote_id: string;
  task_id: string;
  /** `other`: linked to a resource that this task does not look at. */
  state: "linked" | "other" | "unmanaged";
  external_id: string | null;
  /** The resource that would adopt it. */
  claimed_by: string | null;
}

interface SyncTaskTable {
  id: string;
  source_id: string | null;
  target_id: string | null;
  /** `source:{id}` or `target:{id}` while queued or running, else null: unique, so that there is one at a time. */
  slot: string | null;
  trigger: "manual" | "schedule" | "callback" | "startup";
  mode: "apply" | "plan" | "verify" | "match" | "link";
  state: "queued" | "running" | "held" | "succeeded" | "partial" | "failed" | "cancelled";
  approved: number;
  /** `apply` once the plan passed the guard: an attempt that was cut off goes on from there. */
  stage: "plan" | "apply" | "push";
  progress: string | null;
  counts: string;
  targets: string;
  error: string | null;
  hold: string | null;
  /** Which version of which mapping it mapped with (JSON). */
  mapping: Generated<string | null>;
  /** Of a push of one person: who. */
  resource_id: Generated<string | null>;
  /** Of a verify: what is found is also put right. */
  repair: Generated<number>;
  /** Of a verify: the numbers of what was found (JSON). */
  drift: Generated<string | null>;
  /** JSON `TaskRequests`; null: none was made to a source. */
  requests: Generated<string | null>;
  /** Of a preview of matches: its numbers (JSON). */
  matching: Generated<string | null>;
  /** Of a plan that was made: its digest, and what it was made on (JSON). */
  plan: Generated<string | null>;
  /** The plan that this task applies. */
  plan_id: Generated<string | null>;
  /** Of an undo, planned or applied: the task that it takes back. */
  undoes: Generated<string | null>;
  /** Names of the administrators who wanted it, and who approved or cancelled it last. */
  requested_by: Generated<string | null>;
  decided_by: Generated<string | null>;
  decided_at: Generated<number | null>;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
}

interface ChangeTable {
  seq: Generated<number>;
  task_id: string;
  target_id: string | null;
  /** The source that the resource belongs to, or `user-groups`. */
  source_id: Generated<string | null>;
  resource_type: "User" | "Group";
  /** Empty for an account that is nobody's here. */
  resource_id: string;
  external_id: string | null;
  display_name: string | null;
  action: "create" | "adopt" | "update" | "deactivate" | "reactivate" | "delete" | "keep" | "release";
  status: "planned" | "applied" | "failed" | "skipped" | "held" | "missing" | "drifted" | "unmanaged";
  error: string | null;
  because: string;
  before: string | null;
  after: string | null;
  sources: string | null;
  /** What applying needs beyond `after` (JSON): kind, key, fingerprint, mapping version. */
  apply: string | null;
  /** 1: the removal of departed people from this group; waits with their removal. */
  leavers: number;
  members_applied: number;
  added_count: number;
  removed_count: number;
  /** `resource.version` that the change was planned on. */
  base_version: number;
  /** 1: it was held, and somebody approved it. */
  approved: Generated<number>;
  /** 1: another mapping gives it another userName, externalId or active; at a target other rules of it one of the first two. */
  changes_identity: Generated<number>;
  /** What was left out of the document, because it does not fit (JSON list of sentences). */
  warnings: Generated<string | null>;
  /** At a target: the id there. */
  remote_id: Generated<string | null>;
  /** Of a group that was deleted: how many of `lost_member` were in it; null: not written down. */
  lost_count: Generated<number | null>;
  created_at: number;
}

interface ChangeMemberTable {
  change_seq: number;
  op: "add" | "remove";
  member_id: string;
  member_type: "User" | "Group";
}

/** Resources that a task found as their records want them; noted on them when the task is applied. */
interface TaskMarkTable {
  task_id: string;
  resource_id: string;
  fingerprint: string;
  mapping_version: string;
}

/**
 * Removals that were carried out, for the safeguards' window. `scope` is `source:{id}` or `target:{id}`; with `:identity`
 * behind it, new names are counted.
 */
interface RemovalTable {
  scope: string;
  task_id: string;
  resource_type: "User" | "Group";
  count: number;
  at: number;
}

/** One version of a file that people edit, with all that is needed to compile it again. */
interface FileVersionTable {
  kind: "mapping" | "extension";
  name: string;
  /** From 1, for each file. */
  version: number;
  state: "draft" | "active" | "former";
  /** Whether it came as a file or through the API. */
  origin: "file" | "api";
  text: string;
  /** Of what it means: spaces, comments and the order of keys aside. */
  hash: string;
  /** Of a mapping: the texts of the extension files that it was compiled with (JSON object by name). */
  extensions: string;
  created_at: number;
  activated_at: number | null;
}

interface ScimClientTable {
  id: string;
  name: string;
  access: "read" | "write";
  sources: string;
  /** 0: no limit. */
  requests_per_second: Generated<number>;
  token_hash: string;
  created_at: number;
}

interface SettingTable {
  key: string;
  value: string;
}

interface LeaseTable {
  name: string;
  holder: string;
  /** Grows with each new holder: a writer proves with it that it still holds the lease. */
  fencing: number;
  expires_at: number;
}
