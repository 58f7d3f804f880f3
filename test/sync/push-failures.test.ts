import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FaultOrder } from "../../src/simulator/scim/fault.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

type Effect = FaultOrder["effect"];

/** Changes of every kind, so that a push has something to do of every kind. */
function changeSomething({ corp }: EngineFixture): void {
  const { members, tags, departments } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  const [gone, changed, moved, tagged] = members.filter(({ userid, status }) => status === 1 && !leads.has(userid));
  corp.deleteMember(gone?.userid ?? "");
  corp.patchMember(changed?.userid ?? "", { position: "changed" });
  const to = departments.find(({ id }) => !moved?.department.includes(id))?.id ?? 1;
  corp.moveMember(moved?.userid ?? "", [to], to);
  corp.createMember({ userid: "joiner", name: "新人", department: [to], status: 1 });
  corp.changeTagMembers(tags[0]?.tagid ?? 0, { addUsers: [tagged?.userid ?? ""] });
  corp.createTag({ tagname: "新标签" });
}

describe("a request that fails for a moment leaves no trace", () => {
  const effects: readonly [string, Effect][] = [
    ["429 with seconds", { kind: "throttle", seconds: 0 }],
    ["429 with a date", { kind: "throttle", seconds: 0, form: "date" }],
    ["503", { kind: "status", status: 503 }],
    ["500", { kind: "status", status: 500 }],
    ["500 after it was carried out", { kind: "status", status: 500, commit: true }],
    ["a reset", { kind: "reset" }],
    ["a reset after it was carried out", { kind: "reset", commit: true }],
    ["half an answer", { kind: "truncated" }],
    ["a connection that breaks off", { kind: "cut" }],
    ["a web page", { kind: "html" }],
    ["a web page after it was carried out", { kind: "html", commit: true }],
  ];
  const requests = [
    ["POST", "User"],
    ["POST", "Group"],
    ["PATCH", "User"],
    ["PATCH", "Group"],
  ] as const;

  test.each(effects)("%s", async (_, effect) => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 25, departments: 6, seed: 4, quirks: false } },
    });
    for (const [method, type] of requests) {
      fixture.control.fault({ match: { method, type }, skip: 1, times: 2, effect });
    }
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    await fixture.verify();
    changeSomething(fixture);
    fixture.control.clearFault();
    for (const [method, type] of requests) fixture.control.fault({ match: { method, type }, times: 2, effect });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    await fixture.verify();
    fixture.control.clearFault();
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.requests().total).toBe(0);
  });

  test("an answer that never comes, before or after the request was carried out", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 25, departments: 6, seed: 4, quirks: false } },
      timeoutMs: 150,
    });
    for (const [method, type] of requests) {
      for (const commit of [true, false]) {
        fixture.control.fault({ match: { method, type }, skip: 1, times: 1, effect: { kind: "hang", commit } });
      }
    }
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("a 201 without an id, or with somebody else's", async () => {
    for (const kind of ["without-id", "wrong-id"] as const) {
      const fixture = await startEngineFixture({
        corp: { shape: { members: 25, departments: 6, seed: 4, quirks: false } },
      });
      fixture.control.fault({ match: { method: "POST", type: "User" }, skip: 2, times: 1, effect: { kind } });
      fixture.control.fault({ match: { method: "POST", type: "Group" }, skip: 2, times: 1, effect: { kind } });
      await fixture.sync();
      fixture.control.clearFault();
      expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
      expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
      if (kind === "without-id") await fixture.verify();
    }
  });
});

describe("a group and a tag of one name", () => {
  test("are two groups, though the answer to one of the creates was lost", async () => {
    for (const commit of [true, false]) {
      const fixture = await startEngineFixture();
      const id = fixture.corp.createDepartment({ name: "同名", parentid: 1 });
      const tag = fixture.corp.createTag({ tagname: "同名" });
      fixture.control.fault({
        match: { method: "POST", type: "Group", body: `"tag:${tag}"` },
        times: 1,
        effect: { kind: "reset", commit },
      });
      fixture.control.fault({
        match: { method: "POST", type: "Group", body: `"department:${id}"` },
        times: 1,
        effect: { kind: "reset", commit },
      });
      expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
      await fixture.verify();
    }
  });
});

describe("one bad record", () => {
  test("does not stop the others, is reported with the target's words, and is tried again", async () => {
    const fixture = await startEngineFixture();
    const bad = fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "";
    fixture.control.fault({
      match: { method: "POST", type: "User", body: `"userName":"${bad}"` },
      effect: {
        kind: "status",
        status: 400,
        body: JSON.stringify({
          schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
          status: "400",
          scimType: "invalidValue",
          detail: "this one will not do",
        }),
      },
    });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.pending" } });
    expect(task.error?.detail).toContain("1 resources");
    expect(task.targets[0]).toMatchObject({ state: "partial", counts: { users: { created: 59, failed: 1 } } });
    const failed = await fixture.records(task, { status: "failed" });
    expect(failed).toMatchObject([{ externalId: bad, target: fixture.row.id, action: "create" }]);
    expect(failed[0]?.error).toContain("invalidValue: this one will not do");
    const links = await fixture.store.listLinks(fixture.row.id, { state: "failed", limit: 10 });
    expect(links.items).toMatchObject([{ externalId: bad, attempts: 1 }]);
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("of an update, a deactivation and a deletion keeps what it has, and is repaired", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    fixture.control.fault({ match: { method: "PATCH", type: "User" }, effect: { kind: "status", status: 400 } });
    fixture.control.fault({ match: { method: "DELETE", type: "Group" }, effect: { kind: "status", status: 400 } });
    changeSomething(fixture);
    fixture.corp.deleteTag(fixture.corp.truth().tags[1]?.tagid ?? 0);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial" });
    const failed = await fixture.records(task, { status: "failed", target: fixture.row.id });
    expect(new Set(failed.map(({ action }) => action))).toEqual(new Set(["update", "deactivate", "delete"]));
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("that is a member whom the target refuses keeps no other member out", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const people = fixture.corp
      .truth()
      .members.slice(0, 20)
      .map(({ userid }) => userid);
    const tag = fixture.corp.createTag({ tagname: "二十人" });
    fixture.corp.changeTagMembers(tag, { addUsers: people });
    const bad = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === people[7])?.id ?? "";
    fixture.control.fault({
      match: { method: "PATCH", type: "Group", body: bad },
      effect: { kind: "status", status: 400 },
    });
    const membersThere = (): number =>
      fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `tag:${tag}`)?.members.length ??
      -1;
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.pending" } });
    expect(membersThere()).toBe(19);
    const failed = await fixture.records(task, { status: "failed" });
    expect(failed).toMatchObject([{ externalId: `tag:${tag}`, changes: [{ attribute: "members", addedCount: 1 }] }]);
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("that is a member whom the target will not let go keeps no other member in", async () => {
    const fixture = await startEngineFixture();
    const people = fixture.corp
      .truth()
      .members.slice(0, 18)
      .map(({ userid }) => userid);
    const tag = fixture.corp.createTag({ tagname: "十八人" });
    fixture.corp.changeTagMembers(tag, { addUsers: people });
    await fixture.sync();
    const bad = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === people[3])?.id ?? "";
    fixture.control.fault({
      match: { method: "PATCH", type: "Group", body: bad },
      effect: { kind: "status", status: 400 },
    });
    fixture.corp.changeTagMembers(tag, { removeUsers: people.slice(0, 10) });
    const membersThere = (): number =>
      fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `tag:${tag}`)?.members.length ??
      -1;
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    expect(membersThere()).toBe(9);
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(membersThere()).toBe(8);
    await fixture.verify();
  });

  test("of people who lead each other, whose second update fails once, is repaired", async () => {
    const fixture = await startEngineFixture();
    const [one, two, three] = fixture.corp.truth().members.filter(({ status }) => status === 1);
    fixture.corp.patchMember(one?.userid ?? "", { direct_leader: [two?.userid ?? ""] });
    fixture.corp.patchMember(two?.userid ?? "", { direct_leader: [three?.userid ?? ""] });
    fixture.corp.patchMember(three?.userid ?? "", { direct_leader: [one?.userid ?? ""] });
    fixture.control.fault({
      match: { method: "PATCH", type: "User" },
      times: 1,
      effect: { kind: "status", status: 400 },
    });
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("a target that is down", () => {
  test("is given up for this task, and brought up to date by the next", async () => {
    const fixture = await startEngineFixture();
    fixture.control.setDown(true);
    const first = await fixture.sync();
    expect(first).toMatchObject({ state: "partial", error: { code: "target.unavailable" } });
    expect(first.error?.detail).toContain(fixture.row.name);
    expect(first.targets).toMatchObject([{ state: "failed" }]);
    expect(first.counts.users.created).toBe(60);
    fixture.control.setDown(false);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("in the middle of a push makes nobody twice", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 80, departments: 10, seed: 6, quirks: false } },
    });
    fixture.control.fault({
      match: { method: "POST", type: "User" },
      skip: 30,
      effect: { kind: "reset", commit: true },
    });
    fixture.control.fault({ match: { method: "GET" }, skip: 8, effect: { kind: "reset" } });
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "target.unavailable" } });
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("keeps nothing from another target", async () => {
    const fixture = await startEngineFixture();
    const other = await fixture.addTarget();
    fixture.control.setDown(true);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial" });
    expect(task.targets.map(({ state }) => state).sort()).toEqual(["failed", "succeeded"]);
    await fixture.verify(other);
    expect(fixture.control.counts()).toMatchObject({ users: 0, groups: 0 });
  });

  test("that refuses the credentials is asked once, and says what to do", async () => {
    const fixture = await startEngineFixture();
    await fixture.store.updateTarget(fixture.row.id, { secrets: { "/auth/token": "another" } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.unauthorized" } });
    expect(task.error?.detail).toContain("check the credentials");
    expect(task.error?.detail).not.toContain("another");
    expect(fixture.control.requests().total).toBeLessThanOrEqual(3);
    await fixture.store.updateTarget(fixture.row.id, { secrets: { "/auth/token": fixture.simulator.token } });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("that asks to wait for an hour is left alone until later", async () => {
    const fixture = await startEngineFixture();
    fixture.control.fault({
      match: { method: "POST", type: "User" },
      skip: 5,
      effect: { kind: "throttle", seconds: 3600 },
    });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.throttled" } });
    expect(task.error?.detail).toContain("3600 s");
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("that answers everything with a web page is no SCIM server, and is told so", async () => {
    const fixture = await startEngineFixture();
    fixture.control.fault({ effect: { kind: "html" } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", targets: [{ state: "failed" }] });
    expect(["target.nonsense", "target.unavailable"]).toContain(task.error?.code);
    expect(task.error?.detail).toMatch(/web page/);
    fixture.control.clearFault();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });
});

describe("a target that takes no groups as members", () => {
  test.each([true, false])("gets the people alone (its profile says so: %s)", async (says) => {
    const fixture = await startEngineFixture({
      target: { nestedGroups: false },
      targetSettings: { profile: says ? "flat" : "generic" },
    });
    const profile = {
      name: "flat",
      title: "Flat",
      description: "Users only",
      facts: { nestedGroups: { value: false, evidence: "verified" } },
    };
    writeFileSync(join(fixture.schemasDir, "targets", "flat.json"), JSON.stringify(profile));
    const task = await fixture.sync();
    const nested = fixture.control
      .dump()
      .groups.flatMap(({ members }) => members.filter(({ type }) => type === "Group"));
    expect(nested).toEqual([]);
    const lacking = fixture.differences().filter((sentence) => !/ lacks department:\d+$/.test(sentence));
    expect(lacking).toEqual([]);
    expect(task.state).toBe(says ? "succeeded" : "partial");
    if (says) expect(fixture.control.violations()).toEqual([]);
  });
});
