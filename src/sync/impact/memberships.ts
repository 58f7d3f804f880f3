import type { CompiledMapping, MemberRule } from "../../mapping/mapping.ts";
import type { RecordInput } from "../../mapping/run-tests.ts";
import type { MembershipImpact } from "./impact.ts";

type MemberRules = CompiledMapping["members"];

/** Counts memberships by what the source says. */
export interface MembershipTally {
  note(record: RecordInput): void;
  result(): readonly MembershipImpact[];
}

/** Counts the memberships that the source names, where two mappings disagree about who is in a group. */
export function makeMembershipTally(before: MemberRules, after: MemberRules): MembershipTally {
  const none: MemberRule = { users: false, groups: false };
  const differences = (["department", "tag"] as const).flatMap((kind) =>
    // A kind that is not mapped any more loses its groups as a whole.
    after[kind] === null
      ? []
      : (["users", "groups"] as const).flatMap((members) => {
          const [was, is] = [(before[kind] ?? none)[members], after[kind]?.[members] === true];
          return was === is ? [] : [{ kind, members, op: is ? ("add" as const) : ("remove" as const), count: 0 }];
        }),
  );
  return {
    note(record) {
      for (const difference of differences) difference.count += namedBy(record, difference.kind, difference.members);
    },
    result: () =>
      differences.map(({ kind, members, op, count }) => ({
        ...{ kind, op, memberships: count },
        memberType: members === "users" ? "User" : "Group",
      })),
  };
}

/** How many memberships in groups of a kind a record names. */
function namedBy({ kind, input }: RecordInput, groups: "department" | "tag", members: "users" | "groups"): number {
  if (groups === "tag") {
    if (kind !== "tag") return 0;
    return members === "users" ? input.tag.users.length : input.tag.departments.length;
  }
  if (members === "users") return kind === "user" ? input.user.departments.length : 0;
  return kind === "department" && input.department.parent !== null ? 1 : 0;
}
