import { batchesOf } from "../../lib/batches.ts";
import type { Member } from "../../scim/resource.ts";
import type { Capabilities, PatchOperation } from "../target.ts";

type MemberChange = { readonly kind: "add" | "remove"; readonly member: Member };

/**
 * The PATCH requests, each a list of operations, that add and remove members of one group: additions first, at most
 * `membersPerRequest` changes in a request (0: all in one). Values are the ids that the members have at the target.
 * Never a replace of `members`: it would undo what others did there, and one unknown id has emptied whole groups.
 */
export function memberOperations(
  added: readonly Member[],
  removed: readonly Member[],
  { membersPerRequest, memberRemoval = "valuePath" }: Pick<Capabilities, "membersPerRequest" | "memberRemoval">,
): readonly (readonly PatchOperation[])[] {
  const changes: MemberChange[] = [
    ...added.map((member) => ({ kind: "add" as const, member })),
    ...removed.map((member) => ({ kind: "remove" as const, member })),
  ];
  const size = membersPerRequest === 0 ? changes.length : membersPerRequest;
  return [...batchesOf(changes, Math.max(1, size))].map((batch) => {
    const ofKind = (kind: MemberChange["kind"]): Member[] =>
      batch.filter((change) => change.kind === kind).map((change) => change.member);
    return [...additions(ofKind("add")), ...removals(ofKind("remove"), memberRemoval === "valueArray")];
  });
}

// A member's `type` is said only where it is a Group: User is what everybody assumes, and servers that keep nothing
// but users refuse the sub-attribute.
function additions(members: readonly Member[]): PatchOperation[] {
  if (members.length === 0) return [];
  const value = members.map(({ value, type }) => (type === "Group" ? { value, type } : { value }));
  return [{ op: "add", path: "members", value }];
}

function removals(members: readonly Member[], asArray: boolean): PatchOperation[] {
  if (members.length === 0) return [];
  if (asArray) return [{ op: "remove", path: "members", value: members.map(({ value }) => ({ value })) }];
  // RFC 7644 §3.5.2.2. The id is a JSON string inside the filter, so a quote in it can't select somebody else.
  return members.map(({ value }) => ({ op: "remove", path: `members[value eq ${JSON.stringify(value)}]` }));
}
