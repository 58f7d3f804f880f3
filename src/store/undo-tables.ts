// Tables of taking tasks back; see tables.ts.

/** Who was in a group when it was deleted, by the change that deleted it. */
export interface LostMemberTable {
  change_seq: number;
  member_id: string;
  member_type: "User" | "Group";
}

/** A resource that an undo left otherwise than the source says: it stays so until the source says something else. */
export interface KeptTable {
  resource_id: string;
  source_id: string;
  /** The undo. */
  task_id: string;
  /** The task that was taken back. */
  undoes: string;
  /** Of the source's record at that time; null: the source had none. */
  fingerprint: string | null;
  mapping_version: string;
  since: number;
  /** 1: let go by an administrator; the source has no record of it, so the next whole read is what removes it. */
  ended: number;
}

/** What a task did to a resource, while its undo is planned. */
export interface UndoUnitTable {
  /** The undo. */
  task_id: string;
  resource_type: "User" | "Group";
  resource_id: string;
  /** The group that it came to or left; empty for its document. */
  group_id: string;
  op: "document" | "add" | "remove";
}
