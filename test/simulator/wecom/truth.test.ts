import { expect, test } from "vitest";
import type { Scope } from "../../../src/simulator/wecom/settings.ts";
import { as, start, walk } from "./support.ts";

const byId = <T extends { readonly id: number }>(items: readonly T[]) => [...items].sort((a, b) => a.id - b.id);

test("a walk over an unrestricted old app finds the whole truth", async () => {
  const wecom = await start({ shape: { members: 500, departments: 60, seed: 11 }, settings: { sendsEnable: true } });
  const api = as(wecom.url, wecom);
  const truth = wecom.control.truth();
  const found = await walk(api);
  expect(found.size).toBe(500);
  expect(truth.members.filter((member) => !found.has(member.userid))).toEqual([]);
  for (const member of truth.members) expect(found.get(member.userid)).toEqual(member);
  expect((await api.get("department/list"))["department"]).toEqual(byId(truth.departments));
  for (const { tagid, tagname, users, departments } of truth.tags) {
    const tag = await api.get("tag/get", { tagid });
    expect(tag).toMatchObject({ tagname, partylist: departments });
    expect(tag["userlist"].map(({ userid }: { userid: string }) => userid)).toEqual(users);
  }
});

test.each<[string, Scope]>([
  ["two departments", { departments: [2, 2_147_483_600], users: [], tags: [] }],
  ["a department, a member elsewhere and a tag", { departments: [3], users: ["7"], tags: [2] }],
  ["nothing", { departments: [], users: [], tags: [] }],
])("visibleTruth says what can be found with a scope of %s, after changes too", async (_, scope) => {
  const wecom = await start({
    shape: { members: 120, departments: 40, seed: 12 },
    settings: { privacy: "new" },
    scope,
  });
  const api = as(wecom.url, wecom);
  for (let round = 0; round < 3; round += 1) {
    const visible = wecom.control.visibleTruth();
    expect((await api.get("department/list"))["department"]).toEqual(byId(visible.departments));
    const seen = new Map(visible.members.map((member) => [member.userid, member]));
    for (const [userid, member] of await walk(api)) expect(member).toEqual(seen.get(userid));
    for (const { userid } of wecom.control.truth().members) {
      const { errcode, errmsg: _errmsg, ...member } = await api.get("user/get", { userid });
      expect([userid, errcode]).toEqual([userid, seen.has(userid) ? 0 : 60111]);
      if (errcode === 0) expect(member).toEqual(seen.get(userid));
    }
    wecom.control.randomChanges(40, round);
  }
});

test("the truth doesn't depend on scope, privacy or faults", async () => {
  const wecom = await start();
  const before = wecom.control.truth();
  wecom.control.setScope({ departments: [], users: [], tags: [] });
  wecom.control.setSettings({ privacy: "new", departedListed: false, appEnabled: false });
  wecom.control.addFault({ endpoint: "*", answer: { kind: "reset" } });
  expect(wecom.control.truth()).toEqual(before);
  expect(wecom.control.visibleTruth()).toMatchObject({ departments: [], members: [] });
});

test("a large corp's members can be taken page by page", async () => {
  const { control } = await start();
  control.randomChanges(50, 1);
  const userids: string[] = [];
  for (let after: number | null = -1; after !== null; ) {
    const page = control.membersAfter(after, 30);
    userids.push(...page.members.map(({ userid }) => userid));
    after = page.next;
  }
  expect(userids).toEqual(control.truth().members.map(({ userid }) => userid));
});
