import { expect, test } from "vitest";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";
import { idsOf, membersAt, startClient } from "../support/writing.ts";
import { leavable } from "./targets/support.ts";

// A user group has people of several sources, and each push is about one of them.

const timeout = { timeout: 60_000 };

/** Two corps at one target, and a user group with people of both, ten of whom leave the second one: that waits at the target. */
async function withHeldLeavers() {
  const fixture = await startEngineFixture();
  const other = await fixture.addSource(
    "other",
    { shape: { members: 40, departments: 4, seed: 7, quirks: false } },
    { namespace: "other", safeguards: noSafeguards },
  );
  await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
  await fixture.sync();
  await fixture.sync({ source: other.row });
  const [stays = ""] = leavable(fixture);
  const leavers = other.wecom.control
    .truth()
    .members.filter(({ status }) => status === 1)
    .slice(0, 10)
    .map(({ userid }) => userid);
  const names = [stays, ...leavers.map((userid) => `other:${userid}`)].sort();
  const ids = await idsOf(fixture);
  const client = await startClient(fixture);
  const group = await client.createGroup(
    "VPN",
    names.map((name) => ids.get(name) ?? ""),
  );
  await fixture.push();
  expect(membersAt(fixture, "VPN")).toEqual(names);
  for (const userid of leavers) other.wecom.control.deleteMember(userid);
  const held = await fixture.sync({ source: other.row });
  expect(held).toMatchObject({ state: "held", hold: { removals: { users: 10 } } });
  expect(membersAt(fixture, "VPN")).toEqual(names);
  return { fixture, other, names, held, client, group, stays, leavers };
}

test("whose removal waits stays in user groups, whichever source is pushed next", timeout, async () => {
  const { fixture, names, held, stays } = await withHeldLeavers();
  fixture.corp.patchMember(stays, { position: "moved" });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect(membersAt(fixture, "VPN")).toEqual(names);
  expect(await fixture.approve(held)).toMatchObject({ state: "succeeded" });
  expect(membersAt(fixture, "VPN")).toEqual([stays]);
});

test("a user group with people whose removal waits is not deleted by the push of another source", timeout, async () => {
  const { fixture, names, held, client, group, stays } = await withHeldLeavers();
  // Enabled, it would be pushed to at once, for the user groups.
  await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
  await client.remove("Group", group);
  await fixture.stop();
  await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
  fixture.corp.patchMember(stays, { position: "moved" });
  const { task } = await fixture.store.queueTask({
    ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" },
  });
  fixture.start();
  expect(await fixture.ended(task)).toMatchObject({ state: "succeeded" });
  expect(membersAt(fixture, "VPN")).toEqual(names);
  await fixture.approve(held);
  await fixture.push();
  expect(membersAt(fixture, "VPN")).toBeNull();
});
