import { checkPlaces, checkUnique, type Places } from "./directory-checks.ts";
import { patched, withDefaults } from "./member.ts";
import {
  type MemberPatch,
  type NewMember,
  type RawDepartment,
  type RawMember,
  type RawTag,
  useridKey,
} from "./model.ts";
import { checkDepartmentName, checkMember, checkTagName, isUint32, limits, mobileKey, RuleError } from "./rules.ts";

/** One member and his place in the corp's order of joining. `raw` is replaced on every change. */
export interface MemberEntry {
  readonly seq: number;
  raw: RawMember;
}

export interface DepartmentEntry {
  readonly id: number;
  name: string;
  nameEn: string | undefined;
  parentid: number;
  order: number;
  readonly children: Set<DepartmentEntry>;
  readonly members: Set<MemberEntry>;
  /** Goes up when a member of it changes, comes or goes. */
  version: number;
}

export interface TagEntry {
  readonly id: number;
  name: string;
  /** True for a tag that the simulated app made itself. */
  readonly ownedByApp: boolean;
  readonly users: Set<MemberEntry>;
  readonly departments: Set<number>;
}

/**
 * The people, departments and tags of one corp, kept as consistent as WeCom keeps them: userids unique without regard
 * to case, sibling names unique, a department deleted only when empty, the limits of the documentation obeyed.
 * Every method that refuses throws {@link RuleError} and has then changed nothing.
 */
export class Directory {
  readonly departments = new Map<number, DepartmentEntry>();
  readonly members = new Map<string, MemberEntry>();
  readonly tags = new Map<number, TagEntry>();
  /** Members by `seq`; a hole where one has gone. */
  readonly joined: (MemberEntry | undefined)[] = [];
  /** Goes up with every change. */
  version = 0;
  readonly #mobiles = new Set<string>();
  readonly #mails = new Set<string>();
  #nextDepartment = 2;
  #nextTag = 1;

  constructor(rootName: string) {
    this.departments.set(1, newDepartment(1, rootName, 0, 100_000_000));
  }

  department(id: number): DepartmentEntry {
    const found = this.departments.get(id);
    if (!found) throw new RuleError(60003, `department ${id} does not exist`);
    return found;
  }

  member(userid: string): MemberEntry {
    const found = this.members.get(useridKey(userid));
    if (!found) throw new RuleError(60111, `no member ${userid}`);
    return found;
  }

  tag(id: number): TagEntry {
    const found = this.tags.get(id);
    if (!found) throw new RuleError(40068, `tag ${id} does not exist`);
    return found;
  }

  addMember(input: NewMember): MemberEntry {
    const raw = withDefaults(input);
    checkMember(raw);
    if (this.members.has(useridKey(raw.userid))) throw new RuleError(60102, `userid ${raw.userid} exists`);
    checkPlaces(this.#places(), raw, null);
    checkUnique(this.#mobiles, this.#mails, raw, null);
    const entry: MemberEntry = { seq: this.joined.length, raw };
    this.joined.push(entry);
    this.members.set(useridKey(raw.userid), entry);
    this.#enter(entry);
    this.#remember(raw);
    this.version += 1;
    return entry;
  }

  /** Puts fields; null takes one away. A new `department` without `order` and leaders gets defaults for those. */
  patchMember(userid: string, patch: MemberPatch): MemberEntry {
    const entry = this.member(userid);
    const raw = patched(entry.raw, patch);
    checkMember(raw);
    checkPlaces(this.#places(), raw, entry.raw);
    checkUnique(this.#mobiles, this.#mails, raw, entry.raw);
    this.#replace(entry, raw);
    return entry;
  }

  removeMember(userid: string): void {
    const entry = this.member(userid);
    this.#forget(entry.raw);
    for (const id of entry.raw.department) {
      const department = this.department(id);
      department.members.delete(entry);
      department.version += 1;
    }
    this.members.delete(useridKey(userid));
    this.joined[entry.seq] = undefined;
    for (const tag of this.tags.values()) tag.users.delete(entry);
    this.#mendLeaders(entry.raw.userid, null);
    this.version += 1;
  }

  /** Changes something of which nobody is to be told; nobody is, of a directory as it is. */
  silently(change: () => void): void {
    change();
  }

  renameUserid(userid: string, to: string): void {
    const entry = this.member(userid);
    const raw = { ...entry.raw, userid: to };
    checkMember(raw);
    const taken = this.members.get(useridKey(to));
    if (taken && taken !== entry) throw new RuleError(60102, `userid ${to} exists`);
    this.members.delete(useridKey(userid));
    this.members.set(useridKey(to), entry);
    const before = entry.raw.userid;
    this.#replace(entry, raw);
    this.#mendLeaders(before, to);
  }

  addDepartment(input: {
    readonly id?: number | undefined;
    readonly name: string;
    readonly name_en?: string | undefined;
    readonly parentid: number;
    readonly order?: number | undefined;
  }): DepartmentEntry {
    const parent = this.department(input.parentid);
    const id = input.id ?? this.#freeDepartment();
    if (!Number.isInteger(id) || id < 2 || id > 2_147_483_647) throw new RuleError(60123, `department id ${id}`);
    if (this.departments.has(id)) throw new RuleError(60008, `department ${id} exists`);
    this.#checkNames(input, parent, null);
    if (this.departments.size >= limits.departments) throw new RuleError(60001, "30,000 departments a corp");
    if (this.level(parent) >= limits.levels) throw new RuleError(60124, "15 levels");
    if (nodesUnder(parent) >= limits.nodesPerDepartment) throw new RuleError(81001, "30,000 nodes a department");
    const order = input.order ?? 100_000;
    if (!isUint32(order)) throw new RuleError(40058, "order");
    const entry = newDepartment(id, input.name, parent.id, order, input.name_en);
    this.departments.set(id, entry);
    parent.children.add(entry);
    // Ids that WeCom gives go on from there; the few huge ones of quirky corps are passed over.
    if (id < 1_000_000_000) this.#nextDepartment = Math.max(this.#nextDepartment, id + 1);
    this.version += 1;
    return entry;
  }

  patchDepartment(
    id: number,
    patch: {
      name?: string | undefined;
      name_en?: string | null | undefined;
      parentid?: number | undefined;
      order?: number | undefined;
    },
  ): void {
    const entry = this.department(id);
    const parent =
      patch.parentid === undefined ? this.departments.get(entry.parentid) : this.department(patch.parentid);
    if (patch.parentid !== undefined && id === 1) throw new RuleError(60124, "the root has no parent");
    if (parent && parent.id !== entry.parentid) this.#checkMove(entry, parent);
    const names = { name: patch.name ?? entry.name, name_en: patch.name_en ?? undefined };
    this.#checkNames(names, parent ?? null, entry);
    if (patch.order !== undefined && !isUint32(patch.order)) throw new RuleError(40058, "order");
    entry.name = names.name;
    if (patch.name_en !== undefined) entry.nameEn = names.name_en;
    entry.order = patch.order ?? entry.order;
    if (parent && parent.id !== entry.parentid) {
      this.departments.get(entry.parentid)?.children.delete(entry);
      parent.children.add(entry);
      entry.parentid = parent.id;
    }
    this.version += 1;
  }

  removeDepartment(id: number): void {
    const entry = this.department(id);
    if (id === 1) throw new RuleError(60007, "the root can't be deleted");
    if (entry.members.size > 0) throw new RuleError(60005, `department ${id} has members`);
    if (entry.children.size > 0) throw new RuleError(60006, `department ${id} has sub-departments`);
    this.departments.delete(id);
    this.departments.get(entry.parentid)?.children.delete(entry);
    for (const tag of this.tags.values()) tag.departments.delete(id);
    this.version += 1;
  }

  addTag(input: {
    readonly tagid?: number | undefined;
    readonly tagname: string;
    readonly ownedByApp?: boolean;
  }): TagEntry {
    const id = input.tagid ?? this.#freeTag();
    if (!Number.isInteger(id) || id < 0 || id > 2_147_483_647 || this.tags.has(id)) {
      throw new RuleError(40068, `tag id ${id} is taken or no id`);
    }
    if (this.tags.size >= limits.tags) throw new RuleError(40058, "3,000 tags a corp");
    this.#checkTagName(input.tagname, null);
    const entry: TagEntry = {
      id,
      name: input.tagname,
      ownedByApp: input.ownedByApp ?? false,
      users: new Set(),
      departments: new Set(),
    };
    this.tags.set(id, entry);
    this.version += 1;
    return entry;
  }

  renameTag(id: number, name: string): void {
    const entry = this.tag(id);
    this.#checkTagName(name, entry);
    entry.name = name;
    this.version += 1;
  }

  /** Adds and removes by userid and department id; what is not there to remove is passed over, as WeCom does. */
  changeTagMembers(
    id: number,
    change: {
      readonly addUsers?: readonly string[] | undefined;
      readonly removeUsers?: readonly string[] | undefined;
      readonly addDepartments?: readonly number[] | undefined;
      readonly removeDepartments?: readonly number[] | undefined;
    },
  ): void {
    const entry = this.tag(id);
    const users = (change.addUsers ?? []).map((userid) => this.member(userid));
    const departments = (change.addDepartments ?? []).map((department) => this.department(department).id);
    if (entry.users.size + entry.departments.size + users.length + departments.length > limits.entriesPerTag) {
      throw new RuleError(40058, "30,000 entries a tag");
    }
    for (const user of users) entry.users.add(user);
    for (const department of departments) entry.departments.add(department);
    for (const userid of change.removeUsers ?? []) {
      const user = this.members.get(useridKey(userid));
      if (user) entry.users.delete(user);
    }
    for (const department of change.removeDepartments ?? []) entry.departments.delete(department);
    this.version += 1;
  }

  removeTag(id: number): void {
    this.tag(id);
    this.tags.delete(id);
    this.version += 1;
  }

  /** The root is at level 1. */
  level(department: DepartmentEntry): number {
    let level = 1;
    for (let up = this.departments.get(department.parentid); up; up = this.departments.get(up.parentid)) level += 1;
    return level;
  }

  /** The department and all below it, parents first. */
  *subtree(top: DepartmentEntry): Generator<DepartmentEntry> {
    yield top;
    for (const child of top.children) yield* this.subtree(child);
  }

  #places(): Places {
    return { departments: this.departments, members: this.members };
  }

  #replace(entry: MemberEntry, raw: RawMember): void {
    const before = entry.raw;
    this.#forget(before);
    entry.raw = raw;
    this.#remember(raw);
    for (const id of before.department) {
      const department = this.department(id);
      if (!raw.department.includes(id)) department.members.delete(entry);
      department.version += 1;
    }
    this.#enter(entry);
    this.version += 1;
  }

  #enter(entry: MemberEntry): void {
    for (const id of entry.raw.department) {
      const department = this.department(id);
      department.members.add(entry);
      department.version += 1;
    }
  }

  #remember({ mobile, email }: RawMember): void {
    if (mobile) this.#mobiles.add(mobileKey(mobile));
    if (email) this.#mails.add(email.toLowerCase());
  }

  #forget({ mobile, email }: RawMember): void {
    if (mobile) this.#mobiles.delete(mobileKey(mobile));
    if (email) this.#mails.delete(email.toLowerCase());
  }

  /** Whoever named this userid as leader names the new one, or nobody in its place. */
  #mendLeaders(userid: string, to: string | null): void {
    for (const entry of this.joined) {
      if (!entry?.raw.direct_leader.includes(userid)) continue;
      const leaders = entry.raw.direct_leader.flatMap((leader) =>
        leader !== userid ? [leader] : to === null ? [] : [to],
      );
      this.#replace(entry, { ...entry.raw, direct_leader: leaders });
    }
  }

  #checkMove(entry: DepartmentEntry, parent: DepartmentEntry): void {
    for (const below of this.subtree(entry)) if (below === parent) throw new RuleError(60010, "a cycle of departments");
    let height = 0;
    for (const below of this.subtree(entry)) height = Math.max(height, this.level(below) - this.level(entry));
    if (this.level(parent) + 1 + height > limits.levels) throw new RuleError(60124, "15 levels");
    if (nodesUnder(parent) >= limits.nodesPerDepartment) throw new RuleError(81001, "30,000 nodes a department");
  }

  #checkNames(
    names: { readonly name: string; readonly name_en?: string | undefined },
    parent: DepartmentEntry | null,
    self: DepartmentEntry | null,
  ): void {
    checkDepartmentName(names.name);
    if (names.name_en !== undefined) checkDepartmentName(names.name_en);
    for (const sibling of parent?.children ?? []) {
      if (sibling !== self && sibling.name === names.name) throw new RuleError(60008, "a sibling has this name");
    }
  }

  #checkTagName(name: string, self: TagEntry | null): void {
    checkTagName(name);
    for (const tag of this.tags.values()) {
      if (tag !== self && tag.name === name) throw new RuleError(40071, "a tag has this name");
    }
  }

  #freeDepartment(): number {
    while (this.departments.has(this.#nextDepartment)) this.#nextDepartment += 1;
    return this.#nextDepartment;
  }

  #freeTag(): number {
    while (this.tags.has(this.#nextTag)) this.#nextTag += 1;
    return this.#nextTag++;
  }
}

/** The department as WeCom shows it to somebody who may see everything. */
export function rawDepartment(entry: DepartmentEntry): RawDepartment {
  const leaders: string[] = [];
  for (const { raw } of entry.members) {
    if (raw.is_leader_in_dept[raw.department.indexOf(entry.id)] === 1) leaders.push(raw.userid);
  }
  return {
    id: entry.id,
    name: entry.name,
    ...(entry.nameEn === undefined ? {} : { name_en: entry.nameEn }),
    department_leader: leaders,
    parentid: entry.parentid,
    order: entry.order,
  };
}

export function rawTag(entry: TagEntry): RawTag {
  return {
    tagid: entry.id,
    tagname: entry.name,
    users: [...entry.users].map(({ raw }) => raw.userid),
    departments: [...entry.departments],
  };
}

function newDepartment(id: number, name: string, parentid: number, order: number, nameEn?: string): DepartmentEntry {
  return { id, name, nameEn, parentid, order, children: new Set(), members: new Set(), version: 0 };
}

function nodesUnder(department: DepartmentEntry): number {
  return department.children.size + department.members.size;
}
