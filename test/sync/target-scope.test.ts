import { expect, test } from "vitest";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";

test("people whom a narrowed scope deactivated at a target are active again once it is widened", async () => {
  const fixture = await startEngineFixture({ targetSettings: { safeguards: noSafeguards } });
  await fixture.sync();
  const active = () => fixture.control.dump().users.filter(({ resource }) => resource["active"] === true).length;
  const before = active();
  await fixture.patchTarget({ scope: { users: 'userName eq "nobody"' } });
  await fixture.push();
  expect(active()).toBe(0);
  await fixture.patchTarget({ scope: {} });
  expect(await fixture.push()).toMatchObject({ state: "succeeded" });
  expect(active()).toBe(before);
  await fixture.verify();
});

test("a push of one target that was held is carried out once it is approved", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  await fixture.patchTarget({ scope: { users: 'userName eq "nobody"' } });
  const held = await fixture.push();
  expect(held.state).toBe("held");
  expect(fixture.control.dump().users.some(({ resource }) => resource["active"] === true)).toBe(true);
  expect(await fixture.approve(held)).toMatchObject({ state: "succeeded", hold: null });
  expect(fixture.control.dump().users.some(({ resource }) => resource["active"] === true)).toBe(false);
});

test("somebody whom a target refused and who has left is not tried again for ever", async () => {
  const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
  const userid = fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "";
  fixture.control.fault({
    match: { method: "POST", body: `"userName":"${userid}"` },
    effect: { kind: "status", status: 400 },
  });
  expect((await fixture.sync()).state).toBe("partial");
  fixture.control.clearFault();
  fixture.corp.deleteMember(userid);
  expect((await fixture.sync()).state).toBe("succeeded");
  fixture.advance(86_400_000);
  await fixture.push();
  expect(await fixture.store.hasDueRetries(fixture.row.id, fixture.row.settings.sources, fixture.now())).toBe(false);
});

test("a plan that is cancelled while it is made is not applied", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  fixture.corp.patchMember(fixture.corp.truth().members[0]?.userid ?? "", { position: "changed" });
  // One department answers late: the cancellation comes while the source is read.
  fixture.corp.addFault({ endpoint: "user/list", times: 1, answer: { kind: "delay", ms: 1500 } });
  const { task } = await fixture.store.queueTask({
    sourceId: fixture.source.id,
    targetId: null,
    trigger: "manual",
    mode: "apply",
  });
  fixture.engine().nudge();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await fixture.store.cancelTask(task.id)).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await fixture.store.findTask(task.id)).toMatchObject({ state: "cancelled" });
  expect(await fixture.records(task)).toEqual([]);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 1 } } });
  await fixture.verify();
});
