import { batchesOf } from "../../lib/batches.ts";
import type { Member } from "../../scim/resource.ts";
import type { Capabilities, PatchOperation } from "../target.ts";

type MemberChange = { readonly kind: "add" | "remove"; readonly member: Member };

/**
 * The PATCH requests, each a list of operations, that add and remove members of one group: additions first, at most
 * `membersPerRequest` changes in a request (0: all in one). Values are the ids that the members have at the target.
 * Never a replace of `members`, except by {@link replaceMemberOperations}: it undoes what others did there meanwhile, and
 * one unknown id has emptied whole groups.
 */
export function memberOperations(
  added: readonly Member[],
  removed: readonly Member[],
  { membersPerRequest, memberRemoval }: Pick<Capabilities, "membersPerRequest" | "memberRemoval">,
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

/**
 * The PATCH requests that make these the members and no others, for servers that can't take a single one out: a replace
 * with as many as fit in a request, then additions. Between the two the rest is in the group no more.
 */
export function replaceMemberOperations(
  members: readonly Member[],
  { membersPerRequest }: Pick<Capabilities, "membersPerRequest">,
): readonly (readonly PatchOperation[])[] {
  // RFC 7644 §3.5.2.2: without a filter a remove takes out everybody. An empty replace means that to some servers only.
  if (members.length === 0) return [[{ op: "remove", path: "members" }]];
  const [first = [], ...rest] = batchesOf(members, membersPerRequest === 0 ? members.length : membersPerRequest);
  return [[{ op: "replace", path: "members", value: membersValue(first) }], ...rest.map(additions)];
}

/**
 * A member's `type` is said only where it is a Group: User is what everybody assumes, and servers that keep nothing but
 * users refuse the sub-attribute.
 */
export function membersValue(members: readonly Member[]): { readonly [name: string]: string }[] {
  return members.map(({ value, type }) => (type === "Group" ? { value, type } : { value }));
}

function additions(members: readonly Member[]): PatchOperation[] {
  return members.length === 0 ? [] : [{ op: "add", path: "members", value: membersValue(members) }];
}

function removals(members: readonly Member[], asArray: boolean): PatchOperation[] {
  if (members.length === 0) return [];
  if (asArray) return [{ op: "remove", path: "members", value: members.map(({ value }) => ({ value })) }];
  // RFC 7644 §3.5.2.2. The id is a JSON string inside the filter, so a quote in it can't select somebody else.
  return members.map(({ value }) => ({ op: "remove", path: `members[value eq ${JSON.stringify(value)}]` }));
}
