import type { Action, RecordAction, RecordStatus } from "../plan/change.ts";
import type { GroupCounts, ReadCounts, TaskCounts, UserCounts } from "./store.ts";

/** What changes are counted as. */
type Counted = Exclude<keyof UserCounts, "outOfSight">;

const noUsers: UserCounts = {
  read: 0,
  created: 0,
  adopted: 0,
  updated: 0,
  deactivated: 0,
  reactivated: 0,
  deleted: 0,
  unchanged: 0,
  failed: 0,
};

const noGroups: GroupCounts = { read: 0, created: 0, adopted: 0, updated: 0, deleted: 0, unchanged: 0, failed: 0 };

export const noCounts: TaskCounts = { users: noUsers, groups: noGroups };

const names: Readonly<Record<Action, Counted>> = {
  create: "created",
  adopt: "adopted",
  update: "updated",
  deactivate: "deactivated",
  reactivate: "reactivated",
  delete: "deleted",
};

/** One line of `select resource_type, action, status, count(*)`. */
export interface ChangeCount {
  readonly resourceType: "User" | "Group";
  readonly action: RecordAction;
  readonly status: RecordStatus;
  /** Resources, not rows: a group's attributes and members may be two rows. */
  readonly count: number;
}

/** Nothing was done about these, and nothing is to be done by this task. */
const uncounted: ReadonlySet<RecordStatus> = new Set(["held", "skipped", "missing", "drifted", "unmanaged"]);

/** Adds changes up to the counts of a task; planned ones count as what they would do. */
export function countChanges(changes: readonly ChangeCount[], read: ReadCounts): TaskCounts {
  const users: Record<Counted, number> = { ...noUsers, read: read.users };
  const groups: Record<Exclude<keyof GroupCounts, "outOfSight">, number> = { ...noGroups, read: read.groups };
  let changedUsers = 0;
  let changedGroups = 0;
  for (const { resourceType, action, status, count } of changes) {
    if (uncounted.has(status) || action === "keep" || action === "release") continue;
    const name = status === "failed" ? "failed" : names[action];
    if (resourceType === "User") {
      users[name] += count;
      if (action !== "delete" && action !== "deactivate") changedUsers += count;
    } else if (name !== "deactivated" && name !== "reactivated") {
      groups[name] += count;
      if (action !== "delete") changedGroups += count;
    }
  }
  users.unchanged = Math.max(0, read.users - changedUsers);
  groups.unchanged = Math.max(0, read.groups - changedGroups);
  const { outOfSight } = read;
  if (outOfSight === undefined) return { users, groups };
  return { users: { ...users, outOfSight: outOfSight.users }, groups: { ...groups, outOfSight: outOfSight.groups } };
}
