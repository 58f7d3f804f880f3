/**
 * What a simulated corp holds, in the words and shapes of WeCom itself. Records are never changed in place: a change
 * puts a new record in the old one's place, so what was handed out stays as it was.
 */

/** 1 activated, 2 disabled, 4 not activated, 5 left the corp. */
export type MemberStatus = 1 | 2 | 4 | 5;

/** An entry of `extattr.attrs`: type 0 (text), type 1 (web), or the old form without a type. */
export type Attribute =
  | { readonly type: 0; readonly name: string; readonly text: { readonly value: string } }
  | { readonly type: 1; readonly name: string; readonly web: { readonly url: string; readonly title: string } }
  | { readonly name: string; readonly value: string };

/**
 * A member with every field that WeCom may send (WeCom doc path/90255, path/96255). `department`, `order` and
 * `is_leader_in_dept` are parallel and of one length.
 */
export interface RawMember {
  readonly userid: string;
  readonly name: string;
  readonly department: readonly number[];
  readonly order: readonly number[];
  readonly is_leader_in_dept: readonly (0 | 1)[];
  readonly direct_leader: readonly string[];
  readonly status: MemberStatus;
  /** A number in the official samples, a string in what some clients have met: both occur. */
  readonly main_department?: number | string | undefined;
  readonly position?: string | undefined;
  readonly mobile?: string | undefined;
  readonly gender?: "0" | "1" | "2" | undefined;
  readonly email?: string | undefined;
  readonly biz_mail?: string | undefined;
  readonly avatar?: string | undefined;
  readonly thumb_avatar?: string | undefined;
  readonly qr_code?: string | undefined;
  readonly address?: string | undefined;
  readonly telephone?: string | undefined;
  readonly alias?: string | undefined;
  readonly english_name?: string | undefined;
  readonly extattr?: { readonly attrs: readonly Attribute[] } | undefined;
  /** Sent only by some corps (see `Settings.sendsEnable`). 0 where `status` is 2, unless it was set otherwise. */
  readonly enable?: 0 | 1 | undefined;
  readonly external_position?: string | undefined;
  readonly external_profile?: ExternalProfile | undefined;
}

export interface ExternalProfile {
  readonly external_corp_name?: string | undefined;
  readonly external_attr?: readonly Attribute[] | undefined;
}

/** What can be said of a member when he is made: the rest has defaults. */
export type NewMember = { readonly [Field in keyof RawMember]?: RawMember[Field] | undefined } & Pick<
  RawMember,
  "userid" | "name" | "department"
>;

/** Fields to put; null takes a field away. */
export type MemberPatch = { readonly [Field in keyof Omit<RawMember, "userid">]?: RawMember[Field] | null };

/** A department as `department/list` shows it. The root's `parentid` is 0. */
export interface RawDepartment {
  readonly id: number;
  readonly name: string;
  readonly name_en?: string | undefined;
  /** Follows from `is_leader_in_dept` of its members. */
  readonly department_leader: readonly string[];
  readonly parentid: number;
  /** Unsigned, 32 bits; bigger sorts earlier. */
  readonly order: number;
}

/** A tag with what it was given: departments are not expanded. */
export interface RawTag {
  readonly tagid: number;
  readonly tagname: string;
  readonly users: readonly string[];
  readonly departments: readonly number[];
}

/** A whole corp, or what a credential may see of it. */
export interface Truth {
  readonly corpId: string;
  readonly departments: readonly RawDepartment[];
  readonly members: readonly RawMember[];
  readonly tags: readonly RawTag[];
}

/** WeCom's name for a userid: case is ignored. */
export function useridKey(userid: string): string {
  return userid.toLowerCase();
}
