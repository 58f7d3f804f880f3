import { describe, expect, test } from "vitest";
import type { Fault, FaultAnswer } from "../../src/simulator/wecom/faults.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

test("a first sync brings everything, a second one sends nothing and writes nothing", async () => {
  const fixture = await startEngineFixture({ corp: { shape: { members: 120, departments: 20, seed: 5 } } });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null, hold: null });
  await fixture.verify();
  expect(fixture.control.noops()).toEqual([]);
  fixture.control.resetJournal();
  const second = await fixture.sync();
  expect(second).toMatchObject({ state: "succeeded", error: null, hold: null });
  expect(second.counts.users.unchanged).toBe(second.counts.users.read);
  expect(fixture.control.requests().total).toBe(0);
  expect(await fixture.records(second)).toEqual([]);
});

describe("one department that cannot be read", () => {
  const answers: Readonly<Record<string, FaultAnswer>> = {
    "is refused (60011)": { kind: "errcode", errcode: 60011 },
    "stays busy (-1) beyond all retries": { kind: "errcode", errcode: -1 },
    "answers with a web page": { kind: "html" },
    "answers with half a JSON": { kind: "malformed" },
    "breaks off": { kind: "truncated" },
    "answers 500": { kind: "status", status: 500 },
    "is reset": { kind: "reset" },
  };

  test.each(Object.entries(answers))("because it %s: partial, nobody leaves, the rest arrives", async (_, answer) => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { corp, control } = fixture;
    const { broken, inside, outside } = split(fixture);
    // One left from the unreadable department, one changed in a readable one.
    corp.deleteMember(outside[1] ?? "");
    corp.patchMember(outside[0] ?? "", { position: "arrived all the same" });
    corp.addFault({ endpoint: "user/list", department: broken, answer });
    control.resetJournal();

    const task = await fixture.sync();
    expect(task.state).toBe("partial");
    expect(task.error?.code).toBe("wecom.department-unreadable");
    expect(task.error?.detail).toContain(`department ${broken}`);
    expect(task.error?.detail).toContain("nothing is removed");
    expect(task.error?.errcode).toBe(answer.kind === "errcode" ? answer.errcode : undefined);
    expect(task.hold).toBeNull();
    expectNoRemovals(fixture);
    expect(task.counts.users).toMatchObject({ deactivated: 0, deleted: 0, updated: 1 });
    expect(titleOf(fixture, outside[0] ?? "")).toBe("arrived all the same");
    for (const userid of inside) expect(isActiveThere(fixture, userid)).toBe(true);
    expect(isActiveThere(fixture, outside[1] ?? "")).toBe(true);

    corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(isActiveThere(fixture, outside[1] ?? "")).toBe(false);
    await fixture.verify();
  });

  test("a tag that cannot be read keeps its members and its name", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const tag = fixture.corp.truth().tags.find(({ users }) => users.length > 1);
    if (!tag) throw new Error("no tag with people");
    fixture.corp.changeTagMembers(tag.tagid, { removeUsers: tag.users });
    fixture.corp.addFault({ endpoint: "tag/get", tag: tag.tagid, answer: { kind: "html" } });
    fixture.control.resetJournal();
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "wecom.tag-unreadable" } });
    expect(task.error?.detail).toContain(String(tag.tagid));
    expect(fixture.control.requests().total).toBe(0);
    fixture.corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("the list of tags that cannot be read removes no tag", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.corp.addFault({ endpoint: "tag/list", answer: { kind: "errcode", errcode: 48002 } });
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "wecom.tags-unreadable" } });
    expect(fixture.control.requests().total).toBe(0);
  });
});

describe("a source that cannot be read at all", () => {
  const always = (endpoint: string, answer: FaultAnswer): Fault => ({ endpoint, answer });
  const cases: readonly [string, string, Fault][] = [
    ["no token (500)", "wecom.nonsense", always("gettoken", { kind: "status", status: 500 })],
    ["a wrong secret (40001)", "wecom.secret-invalid", always("gettoken", { kind: "errcode", errcode: 40001 })],
    ["an untrusted address (60020)", "wecom.ip-untrusted", always("*", { kind: "errcode", errcode: 60020 })],
    ["a tree that fails (-1)", "wecom.busy", always("department/list", { kind: "errcode", errcode: -1 })],
    ["a tree that is a web page", "wecom.nonsense", always("department/list", { kind: "html" })],
    ["a tree of half a JSON", "wecom.nonsense", always("department/list", { kind: "malformed" })],
    ["a tree that is reset", "wecom.unreachable", always("department/list", { kind: "reset" })],
    ["an errcode that nobody knows", "wecom.refused", always("department/list", { kind: "errcode", errcode: 7777777 })],
  ];

  test.each(cases)("for %s: failed with %s, the target is not contacted", async (_, code, fault) => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.corp.deleteMember(fixture.corp.truth().members[0]?.userid ?? "");
    fixture.corp.addFault(fault);
    fixture.control.resetJournal();
    const task = await fixture.sync();
    expect(task.state).toBe("failed");
    expect(task.error?.code).toBe(code);
    expect(task.error?.detail.length).toBeGreaterThan(30);
    expect(task.targets).toEqual([]);
    expect(fixture.control.requests().total).toBe(0);
    expect(await fixture.records(task)).toEqual([]);
    fixture.corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("an empty tree: failed, words about the visible scope, nothing removed", async () => {
    for (const emptyTree of ["empty", "refused"] as const) {
      const fixture = await startEngineFixture({ corp: { settings: { emptyTree } }, agentId: false });
      await fixture.sync();
      const userid = fixture.corp.truth().members[0]?.userid ?? "";
      fixture.corp.setScope({ departments: [], users: [userid], tags: [] });
      fixture.control.resetJournal();
      const task = await fixture.sync();
      expect(task).toMatchObject({ state: "failed", error: { code: "wecom.scope-empty" } });
      expect(task.error?.detail).toContain("可见范围");
      expect(fixture.control.requests().total).toBe(0);
    }
  });

  test("a scope of single people alone, after all were seen: they are brought up to date, nothing is removed", async () => {
    for (const emptyTree of ["empty", "refused"] as const) {
      const fixture = await startEngineFixture({ corp: { settings: { emptyTree } } });
      await fixture.sync();
      const [one, other] = fixture.corp.truth().members.filter(({ status }) => status === 1);
      fixture.corp.setScope({ departments: [], users: [one?.userid ?? ""], tags: [] });
      fixture.corp.patchMember(one?.userid ?? "", { position: "arrived all the same" });
      fixture.control.resetJournal();
      const task = await fixture.sync();
      expect(task).toMatchObject({ state: "partial", error: { code: "source.visibility-shrunken" } });
      expectNoRemovals(fixture);
      expect(titleOf(fixture, one?.userid ?? "")).toBe("arrived all the same");
      expect(isActiveThere(fixture, other?.userid ?? "")).toBe(true);
    }
  });

  test("a source that is gone meanwhile, or whose app was disabled, contacts no target", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.corp.setSettings({ appEnabled: false });
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "failed" });
    expect(fixture.control.requests().total).toBe(0);
  });

  test("no log line of a failed sync holds the secret or a name", async () => {
    const fixture = await startEngineFixture();
    fixture.corp.addFault({ endpoint: "user/list", answer: { kind: "html" } });
    await fixture.sync();
    const text = fixture.logLines.join("\n");
    expect(text).not.toContain(fixture.wecom.appSecret);
    for (const { name, userid } of fixture.corp.truth().members) {
      expect(text).not.toContain(`"${name}"`);
      expect(text).not.toContain(`"${userid}"`);
    }
  });
});

/** A department with people of its own, and people who are in none of it. */
function split({ corp }: EngineFixture): { broken: number; inside: readonly string[]; outside: readonly string[] } {
  const { departments, members } = corp.truth();
  for (const { id } of departments) {
    const inside = members.filter(({ department }) => department.length === 1 && department[0] === id);
    const outside = members.filter(({ department, status }) => !department.includes(id) && status === 1);
    if (id !== 1 && inside.length > 1 && outside.length > 10) {
      const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
      const active = inside.filter(({ status }) => status === 1).map(({ userid }) => userid);
      return {
        broken: id,
        inside: active,
        outside: outside.map(({ userid }) => userid).filter((one) => !leads.has(one)),
      };
    }
  }
  throw new Error("no such department");
}

function there({ control }: EngineFixture, userid: string) {
  return control.dump().users.find(({ resource }) => resource["externalId"] === userid);
}

function isActiveThere(fixture: EngineFixture, userid: string): boolean {
  return there(fixture, userid)?.resource["active"] === true;
}

function titleOf(fixture: EngineFixture, userid: string): unknown {
  return there(fixture, userid)?.resource["title"];
}

/** Nothing that takes away was sent: no DELETE, and the target's people and memberships are no fewer. */
function expectNoRemovals({ control }: EngineFixture): void {
  const { counts } = control.requests();
  expect(Object.keys(counts).filter((key) => key.startsWith("DELETE"))).toEqual([]);
  expect(counts["PATCH Group"] ?? 0).toBe(0);
}

test("of whom the source would say nothing keeps his tags", async () => {
  const fixture = await startEngineFixture();
  const { corp } = fixture;
  const [userid = ""] = corp.truth().members.flatMap(({ userid, status }) => (status === 1 ? [userid] : []));
  const tag = corp.createTag({ tagname: "值班" });
  corp.changeTagMembers(tag, { addUsers: [userid] });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  const members = () =>
    fixture.control.dump().groups.find(({ resource }) => resource["displayName"] === "值班")?.members.length;
  expect(members()).toBe(1);
  corp.deleteMember(userid);
  corp.addFault({ endpoint: "user/get", userid, answer: { kind: "errcode", errcode: 60011 } });
  await fixture.sync();
  expect(members()).toBe(1);
  corp.clearFaults();
  await fixture.sync();
  expect(members()).toBe(0);
});
