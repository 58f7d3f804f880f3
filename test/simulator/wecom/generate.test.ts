import { expect, test } from "vitest";
import { generateDirectory } from "../../../src/simulator/wecom/generate.ts";
import type { RawMember } from "../../../src/simulator/wecom/model.ts";
import { RuleError } from "../../../src/simulator/wecom/rules.ts";

function membersOf(shape: Parameters<typeof generateDirectory>[0]): readonly RawMember[] {
  return generateDirectory(shape).joined.flatMap((entry) => (entry ? [entry.raw] : []));
}

test("one seed gives one organisation, another seed another", () => {
  const shape = { members: 300, departments: 60, seed: 4 };
  expect(membersOf(shape)).toEqual(membersOf(shape));
  expect(membersOf({ ...shape, seed: 5 })).not.toEqual(membersOf(shape));
});

test.each([
  [0, 1],
  [1, 1],
  [5, 2],
  [40, 300],
  [3000, 200],
])("a corp of %i members in %i departments has exactly that many", (members, departments) => {
  const directory = generateDirectory({ members, departments, seed: "any" });
  expect(directory.members.size).toBe(members);
  expect(directory.departments.size).toBe(departments);
});

test("the tree reaches the 15th level and no further, with names repeated under different parents", () => {
  const directory = generateDirectory({ members: 10, departments: 400, seed: 1 });
  const departments = [...directory.departments.values()];
  expect(Math.max(...departments.map((department) => directory.level(department)))).toBe(15);
  const names = departments.map(({ name }) => name);
  expect(new Set(names).size).toBeLessThan(names.length);
  for (const { children } of departments) {
    expect(new Set([...children].map(({ name }) => name)).size).toBe(children.size);
  }
  expect(names).toEqual(expect.arrayContaining(["__proto__", "constructor", "🚀 创新部"]));
  expect(departments.some(({ id }) => id > 2_000_000_000)).toBe(true);
  expect(departments.filter(({ members }) => members.size === 0).length).toBeGreaterThan(0);
});

test("userids are unique ignoring case; so are mobile numbers and e-mail addresses", () => {
  const members = membersOf({ members: 5000, departments: 50, seed: 2 });
  for (const field of ["userid", "mobile", "email"] as const) {
    const values = members.flatMap((member) => (member[field] ? [member[field].toLowerCase()] : []));
    expect(values.length).toBeGreaterThan(3000);
    expect(new Set(values).size).toBe(values.length);
  }
});

test("what hurts is there: all statuses, several departments, odd names, all forms of attributes", () => {
  const members = membersOf({ members: 600, departments: 150, seed: 3 });
  expect(new Set(members.map(({ status }) => status))).toEqual(new Set([1, 2, 4, 5]));
  expect(members.map(({ userid }) => userid)).toEqual(expect.arrayContaining(["constructor", "Zhang_San-01.a@B", "7"]));
  expect(members.map(({ name }) => name)).toEqual(expect.arrayContaining(["__proto__", "王😀芳", "长".repeat(64)]));
  expect(members.some(({ department }) => department.length === 100)).toBe(true);
  expect(members.some(({ main_department: main }) => typeof main === "string")).toBe(true);
  expect(members.some((member) => !Object.hasOwn(member, "main_department"))).toBe(true);
  const attributes = members.flatMap(({ extattr }) => extattr?.attrs ?? []);
  expect(attributes.some((attribute) => "type" in attribute && attribute.type === 1)).toBe(true);
  expect(attributes.some((attribute) => !("type" in attribute))).toBe(true);
  expect(attributes.some(({ name }) => name === "__proto__")).toBe(true);
});

test("leaders form chains, rings and loops", () => {
  const members = membersOf({ members: 600, departments: 60, seed: 3 });
  const leaderOf = new Map(members.map(({ userid, direct_leader: [first] }) => [userid, first]));
  const rings = members.filter(({ userid }) => {
    const second = leaderOf.get(leaderOf.get(userid) ?? "");
    return second !== undefined && leaderOf.get(second) === userid && second !== userid;
  });
  expect(rings).toHaveLength(3);
  expect(members.filter(({ userid }) => leaderOf.get(userid) === userid).length).toBeGreaterThan(0);
  expect(members.some(({ direct_leader: leaders }) => leaders.length === 5)).toBe(true);
  for (const leader of leaderOf.values()) if (leader !== undefined) expect(leaderOf.has(leader)).toBe(true);
});

test("tags hold users and departments, one of them nothing", () => {
  const tags = [...generateDirectory({ members: 500, departments: 50, seed: 3 }).tags.values()];
  expect(tags.some(({ users, departments }) => users.size > 0 && departments.size > 0)).toBe(true);
  expect(tags.find(({ name }) => name === "空标签")).toMatchObject({ users: new Set(), departments: new Set() });
});

test("a shape that WeCom's limits don't allow is refused", () => {
  expect(() => generateDirectory({ members: 30_001, departments: 1, seed: 1 })).toThrow(RuleError);
  expect(() => generateDirectory({ members: 0, departments: 30_001, seed: 1 })).toThrow(RuleError);
});

test("a plain organisation has none of the awkward cases", () => {
  const members = membersOf({ members: 300, departments: 30, seed: 1, quirks: false });
  expect(members.every(({ name }) => /^[\p{Script=Han}·]+$/u.test(name))).toBe(true);
});
