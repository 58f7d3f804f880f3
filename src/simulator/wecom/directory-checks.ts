import type { DepartmentEntry, MemberEntry } from "./directory.ts";
import { type RawMember, useridKey } from "./model.ts";
import { limits, mobileKey, RuleError } from "./rules.ts";

export interface Places {
  readonly departments: ReadonlyMap<number, DepartmentEntry>;
  readonly members: ReadonlyMap<string, MemberEntry>;
}

/** Throws {@link RuleError} unless the departments and leaders that a member names are there and have room. */
export function checkPlaces({ departments, members }: Places, raw: RawMember, before: RawMember | null): void {
  for (const id of raw.department) {
    const department = departments.get(id);
    if (!department) throw new RuleError(60003, `department ${id} does not exist`);
    const nodes = department.members.size + department.children.size;
    if (nodes >= limits.nodesPerDepartment && !before?.department.includes(id)) {
      throw new RuleError(81001, "30,000 nodes a department");
    }
  }
  if (raw.main_department !== undefined && !raw.department.includes(Number(raw.main_department))) {
    throw new RuleError(60123, "main_department is none of his departments");
  }
  for (const leader of raw.direct_leader) {
    const self = useridKey(leader) === useridKey(raw.userid);
    if (!self && !members.has(useridKey(leader))) throw new RuleError(60111, `no member ${leader} to be a leader`);
  }
}

/** Throws {@link RuleError} when another member has the mobile number (60104) or the e-mail address (60106). */
export function checkUnique(
  mobiles: ReadonlySet<string>,
  mails: ReadonlySet<string>,
  raw: RawMember,
  before: RawMember | null,
): void {
  if (raw.mobile) {
    const key = mobileKey(raw.mobile);
    if (mobiles.has(key) && !(before?.mobile && mobileKey(before.mobile) === key)) {
      throw new RuleError(60104, "mobile exists");
    }
  }
  if (raw.email) {
    const key = raw.email.toLowerCase();
    if (mails.has(key) && before?.email?.toLowerCase() !== key) throw new RuleError(60106, "email exists");
  }
}
