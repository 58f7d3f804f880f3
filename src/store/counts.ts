import type { Action, ChangeStatus } from "../plan/change.ts";
import type { GroupCounts, TaskCounts, UserCounts } from "./store.ts";

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

const names: Readonly<Record<Action, keyof UserCounts>> = {
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
  readonly action: Action;
  readonly status: ChangeStatus;
  /** Resources, not rows: a group's attributes and members may be two rows. */
  readonly count: number;
}

/** Adds changes up to the counts of a task. Held and skipped changes are in no count; planned ones count as what they would do. */
export function countChanges(changes: readonly ChangeCount[], read: { users: number; groups: number }): TaskCounts {
  const users: Record<keyof UserCounts, number> = { ...noUsers, read: read.users };
  const groups: Record<keyof GroupCounts, number> = { ...noGroups, read: read.groups };
  let changedUsers = 0;
  let changedGroups = 0;
  for (const { resourceType, action, status, count } of changes) {
    if (status === "held" || status === "skipped") continue;
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
  return { users, groups };
}
