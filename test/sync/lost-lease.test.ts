import { expect, test } from "vitest";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

test("links that are forgotten while they are pushed: the task goes on by itself and ends right", async () => {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 600, departments: 12, seed: 3, quirks: false } },
  });
  const { task } = await beginSync(fixture);
  await untilTargetHolds(fixture, 100);
  await fixture.store.forgetLinks(fixture.row.id);
  expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", error: null });
  expect(fixture.logLines.join()).toContain("task left open");
  await fixture.verify();
});

test("a target that is deleted while it is pushed to: the task ends without it", async () => {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 600, departments: 12, seed: 4, quirks: false } },
  });
  const { task } = await beginSync(fixture);
  await untilTargetHolds(fixture, 100);
  await fixture.store.deleteTarget(fixture.row.id);
  expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", targets: [], error: null });
  expect(fixture.logLines.join()).toContain("task left open");
});

async function beginSync({ store, source, engine }: EngineFixture) {
  const queued = await store.queueTask({ sourceId: source.id, targetId: null, trigger: "manual", mode: "apply" });
  engine().nudge();
  return queued;
}

async function untilTargetHolds({ control }: EngineFixture, users: number): Promise<void> {
  while (control.dump().users.length < users) await new Promise((resolve) => setTimeout(resolve, 1));
}
