import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Scope } from "../../src/simulator/wecom/settings.ts";
import { defaultSafeguards, type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { picture } from "../support/who-is-where.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** A department below the root that has people of its own and somebody outside. */
function oneDepartment({ corp }: EngineFixture): number {
  const { departments, members } = corp.truth();
  const found = departments.find(
    ({ id, parentid }) => parentid !== 0 && members.filter(({ department }) => department.includes(id)).length > 2,
  );
  if (!found) throw new Error("no such department");
  return found.id;
}

describe("a visible scope that shrank in WeCom", () => {
  const scopes: readonly [string, (fixture: EngineFixture) => Scope][] = [
    ["to one department", (fixture) => ({ departments: [oneDepartment(fixture)], users: [], tags: [] })],
    [
      "to one department and a few people",
      (fixture) => ({
        departments: [oneDepartment(fixture)],
        users: fixture.corp
          .truth()
          .members.slice(0, 3)
          .map(({ userid }) => userid),
        tags: [],
      }),
    ],
    [
      "to one department and a tag",
      (fixture) => ({
        departments: [oneDepartment(fixture)],
        users: [],
        // A tag that does not bring the root along.
        tags: fixture.corp
          .truth()
          .tags.filter(({ users, departments }) => users.length > 0 && !departments.includes(1))
          .slice(0, 1)
          .map(({ tagid }) => tagid),
      }),
    ],
  ];

  for (const agentId of [true, false]) {
    test.each(scopes)(`%s removes nobody and no membership (AgentId known: ${agentId})`, async (_, shrink) => {
      const fixture = await startEngineFixture({ agentId });
      await fixture.sync();
      const before = picture(fixture);
      fixture.corp.setScope(shrink(fixture));
      for (let time = 1; time <= 2; time += 1) {
        const task = await fixture.sync();
        expect(task.state).toBe("partial");
        expect(task.error?.code).toBe("source.visibility-shrunken");
        expect(task.error?.detail).toContain("see less than at the last complete read");
        expect(task.error?.detail).toContain("可见范围");
        expect(task.hold).toBeNull();
        expect(task.counts.users).toMatchObject({ deactivated: 0, deleted: 0, failed: 0 });
        expect(task.counts.groups).toMatchObject({ deleted: 0, failed: 0 });
        expect(picture(fixture)).toEqual(before);
      }
      fixture.corp.setScope({ departments: [1], users: [], tags: [] });
      expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
      expect(picture(fixture)).toEqual(before);
      await fixture.verify();
    });
  }

  for (const contacts of [false, true]) {
    test(`takes no department's name from those who are seen, and renames no group (contacts secret: ${contacts})`, async () => {
      const fixture = await startEngineFixture({ contacts });
      const { corp } = fixture;
      const top = corp.createDepartment({ name: "上级", parentid: 1 });
      const child = corp.createDepartment({ name: "下级", parentid: top });
      const far = corp.createDepartment({ name: "别处", parentid: 1 });
      corp.createMember({ userid: "of.two", name: "两处", department: [far, child], main_department: far, status: 1 });
      await fixture.sync();
      const held = () => {
        const { users, groups } = fixture.control.dump();
        return {
          person: users.find(({ resource }) => resource["externalId"] === "of.two")?.resource,
          group: groups.find(({ resource }) => resource["externalId"] === `department:${child}`)?.resource[
            "displayName"
          ],
        };
      };
      const before = held();
      expect(before).toMatchObject({ person: { [enterprise]: { department: "别处" } }, group: "上级/下级" });
      corp.setScope({ departments: [child], users: [], tags: [] });
      corp.patchMember("of.two", { position: "arrived all the same" });
      for (let time = 1; time <= 2; time += 1) {
        expect(await fixture.sync()).toMatchObject({ state: "partial" });
        expect(held()).toEqual({
          ...before,
          person: { ...before.person, title: "arrived all the same" },
        });
      }
      // Chosen by an administrator it is another source: what lies above is not looked at any more.
      const safeguards = { safeguards: noSafeguards };
      await fixture.patchTarget(safeguards);
      await fixture.patchSource({ ...safeguards, scope: { mode: "partial", departments: [child] } });
      for (let time = 1; time <= 2; time += 1) {
        expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
        expect(held().group).toBe("下级");
        expect(held().person).not.toHaveProperty([enterprise]);
      }
    });
  }

  test("still lets a change through for those who are seen, and for nobody else", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const id = oneDepartment(fixture);
    const { members } = fixture.corp.truth();
    const seen = members.find(({ department, status }) => department.includes(id) && status === 1)?.userid ?? "";
    const gone = members.find(({ department, status }) => !department.includes(id) && status === 1)?.userid ?? "";
    fixture.corp.setScope({ departments: [id], users: [], tags: [] });
    fixture.corp.patchMember(seen, { alias: "seen" });
    fixture.corp.deleteMember(gone);
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    const { users } = fixture.control.dump();
    expect(users.find(({ resource }) => resource["externalId"] === seen)?.resource["nickName"]).toBe("seen");
    expect(users.find(({ resource }) => resource["externalId"] === gone)?.resource["active"]).toBe(true);
  });

  test("leaves those out of sight as they were, though the mapping was edited meanwhile", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const id = oneDepartment(fixture);
    const hidden = fixture.corp.truth().members.filter(({ department }) => !department.includes(id));
    const namesOf = (): unknown[] => {
      const { users, groups } = fixture.control.dump();
      return [
        ...hidden.map(
          ({ userid }) => users.find(({ resource }) => resource["externalId"] === userid)?.resource[enterprise],
        ),
        ...groups.map(({ resource }) => resource["displayName"]),
      ];
    };
    // The topmost department in sight alone: no path changes for those in sight.
    const top = fixture.corp.truth().departments.find(({ parentid }) => parentid === 1)?.id ?? 0;
    fixture.corp.setScope({ departments: [top], users: [], tags: [] });
    await fixture.sync();
    const before = namesOf();
    const file = join(fixture.schemasDir, "mappings", "wecom.json");
    const mapping = JSON.parse(readFileSync(file, "utf8"));
    mapping.user.nickName = { from: "english_name" };
    writeFileSync(file, JSON.stringify(mapping));
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "source.visibility-shrunken" } });
    expect(namesOf()).toEqual(before);
  });
});

describe("a scope narrowed by an administrator in the source's settings", () => {
  test("means departure, under the safeguards", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const before = picture(fixture);
    const id = oneDepartment(fixture);
    await fixture.patchSource({ scope: { mode: "partial", departments: [id] } });
    const held = await fixture.sync();
    expect(held.state).toBe("held");
    expect(held.hold?.removals.users).toBeGreaterThan(20);
    expect(picture(fixture).active).toEqual(before.active);

    const approved = await fixture.approve(held);
    expect(approved).toMatchObject({ state: "succeeded", hold: null });
    const { members, departments } = fixture.corp.truth();
    const under = (department: number): boolean => {
      for (let at = department; at !== 0; at = departments.find((one) => one.id === at)?.parentid ?? 0)
        if (at === id) return true;
      return false;
    };
    const stay = members.filter(({ department }) => department.some(under));
    const active = stay.filter(({ status }) => status === 1).map(({ userid }) => userid);
    expect(picture(fixture).active).toEqual(active.sort());
    expect(fixture.control.violations()).toEqual([]);
  });

  test("to departments that are all out of sight: failed, nothing is removed", async () => {
    const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
    await fixture.sync();
    const before = picture(fixture);
    await fixture.patchSource({ scope: { mode: "partial", departments: [4711] } });
    expect(await fixture.sync()).toMatchObject({ state: "failed", error: { code: "wecom.scope-empty" } });
    expect(picture(fixture)).toEqual(before);
  });

  test("with one department out of sight: partial, nothing is removed", async () => {
    const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
    await fixture.sync();
    const before = picture(fixture);
    await fixture.patchSource({ scope: { mode: "partial", departments: [oneDepartment(fixture), 4711] } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "wecom.scope-department-missing" } });
    expect(task.error?.detail).toContain("4711");
    expect(picture(fixture)).toEqual(before);
  });
});

describe("fields that the credential does not see any more", () => {
  test("stay at the target when WeCom's privacy rules change, missing or empty", async () => {
    for (const withheld of ["missing", "empty"] as const) {
      const fixture = await startEngineFixture();
      await fixture.sync();
      const before = fixture.control.dump();
      fixture.control.resetJournal();
      fixture.corp.setSettings({ privacy: "new", withheld });
      expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
      expect(fixture.control.requests().total).toBe(0);
      expect(fixture.control.dump()).toEqual(before);
      // Other fields of the same person still arrive, and take nothing along.
      const member = fixture.corp.truth().members.find(({ email, mobile }) => email && mobile);
      if (!member) throw new Error("nobody has an address");
      fixture.corp.patchMember(member.userid, { position: "seen" });
      await fixture.sync();
      const held = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === member.userid);
      expect(held?.resource).toMatchObject({ title: "seen", emails: [{ value: member.email }] });
      expect(fixture.control.requests().counts).toMatchObject({ "PATCH User": 1 });
    }
  });

  test("somebody new comes without them, and gets them once they are seen", async () => {
    const fixture = await startEngineFixture({ corp: { settings: { privacy: "new" } } });
    await fixture.sync();
    await fixture.verify();
    fixture.corp.setSettings({ privacy: "old" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("one person's address is cleared at the target when only he lost his", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const member = fixture.corp
      .truth()
      .members.find(({ email, biz_mail, status }) => email && !biz_mail && status === 1);
    if (!member) throw new Error("nobody has an address");
    fixture.corp.patchMember(member.userid, { email: null });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    const held = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === member.userid);
    expect(held?.resource).not.toHaveProperty("emails");
    await fixture.verify();
  });
});

test("the default safeguards of the tests are those of the contract", () => {
  expect(defaultSafeguards.maxRemovals).toEqual({ floor: 5, percent: 10, count: 500 });
});
