import { canonicalJson, type Json, type JsonObject } from "../lib/json.ts";
import type { Truth } from "../simulator/wecom/model.ts";

// What a target must hold of a WeCom directory, worked out from the simulator's own truth. Written out by hand, beside
// and not with the mapping that the bridge uses: it is what the bridge is compared with.

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

/** A directory with names in place of ids, so that two of them can be compared: by `externalId`. */
export interface PlainDirectory {
  /** Attributes as canonical JSON; a manager is named by his externalId. */
  readonly users: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, PlainGroup>;
}

export interface PlainGroup {
  readonly displayName: string;
  /** `externalId`s of its members. */
  readonly members: ReadonlySet<string>;
}

/** The directory that the default mapping must make of what WeCom shows. */
export function expectedDirectory({ departments, members, tags }: Truth): PlainDirectory {
  const byKey = new Map(members.map((member) => [member.userid.toLowerCase(), member.userid]));
  const names = new Map(departments.map((department) => [department.id, department]));
  const users = new Map<string, string>();
  const groups = new Map<string, { displayName: string; members: Set<string> }>();
  for (const department of departments) {
    groups.set(`department:${department.id}`, { displayName: pathOf(department.id, names), members: new Set() });
  }
  for (const { id, parentid } of departments) groups.get(`department:${parentid}`)?.members.add(`department:${id}`);
  for (const member of members) {
    const leader = member.direct_leader?.[0];
    const manager = leader === undefined ? undefined : byKey.get(leader.toLowerCase());
    const main = member.main_department === undefined ? undefined : names.get(Number(member.main_department));
    users.set(member.userid, canonicalJson(userOf(member as unknown as JsonObject, main?.name, manager)));
    for (const id of member.department ?? []) groups.get(`department:${id}`)?.members.add(member.userid);
  }
  for (const tag of tags) {
    const group = { displayName: tag.tagname, members: new Set<string>() };
    for (const userid of tag.users) {
      const spelt = byKey.get(userid.toLowerCase());
      if (spelt !== undefined) group.members.add(spelt);
    }
    for (const id of tag.departments) if (names.has(id)) group.members.add(`department:${id}`);
    groups.set(`tag:${tag.tagid}`, group);
  }
  return { users, groups };
}

function userOf(member: JsonObject, department: string | undefined, manager: string | undefined): JsonObject {
  const text = (key: string): string | undefined => {
    const value = member[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const element = (value: string | undefined, type: string, primary: boolean): Json[] =>
    value === undefined ? [] : [{ value, type, ...(primary ? { primary: true } : {}) }];
  const some = (elements: Json[]): Json[] | undefined => (elements.length === 0 ? undefined : elements);
  const name = text("name");
  return defined({
    externalId: text("userid"),
    userName: text("userid"),
    displayName: name,
    name: defined({ formatted: name }),
    nickName: text("alias"),
    title: text("position"),
    active: member["status"] === 1 && member["enable"] !== 0,
    emails: some(element(text("email") ?? text("biz_mail"), "work", true)),
    phoneNumbers: some([...element(text("mobile"), "mobile", true), ...element(text("telephone"), "work", false)]),
    photos: some(element(text("avatar"), "photo", false)),
    [enterprise]: defined({ department, manager: manager === undefined ? undefined : { value: manager } }),
    [wecom]: defined({
      gender: { "1": "male", "2": "female" }[String(member["gender"])],
      status: member["status"],
      mainDepartment: member["main_department"] === undefined ? undefined : String(member["main_department"]),
    }),
  });
}

/** Without what is undefined or an empty object. */
function defined(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  const entries = Object.entries(object).filter(
    (entry): entry is [string, Json] =>
      entry[1] !== undefined &&
      !(
        typeof entry[1] === "object" &&
        entry[1] !== null &&
        !Array.isArray(entry[1]) &&
        Object.keys(entry[1]).length === 0
      ),
  );
  return Object.fromEntries(entries);
}

type Department = { readonly id: number; readonly name?: string; readonly parentid: number };

/** Names below the topmost visible department, joined by `/`. */
function pathOf(id: number, departments: ReadonlyMap<number, Department>): string {
  const own = departments.get(id);
  const parent = own === undefined ? undefined : departments.get(own.parentid);
  if (own === undefined || parent === undefined) return own?.name ?? "";
  const isTop = departments.get(parent.parentid) === undefined;
  return isTop ? (own.name ?? "") : `${pathOf(parent.id, departments)}/${own.name ?? ""}`;
}
