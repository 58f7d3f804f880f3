import { expect, it } from "vitest";
import { openDatabase } from "../../src/store/open-store.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { makeLine } from "../support/e2e-line.ts";

const departments = 400;

async function partsOf(databaseUrl: string): Promise<readonly string[]> {
  const database = await openDatabase(databaseUrl);
  try {
    return (await database.db.selectFrom("read_part").select("key").execute()).map(({ key }) => key);
  } finally {
    await database.close();
  }
}

it("a read that is killed in its middle goes on from there, and nobody who moved meanwhile is lost", {
  timeout: 240_000,
}, async () => {
  const line = await makeLine({ members: 2000, departments, seed: "resume" });
  const { wecom, target, home, bridge } = line;
  const listed = (): number => wecom.control.requests()["user/list"] ?? 0;
  try {
    expect((await line.sync()).state).toBe("succeeded");
    expect(await partsOf(home.databaseUrl)).toEqual([]);
    wecom.control.resetRequests();
    wecom.control.addFault({ endpoint: "user/list", answer: { kind: "delay", ms: 20 } });
    const { id } = await bridge.api.startSync("corp");
    while (listed() < 300) await new Promise((resolve) => setTimeout(resolve, 2));
    await bridge.kill();
    const inVain = listed();
    const done = await partsOf(home.databaseUrl);
    expect(done.length).toBeGreaterThan(50);
    expect(done.length).toBeLessThan(departments);

    // From departments that were not read yet into one that was; out of it; somebody leaves, somebody comes.
    const read = done.map(Number);
    const { members: all, tags } = wecom.control.truth();
    const tagged = new Set(tags.flatMap(({ users }) => users));
    // Leaders stand with departments, and tags name people: what those say has to be the same, or all is read anew.
    const members = all.filter((each) => !each.is_leader_in_dept.includes(1) && !tagged.has(each.userid));
    const [into = 1] = read;
    const unread = members.filter(({ department }) => department.every((each) => !read.includes(each)));
    const others = members.filter(({ department }) => department.every((each) => read.includes(each)));
    const moved = unread.slice(0, 40).map(({ userid }) => userid);
    for (const userid of moved) wecom.control.moveMember(userid, [into], into);
    for (const { userid } of others.slice(0, 5)) wecom.control.moveMember(userid, [unread[50]?.department[0] ?? 1]);
    for (const { userid } of unread.slice(60, 63)) wecom.control.deleteMember(userid);
    wecom.control.createMember({ userid: "somebody.new", name: "新人", department: [into] });
    expect(moved).toHaveLength(40);

    wecom.control.clearFaults();
    wecom.control.resetRequests();
    const again = await home.start();
    const task = await again.api.ended(id);
    expect(task).toMatchObject({ state: "succeeded", error: null });
    expect(listed()).toBe(departments - done.length);
    expect(inVain - done.length).toBeGreaterThanOrEqual(0);
    const { users } = target.control.dump();
    const active = new Set(
      users.flatMap(({ resource }) => (resource["active"] === true ? [resource["userName"]] : [])),
    );
    const status = new Map(members.map(({ userid, status }) => [userid, status]));
    for (const userid of moved.filter((each) => status.get(each) === 1)) expect(active).toContain(userid);
    expect(await partsOf(home.databaseUrl)).toEqual([]);

    // What changed in what had been read is for the next one, which reads everything.
    wecom.control.resetRequests();
    expect((await again.api.sync("corp")).state).toBe("succeeded");
    expect(listed()).toBe(departments);
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  } finally {
    await line.close();
  }
});

it("a department that was made meanwhile has everything read anew", { timeout: 240_000 }, async () => {
  const line = await makeLine({ members: 2000, departments, seed: "changed tree" });
  const { wecom, target, home, bridge } = line;
  const listed = (): number => wecom.control.requests()["user/list"] ?? 0;
  try {
    wecom.control.addFault({ endpoint: "user/list", answer: { kind: "delay", ms: 20 } });
    const { id } = await bridge.api.startSync("corp");
    while (listed() < 300) await new Promise((resolve) => setTimeout(resolve, 2));
    await bridge.kill();
    expect((await partsOf(home.databaseUrl)).length).toBeGreaterThan(0);
    wecom.control.createDepartment({ name: "新部门", parentid: 1 });
    wecom.control.clearFaults();
    wecom.control.resetRequests();
    const again = await home.start();
    expect((await again.api.ended(id)).state).toBe("succeeded");
    expect(listed()).toBe(departments + 1);
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  } finally {
    await line.close();
  }
});
