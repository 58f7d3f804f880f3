import type { MessageFields } from "./callback-message.ts";
import { type DepartmentEntry, Directory, type MemberEntry } from "./directory.ts";
import type { MemberPatch, NewMember, RawMember } from "./model.ts";

/** A change as its event tells of it. */
export interface ContactChange {
  readonly type:
    | "create_user"
    | "update_user"
    | "delete_user"
    | "create_party"
    | "update_party"
    | "delete_party"
    | "update_tag";
  /** To an address that was entered before 15 August 2022. */
  readonly full: MessageFields;
  /** To one that was entered since; null: it is not told of there. */
  readonly ids: MessageFields | null;
}

type Input<Method extends keyof Directory> = Directory[Method] extends (...args: infer Given) => unknown
  ? Given
  : never;

/**
 * A corp whose administrators' changes are told of, as `change_contact` (WeCom doc path/96302 and on): of a member who
 * changes only what changed; of tags that are made, renamed or deleted, and of leaders of departments, nothing.
 */
export class TellingDirectory extends Directory {
  /** Hears of each change, once it is made. Nobody does while the corp is being made. */
  tell: ((change: ContactChange) => void) | null = null;

  /** Changes something of which nothing is told: as through WeCom's API by the contacts secret (doc path/96302). */
  override silently(change: () => void): void {
    const { tell } = this;
    this.tell = null;
    try {
      change();
    } finally {
      this.tell = tell;
    }
  }

  override addMember(input: NewMember): MemberEntry {
    const entry = super.addMember(input);
    if (this.tell !== null) this.#tellOfMember("create_user", entry.raw, fieldsOf(entry.raw));
    return entry;
  }

  override patchMember(userid: string, patch: MemberPatch): MemberEntry {
    if (this.tell === null) return super.patchMember(userid, patch);
    const before = fieldsOf(this.member(userid).raw);
    const entry = super.patchMember(userid, patch);
    const after = fieldsOf(entry.raw);
    const changed = Object.fromEntries(Object.entries(after).filter(([name, value]) => value !== before[name]));
    this.#tellOfMember("update_user", entry.raw, changed);
    return entry;
  }

  override removeMember(userid: string): void {
    const { raw } = this.member(userid);
    super.removeMember(userid);
    this.#tellOfMember("delete_user", raw, {});
  }

  override renameUserid(userid: string, to: string): void {
    const { raw } = this.member(userid);
    super.renameUserid(userid, to);
    this.#tellOfMember("update_user", raw, { NewUserID: to });
  }

  override addDepartment(...[input]: Input<"addDepartment">): DepartmentEntry {
    const entry = super.addDepartment(input);
    const ids = { Id: entry.id, ParentId: entry.parentid };
    this.tell?.({ type: "create_party", full: { ...ids, Name: entry.name, Order: entry.order }, ids });
    return entry;
  }

  override patchDepartment(...[id, patch]: Input<"patchDepartment">): void {
    const { name, parentid } = this.department(id);
    super.patchDepartment(id, patch);
    const now = this.department(id);
    const moved = now.parentid === parentid ? {} : { ParentId: now.parentid };
    const full = { Id: id, ...(now.name === name ? {} : { Name: now.name }), ...moved };
    if (Object.keys(full).length === 1) return;
    // Of a renamed department nothing is told where only ids are.
    this.tell?.({ type: "update_party", full, ids: "ParentId" in full ? { Id: id, ...moved } : null });
  }

  override removeDepartment(id: number): void {
    super.removeDepartment(id);
    this.tell?.({ type: "delete_party", full: { Id: id }, ids: { Id: id } });
  }

  override changeTagMembers(...[id, change]: Input<"changeTagMembers">): void {
    super.changeTagMembers(id, change);
    const list = (items: readonly (string | number)[] | undefined) =>
      items && items.length > 0 ? items.join(",") : undefined;
    const full = {
      TagId: id,
      AddUserItems: list(change.addUsers),
      DelUserItems: list(change.removeUsers),
      AddPartyItems: list(change.addDepartments),
      DelPartyItems: list(change.removeDepartments),
    };
    if (Object.values(full).filter((value) => value !== undefined).length === 1) return;
    this.tell?.({ type: "update_tag", full, ids: full });
  }

  #tellOfMember(type: ContactChange["type"], { userid, department }: RawMember, more: MessageFields): void {
    const ids = type === "delete_user" ? {} : { Department: department.join(",") };
    const renamed = "NewUserID" in more ? { NewUserID: more["NewUserID"] } : {};
    this.tell?.({ type, full: { UserID: userid, ...more }, ids: { UserID: userid, ...ids, ...renamed } });
  }
}

/** A member's fields as events have them; his own attributes, which are nested, are left out. */
function fieldsOf(raw: RawMember): MessageFields {
  return {
    Name: raw.name,
    Department: raw.department.join(","),
    MainDepartment: raw.main_department === undefined ? undefined : Number(raw.main_department),
    IsLeaderInDept: raw.is_leader_in_dept.join(","),
    DirectLeader: raw.direct_leader.join(","),
    Position: raw.position,
    Mobile: raw.mobile,
    Gender: raw.gender,
    Email: raw.email,
    BizMail: raw.biz_mail,
    Status: raw.status,
    Avatar: raw.avatar,
    Alias: raw.alias,
    Telephone: raw.telephone,
    Address: raw.address,
  };
}
