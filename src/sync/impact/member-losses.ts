import type { CompiledMapping } from "../../mapping/mapping.ts";
import type { RecordKind } from "../../source/source.ts";
import type { DirectoryStore } from "../../store/store.ts";
import type { Planned } from "../look-at-batch.ts";

/** A group that loses members because the mapping says that they are none. */
export interface GroupLoss {
  readonly groupId: string;
  readonly removed: number;
  /** Of how many. */
  readonly total: number;
}

/** Counts by group which of the memberships that the directory holds a mapping takes away. */
export interface MemberLosses {
  /** Looks at the groups that these records are in, or at whom these tags hold. */
  note(kind: RecordKind, page: readonly Planned[]): Promise<void>;
  result(): readonly GroupLoss[];
}

/**
 * As a sync does it: the memberships of departments lie with their people and sub-departments, those of tags with the
 * tags; whoever does not map stays where he is. Reads only where a rule takes something away.
 */
export function makeMemberLosses(
  store: Pick<DirectoryStore, "edgesOf" | "membersOfGroup">,
  sourceId: string,
  { department, tag }: CompiledMapping["members"],
): MemberLosses {
  const losses = new Map<string, { groupId: string; removed: number; total: number }>();
  const add = (groupId: string, goes: boolean): void => {
    const loss = losses.get(groupId) ?? { groupId, removed: 0, total: 0 };
    loss.total += 1;
    if (goes) loss.removed += 1;
    losses.set(groupId, loss);
  };

  const noteTags = async (page: readonly Planned[]): Promise<void> => {
    if (tag === null || (tag.users && tag.groups)) return;
    for (const { dirty } of page) {
      const groupId = dirty.record.resourceId;
      for (const { type } of await store.membersOfGroup(groupId))
        add(groupId, type === "User" ? !tag.users : !tag.groups);
    }
  };
  const noteMembers = async (kind: "user" | "department", page: readonly Planned[]): Promise<void> => {
    if (department === null || (department.users && department.groups)) return;
    const goes = kind === "user" ? !department.users : !department.groups;
    const stays = new Set(
      page.flatMap(({ dirty, looked }) =>
        kind === "user" && looked.kind === "change" && looked.change.status === "failed"
          ? [dirty.record.resourceId]
          : [],
      ),
    );
    const ids = page.map(({ dirty }) => dirty.record.resourceId);
    for (const { groupId, memberId } of await store.edgesOf(sourceId, "department", ids)) {
      add(groupId, goes && !stays.has(memberId));
    }
  };

  return {
    note: (kind, page) => (kind === "tag" ? noteTags(page) : noteMembers(kind, page)),
    result: () => [...losses.values()].filter(({ removed }) => removed > 0),
  };
}
