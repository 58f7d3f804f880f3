import { expect, test } from "vitest";
import type { SourceUse } from "../../src/source/source.ts";
import { CallBook } from "../../src/source/wecom/corp-calls.ts";
import { makeWecomSource } from "../../src/source/wecom/wecom-source.ts";
import type { SourceRow, TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

/** Sources that really wait, and count together. */
function waitingSources() {
  const calls = new CallBook({ bulk: 0.8, urgent: 0.1 });
  return (row: SourceRow, use: SourceUse) => {
    const { corpId = "", agentId, apiBaseUrl } = row.settings.wecom ?? {};
    const limits = { requestsPerSecond: 150, maxLimitWaitMs: 3_720_000 };
    return makeWecomSource({
      ...{ corpId, agentId, apiBaseUrl, corpSecret: row.secrets["/wecom/corpSecret"] ?? "" },
      ...{ limits, calls, ...use },
    });
  };
}

async function waiting(fixture: EngineFixture, task: TaskRow): Promise<TaskRow> {
  for (;;) {
    const found = await fixture.store.findTask(task.id);
    if (found?.progress?.waiting !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a task counts its requests by API, and what it waited for a limit", async () => {
  const fixture = await startEngineFixture({ withTarget: false });
  fixture.corp.addFault({ endpoint: "user/list", after: 2, times: 1, answer: { kind: "errcode", errcode: 45009 } });
  fixture.corp.addFault({ endpoint: "tag/list", times: 1, answer: { kind: "reset" } });
  const task = await fixture.sync();
  expect(task.state).toBe("succeeded");
  const { made = 0, retried, waitedMs = 0, byApi = [] } = task.requests ?? {};
  const made12 = byApi.find(({ api }) => api === "user/list");
  expect(made12).toMatchObject({ made: 13, retried: 1, leftThisHour: 150_000 - 13 });
  expect(byApi.find(({ api }) => api === "tag/list")).toMatchObject({ made: 2, retried: 1, waitedMs: 0 });
  expect(byApi.map(({ api }) => api)).toEqual(expect.arrayContaining(["agent/get", "department/list", "gettoken"]));
  const served = Object.values(fixture.corp.requests()).reduce((sum, count) => sum + count, 0);
  expect({ made, retried }).toEqual({ made: served, retried: 2 });
  expect(waitedMs).toBeGreaterThan(0);
  expect((await fixture.store.findTask(task.id))?.progress?.waiting).toBeUndefined();
});

test("a task that waits for a limit says so, lets others work, and can be cancelled meanwhile", async () => {
  const fixture = await startEngineFixture({ withTarget: false, openSource: waitingSources() });
  fixture.corp.addFault({ endpoint: "user/list", answer: { kind: "errcode", errcode: 45009 } });
  const others = await Promise.all(["second", "third"].map((name) => fixture.addSource(name, {})));
  others[0]?.wecom.control.addFault({ endpoint: "user/list", answer: { kind: "errcode", errcode: 45009 } });
  const queue = (row: SourceRow) =>
    fixture.store.queueTask({ sourceId: row.id, targetId: null, trigger: "manual", mode: "apply" });
  const blocked = [(await queue(fixture.source)).task, (await queue(others[0]?.row ?? fixture.source)).task];
  fixture.engine().nudge();
  for (const task of blocked) {
    const { progress, requests } = await waiting(fixture, task);
    expect(progress).toMatchObject({ phase: "read", waiting: { reason: expect.stringContaining("user/list") } });
    expect(progress?.waiting?.until).toBeGreaterThan(fixture.now());
    expect(requests?.byApi.map(({ api }) => api)).toContain("user/list");
  }
  // Both places are taken by tasks that only wait: a third one has its turn all the same.
  if (others[1]) expect((await fixture.sync({ source: others[1].row })).state).toBe("succeeded");
  for (const task of blocked) {
    expect(await fixture.store.cancelTask(task.id)).toBe(true);
    expect((await fixture.ended(task)).state).toBe("cancelled");
  }
  // It has really ended: another task of the source begins, and waits for the same limit.
  const next = (await queue(fixture.source)).task;
  fixture.engine().nudge();
  expect((await waiting(fixture, next)).state).toBe("running");
});
