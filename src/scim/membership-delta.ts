import type { MembershipEdit } from "./patch-operation.ts";
import type { NamedMember } from "./write/members.ts";

/**
 * What a PATCH does to the members of a group, whoever they are (RFC 7643 §4.2): nobody is in both lists. To apply it
 * twice is to apply it once.
 */
export interface MembershipDelta {
  /** Those who are not in `add` leave. */
  readonly replace: boolean;
  readonly add: readonly NamedMember[];
  /** Ids, whether they are members or not; empty where `replace` is true. */
  readonly remove: readonly string[];
}

/**
 * The delta of edits that are done one after the other (RFC 7644 §3.5.2), or null where there are none. The cost is that
 * of the ids in the message; the members of the group are not looked at.
 */
export function toMembershipDelta(edits: readonly MembershipEdit[]): MembershipDelta | null {
  if (edits.length === 0) return null;
  let replace = false;
  const add = new Map<string, NamedMember>();
  const remove = new Set<string>();
  for (const edit of edits) {
    if (edit.kind === "replace") {
      replace = true;
      add.clear();
      remove.clear();
    }
    if (edit.kind === "remove") {
      for (const id of edit.ids) {
        add.delete(id);
        if (!replace) remove.add(id);
      }
    } else {
      for (const [id, member] of edit.members) {
        remove.delete(id);
        if (!add.has(id)) add.set(id, member);
      }
    }
  }
  return { replace, add: [...add.values()], remove: [...remove] };
}
