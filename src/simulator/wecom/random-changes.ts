import type { DepartmentEntry, Directory, MemberEntry } from "./directory.ts";
import type { MemberPatch, MemberStatus, RawMember } from "./model.ts";
import { makeAddress, makeEnglishName, makeMobile, makeName, makePosition, makeUnitName } from "./names.ts";
import { makePerson } from "./person.ts";
import { Random } from "./random.ts";
import { RuleError } from "./rules.ts";

/** What was done, by id. */
export type DirectoryChange =
  | { readonly kind: "member-created" | "member-deleted"; readonly userid: string }
  | { readonly kind: "member-changed"; readonly userid: string; readonly fields: readonly string[] }
  | { readonly kind: "member-moved"; readonly userid: string; readonly departments: readonly number[] }
  | { readonly kind: "member-disabled" | "member-enabled"; readonly userid: string }
  | { readonly kind: "userid-renamed"; readonly userid: string; readonly to: string }
  | {
      readonly kind: "department-created" | "department-renamed" | "department-moved" | "department-deleted";
      readonly department: number;
    }
  | { readonly kind: "tag-created" | "tag-renamed" | "tag-changed" | "tag-deleted"; readonly tag: number };

/**
 * Changes the directory `count` times as administrators do, each time really. What the rules forbid is passed over
 * and something else is done. Throws when nothing can be changed at all.
 */
export function makeRandomChanges(
  directory: Directory,
  count: number,
  seed: number | string,
): readonly DirectoryChange[] {
  const random = new Random(`changes ${seed}`);
  const done: DirectoryChange[] = [];
  for (let tries = 0; done.length < count; tries += 1) {
    if (tries > 100 * count + 100) throw new RuleError(-1, "no change found that the corp allows");
    try {
      const change = random.weighted(kinds)(directory, random);
      if (change) done.push(change);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
    }
  }
  return done;
}

type Make = (directory: Directory, random: Random) => DirectoryChange | null;

const kinds: readonly (readonly [Make, number])[] = [
  [createMember, 14],
  [changeMember, 34],
  [moveMember, 12],
  [disableMember, 6],
  [enableMember, 6],
  [deleteMember, 8],
  [renameUserid, 3],
  [createDepartment, 4],
  [renameDepartment, 4],
  [moveDepartment, 3],
  [deleteDepartment, 2],
  [changeTag, 6],
  [createTag, 1],
  [renameTag, 1],
  [deleteTag, 1],
];

function createMember(directory: Directory, random: Random): DirectoryChange {
  const departments = [anyDepartment(directory, random).id];
  const leader = random.chance(0.7) ? anyMember(directory, random) : null;
  const person = makePerson(random, {
    serial: freshSerial(random),
    domain: "corp.example",
    departments,
    leads: random.chance(0.1),
    leaders: leader ? [leader.raw.userid] : [],
  });
  return { kind: "member-created", userid: directory.addMember(person).raw.userid };
}

function changeMember(directory: Directory, random: Random): DirectoryChange | null {
  const entry = anyMember(directory, random);
  if (!entry) return null;
  const patch: MemberPatch = Object.assign(
    {},
    ...Array.from({ length: random.between(1, 3) }, () => anyField(directory, random, entry.raw)),
  );
  const fields = Object.entries(patch).flatMap(([field, value]) => (isAlready(entry.raw, field, value) ? [] : [field]));
  if (fields.length === 0) return null;
  directory.patchMember(entry.raw.userid, patch);
  return { kind: "member-changed", userid: entry.raw.userid, fields };
}

function moveMember(directory: Directory, random: Random): DirectoryChange | null {
  const entry = anyMember(directory, random);
  const department = anyDepartment(directory, random).id;
  if (!entry || entry.raw.department.includes(department)) return null;
  const { userid, department: before } = entry.raw;
  const keep = random.chance(0.3) ? before.slice(0, 99) : before.slice(1);
  const departments = random.chance(0.5) ? [department, ...keep] : [...keep, department];
  directory.patchMember(userid, { department: departments });
  return { kind: "member-moved", userid, departments };
}

function disableMember(directory: Directory, random: Random): DirectoryChange | null {
  const entry = memberWith(directory, random, ({ status }) => status === 1 || status === 4);
  if (!entry) return null;
  directory.patchMember(entry.raw.userid, {
    status: random.weighted<MemberStatus>([
      [2, 4],
      [5, 1],
    ]),
  });
  return { kind: "member-disabled", userid: entry.raw.userid };
}

function enableMember(directory: Directory, random: Random): DirectoryChange | null {
  const entry = memberWith(directory, random, ({ status }) => status === 2 || status === 4);
  if (!entry) return null;
  directory.patchMember(entry.raw.userid, { status: 1, enable: null });
  return { kind: "member-enabled", userid: entry.raw.userid };
}

function deleteMember(directory: Directory, random: Random): DirectoryChange | null {
  const entry = anyMember(directory, random);
  if (!entry || directory.members.size < 2) return null;
  directory.removeMember(entry.raw.userid);
  return { kind: "member-deleted", userid: entry.raw.userid };
}

function renameUserid(directory: Directory, random: Random): DirectoryChange | null {
  const entry = anyMember(directory, random);
  if (!entry) return null;
  const { userid } = entry.raw;
  const { surname, given } = makeName(random);
  const to = `${given}.${surname}${freshSerial(random)}`;
  directory.renameUserid(userid, to);
  return { kind: "userid-renamed", userid, to };
}

function createDepartment(directory: Directory, random: Random): DirectoryChange {
  const parent = anyDepartment(directory, random);
  const name = makeUnitName(random, directory.level(parent) + 1);
  const order = random.below(200_000_000);
  return { kind: "department-created", department: directory.addDepartment({ name, parentid: parent.id, order }).id };
}

function renameDepartment(directory: Directory, random: Random): DirectoryChange | null {
  const { id, name: before } = anyDepartment(directory, random);
  const name = `${makeUnitName(random, 3)}${random.chance(0.3) ? "（新）" : ""}`;
  if (name === before) return null;
  directory.patchDepartment(id, { name });
  return { kind: "department-renamed", department: id };
}

function moveDepartment(directory: Directory, random: Random): DirectoryChange | null {
  const { id, parentid } = anyDepartment(directory, random);
  const to = anyDepartment(directory, random).id;
  if (to === parentid || to === id) return null;
  directory.patchDepartment(id, { parentid: to });
  return { kind: "department-moved", department: id };
}

function deleteDepartment(directory: Directory, random: Random): DirectoryChange | null {
  for (let tries = 0; tries < 50; tries += 1) {
    const { id, members, children } = anyDepartment(directory, random);
    if (id === 1 || members.size > 0 || children.size > 0) continue;
    directory.removeDepartment(id);
    return { kind: "department-deleted", department: id };
  }
  return null;
}

function changeTag(directory: Directory, random: Random): DirectoryChange | null {
  const tag = anyTag(directory, random);
  const user = anyMember(directory, random);
  const department = anyDepartment(directory, random).id;
  if (tag === null || !user) return null;
  const held = directory.tag(tag);
  const [first] = held.users;
  if (first && random.chance(0.4)) directory.changeTagMembers(tag, { removeUsers: [first.raw.userid] });
  else if (random.chance(0.7) && !held.users.has(user)) {
    directory.changeTagMembers(tag, { addUsers: [user.raw.userid] });
  } else if (held.departments.has(department)) directory.changeTagMembers(tag, { removeDepartments: [department] });
  else directory.changeTagMembers(tag, { addDepartments: [department] });
  return { kind: "tag-changed", tag };
}

function createTag(directory: Directory, random: Random): DirectoryChange {
  const { id } = directory.addTag({ tagname: `新标签${random.below(100_000)}` });
  return { kind: "tag-created", tag: id };
}

function renameTag(directory: Directory, random: Random): DirectoryChange | null {
  const tag = anyTag(directory, random);
  if (tag === null) return null;
  directory.renameTag(tag, `改名${random.below(1_000_000)}`);
  return { kind: "tag-renamed", tag };
}

function deleteTag(directory: Directory, random: Random): DirectoryChange | null {
  const tag = anyTag(directory, random);
  if (tag === null) return null;
  directory.removeTag(tag);
  return { kind: "tag-deleted", tag };
}

/** One field with a new value, or taken away. */
function anyField(directory: Directory, random: Random, raw: RawMember): MemberPatch {
  const serial = freshSerial(random);
  switch (random.below(11)) {
    case 0:
      return { name: makeName(random).name };
    case 1:
      return { position: random.chance(0.1) ? null : makePosition(random) };
    case 2:
      return { mobile: random.chance(0.1) ? null : makeMobile(serial) };
    case 3:
      return { email: random.chance(0.1) ? null : `${makeName(random).given}${serial}@corp.example` };
    case 4:
      return { telephone: `010-8${serial}`.slice(0, 12) };
    case 5:
      return { alias: random.chance(0.2) ? null : makeEnglishName(random) };
    case 6:
      return { extattr: { attrs: [{ type: 0, name: "工号", text: { value: `G${serial}` } }] } };
    case 7:
      return { direct_leader: [anyMember(directory, random)?.raw.userid ?? raw.userid] };
    case 8:
      return { gender: random.pick(["0", "1", "2"] as const) };
    case 9:
      return { is_leader_in_dept: raw.is_leader_in_dept.map((leads) => (leads === 1 ? 0 : 1)) };
    default:
      return { address: makeAddress(random) };
  }
}

function isAlready(raw: RawMember, field: string, value: unknown): boolean {
  const before = raw[field as keyof RawMember];
  return JSON.stringify(before ?? null) === JSON.stringify(value);
}

function anyMember(directory: Directory, random: Random): MemberEntry | null {
  return memberWith(directory, random, () => true);
}

function memberWith(directory: Directory, random: Random, fits: (raw: RawMember) => boolean): MemberEntry | null {
  for (let tries = 0; tries < 200; tries += 1) {
    const entry = directory.joined[random.below(directory.joined.length)];
    if (entry && fits(entry.raw)) return entry;
  }
  return directory.joined.find((entry) => entry && fits(entry.raw)) ?? null;
}

function anyDepartment(directory: Directory, random: Random): DepartmentEntry {
  return random.pick([...directory.departments.values()]);
}

function anyTag(directory: Directory, random: Random): number | null {
  return directory.tags.size === 0 ? null : random.pick([...directory.tags.keys()]);
}

/** Far from the serials of generated organisations. */
function freshSerial(random: Random): number {
  return 50_000_000 + random.below(49_000_000);
}
