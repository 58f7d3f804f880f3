import {
  type DepartmentEntry,
  type Directory,
  type MemberEntry,
  rawDepartment,
  rawTag,
  type TagEntry,
} from "./directory.ts";
import { type RawDepartment, type RawMember, type RawTag, useridKey } from "./model.ts";
import type { Settings } from "./settings.ts";
import { type Sight, seesDepartment, seesMember } from "./sight.ts";

/** What decides how a record is shown: who asks, and what the corp is like. */
export interface View {
  readonly directory: Directory;
  readonly sight: Sight;
  readonly settings: Settings;
  /** True when the credential falls under the privacy rule of 2022-06-20. */
  readonly withholds: boolean;
  /** Whether the member has agreed to show his sensitive fields. */
  readonly isGiven: (userid: string) => boolean;
  /** True for a third-party suite (WeCom doc path/96067). */
  readonly idsAlone: boolean;
}

/** The member as `user/get` and `user/list` show him: parallel arrays filtered together, leaders in sight only. */
export function viewMember(view: View, raw: RawMember): RawMember {
  const { sight, settings } = view;
  if (view.idsAlone) return idsOf(view, raw);
  if (sight.everything && !view.withholds && !settings.sendsEnable && raw.enable === undefined) return raw;
  return {
    ...raw,
    enable: undefined,
    ...(sight.everything ? {} : inSight(view, raw)),
    ...(settings.sendsEnable ? { enable: enableOf(raw) } : {}),
    ...(view.withholds ? withheldFrom(view, raw) : {}),
  };
}

/** 0 for the disabled, unless it was set on its own. */
export function enableOf(raw: RawMember): 0 | 1 {
  return raw.enable ?? (raw.status === 2 ? 0 : 1);
}

/** The department as `department/list` shows it; leaders out of sight are left out. */
export function viewDepartment(
  { directory, sight, settings, idsAlone }: View,
  entry: DepartmentEntry,
): Partial<RawDepartment> {
  const raw = rawDepartment(entry);
  // The id stands in the place of the name (WeCom doc path/90344).
  if (idsAlone) return { id: raw.id, name: String(raw.id), parentid: raw.parentid, order: raw.order };
  if (sight.everything) return raw;
  if (sight.departments.has(entry.id)) {
    return { ...raw, department_leader: raw.department_leader.filter((userid) => isSeen(directory, sight, userid)) };
  }
  const { id, parentid, order } = raw;
  return settings.ancestors === "named" ? { ...raw, department_leader: [] } : { id, parentid, order };
}

/** The tag with what of its members and departments is in sight. */
export function viewTag({ sight, settings }: View, entry: TagEntry): RawTag {
  const raw = rawTag(entry);
  return {
    ...raw,
    users: [...entry.users].filter((user) => isShown(sight, settings, user)).map((user) => user.raw.userid),
    departments: raw.departments.filter((id) => seesDepartment(sight, id)),
  };
}

/** In sight, and not hidden for having left. */
export function isShown(sight: Sight, settings: Settings, entry: MemberEntry): boolean {
  return (settings.departedListed || entry.raw.status !== 5) && seesMember(sight, entry);
}

function inSight({ directory, sight, settings }: View, raw: RawMember): Partial<RawMember> {
  const kept = raw.department.map((id) => sight.departments.has(id));
  const filtered = <T>(values: readonly T[]) => values.filter((_, index) => kept[index]);
  const mainSeen = sight.departments.has(Number(raw.main_department));
  return {
    department: filtered(raw.department),
    order: filtered(raw.order),
    is_leader_in_dept: filtered(raw.is_leader_in_dept),
    direct_leader: raw.direct_leader.filter((userid) => isSeen(directory, sight, userid)),
    ...(settings.hiddenMainDepartment === "omitted" && !mainSeen ? { main_department: undefined } : {}),
  };
}

/** Of a member no more than who and where he is: his userid stands in the place of his name (WeCom doc path/96259). */
function idsOf(view: View, raw: RawMember): RawMember {
  const { userid, department, order, is_leader_in_dept, direct_leader, status, main_department } = raw;
  const bare = { userid, name: userid, department, order, is_leader_in_dept, direct_leader, status, main_department };
  const shown = view.sight.everything ? bare : { ...bare, ...inSight(view, raw) };
  return { ...shown, direct_leader: [], gender: "0" };
}

function isSeen(directory: Directory, sight: Sight, userid: string): boolean {
  const entry = directory.members.get(useridKey(userid));
  return entry !== undefined && seesMember(sight, entry);
}

const withheldFields = { missing: withheldAs(undefined), empty: withheldAs("") } as const;

/** What the privacy rule takes away; where the corp's reads show what was agreed to, not that. */
function withheldFrom({ settings, isGiven }: View, raw: RawMember): Partial<RawMember> {
  const all = withheldFields[settings.withheld];
  if (settings.afterConsent === "detail" || !isGiven(raw.userid)) return all;
  const given = new Set<string>(settings.consentFields);
  return Object.fromEntries(Object.entries(all).filter(([field]) => !given.has(field)));
}

function withheldAs(value: "" | undefined): Partial<RawMember> {
  return {
    gender: "0",
    mobile: value,
    email: value,
    biz_mail: value,
    avatar: value,
    thumb_avatar: value,
    qr_code: value,
    address: value,
  };
}
