import { describe, expect, test } from "vitest";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

/** A sync whose next request of this kind is carried out, and ended before the answer comes. */
async function cutOff(fixture: EngineFixture, type: "User" | "Group", arrived: () => boolean): Promise<void> {
  fixture.control.fault({ match: { method: "PATCH", type }, effect: { kind: "hang", commit: true } });
  await fixture.store.queueTask({ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" });
  fixture.engine().nudge();
  await expect.poll(arrived, { timeout: 20_000, interval: 5 }).toBe(true);
  await fixture.stop();
  fixture.control.clearFault();
}

async function goOn(fixture: EngineFixture): Promise<void> {
  fixture.start();
  for (let time = 1; time <= 2; time += 1) expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  await fixture.verify();
}

describe("a sync that is cut off after its request arrived and before it knew, and the change is taken back", () => {
  test("an attribute has the value that it had before", async () => {
    const fixture = await startEngineFixture();
    const member = fixture.corp.truth().members.find(({ status, position }) => status === 1 && position);
    const userid = member?.userid ?? "";
    await fixture.sync();
    const title = () =>
      fixture.control.dump().users.find(({ resource }) => resource["externalId"] === userid)?.resource["title"];
    fixture.corp.patchMember(userid, { position: "for a moment" });
    await cutOff(fixture, "User", () => title() === "for a moment");
    fixture.corp.patchMember(userid, { position: member?.position ?? "" });
    await goOn(fixture);
    expect(title()).toBe(member?.position);
  });

  test.each(["add", "remove"] as const)("a group has the members that it had before (%s)", async (op) => {
    const fixture = await startEngineFixture();
    const userid = fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "";
    const tag = fixture.corp.createTag({ tagname: "来去" });
    const put = (there: boolean): void =>
      fixture.corp.changeTagMembers(tag, there ? { addUsers: [userid] } : { removeUsers: [userid] });
    put(op === "remove");
    await fixture.sync();
    const count = (): number | undefined =>
      fixture.control.dump().groups.find(({ resource }) => resource["externalId"] === `tag:${tag}`)?.members.length;
    put(op === "add");
    await cutOff(fixture, "Group", () => count() === (op === "add" ? 1 : 0));
    put(op === "remove");
    await goOn(fixture);
    expect(count()).toBe(op === "remove" ? 1 : 0);
  });

  test("somebody who left for a moment is active and in his groups", async () => {
    const fixture = await startEngineFixture();
    const { members } = fixture.corp.truth();
    const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
    const member = members.find(({ userid, status }) => status === 1 && !leads.has(userid));
    if (!member) throw new Error("nobody can leave");
    await fixture.sync();
    const isActive = (): boolean =>
      fixture.control.dump().users.find(({ resource }) => resource["externalId"] === member.userid)?.resource[
        "active"
      ] === true;
    fixture.corp.deleteMember(member.userid);
    await cutOff(fixture, "User", () => !isActive());
    const { userid, name, department } = member;
    fixture.corp.createMember({ userid, name, department, status: 1 });
    await goOn(fixture);
    expect(isActive()).toBe(true);
  });
});
