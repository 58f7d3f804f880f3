import type { MemberDelta, PendingGroup } from "../../store/store.ts";
import type { PushParts } from "./push-parts.ts";
import { sendsAllMembers } from "./whole-group.ts";

/** Members that a group lacks, or has too many, at the target: a request's worth at a time. */
export async function* deltaOf(
  parts: PushParts,
  group: PendingGroup,
  op: "add" | "remove",
): AsyncGenerator<readonly MemberDelta[]> {
  const { store, row, capabilities, scope } = parts;
  const perRequest = capabilities.membersPerRequest > 0 ? capabilities.membersPerRequest : 1000;
  // Where each request carries all members, one is enough for all changes.
  const limit = sendsAllMembers(parts, op) ? 1_000_000 : perRequest;
  for (let after = ""; ; ) {
    const page = await store.memberDelta(row.id, group.id, op, {
      ...{ after, limit, isLeaving: group.isLeaving === true },
      ...(scope.only !== undefined && { only: scope.only }),
    });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.memberId;
    yield page;
  }
}
