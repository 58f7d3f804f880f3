import { describe, expect, test } from "vitest";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

// A group is known by its name. One edit that gives all of them another is held, as new userNames of people are.

const names = ({ control }: EngineFixture) =>
  control.dump().groups.map(({ resource }) => String(resource["displayName"]));
const renamed = (fixture: EngineFixture) => names(fixture).filter((name) => name.startsWith("部门 "));

describe("one edit that gives all groups another name", () => {
  test("of the mapping is held before the directory, counted by itself, and goes ahead once approved", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const groups = fixture.corp.truth().departments.length;
    fixture.edit((mapping) => {
      mapping.department.displayName = { template: "部门 {path}" };
      mapping.user.title = { const: "staff" };
    });
    const held = await fixture.sync();
    expect(held).toMatchObject({ state: "held", hold: { identities: { users: 0, groups } } });
    expect(held.hold?.reason).toContain("groups would get another displayName or externalId by the mapping");
    expect(renamed(fixture)).toEqual([]);
    // Everything else goes ahead.
    expect(fixture.control.dump().users.every(({ resource }) => resource["title"] === "staff")).toBe(true);
    const records = await fixture.records(held, { status: "held" });
    expect(records).toHaveLength(groups);
    expect(records[0]).toMatchObject({ resourceType: "Group", changes: [{ attribute: "displayName" }] });
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
    expect(renamed(fixture)).toHaveLength(groups);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  });

  test("of a target's own rules is held at that target", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await fixture.patchTarget({ mapping: { group: { displayName: { template: "部门 {displayName}" } } } });
    const held = await fixture.push();
    expect(held).toMatchObject({ state: "held", hold: { identities: { users: 0 } } });
    expect(held.hold?.reason).toContain("groups at this target would get another displayName");
    expect(renamed(fixture)).toEqual([]);
    expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
    expect(renamed(fixture)).toHaveLength(fixture.control.counts().groups);
  });

  test("a department that is renamed in the source passes, with all below it", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const [first] = fixture.corp.truth().departments.filter(({ parentid }) => parentid === 1);
    if (first === undefined) throw new Error("no department");
    fixture.corp.patchDepartment(first.id, { name: "改名" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", hold: null });
    await fixture.verify();
  });
});
