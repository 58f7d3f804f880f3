import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import type { Task } from "../support/bridge-api.ts";
import { noSafeguards, targetForm } from "../support/e2e.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

// Nobody starts a sync here, and none is due: what arrives was brought by events.

const keys = { token: "QDG6eK", encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C" };

describe.each(["SQLite", "PostgreSQL"])("a corp whose events come, kept in %s", (database) => {
  let postgres: TestPostgres | null = null;
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  let source: string;

  beforeAll(async () => {
    if (database === "PostgreSQL") postgres = await startPostgres();
  });
  afterAll(() => postgres?.close());
  afterEach(async () => {
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  const start = async (members: number, seed: number): Promise<void> => {
    wecom = await startWecomSimulator({ shape: { members, departments: 30, seed, quirks: false } });
    target = await startScimSimulator();
    home = await makeBridgeHome(await postgres?.createDatabase());
    bridge = await home.start();
    source = await bridge.api.createSource({
      name: "corp",
      type: "wecom",
      wecom: {
        ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId, apiBaseUrl: wecom.url },
        limits: { requestsPerSecond: 150, concurrency: 5 },
        callback: keys,
      },
      safeguards: noSafeguards,
    });
    await bridge.api.createTarget(targetForm("target", target, [source]));
    await bridge.api.sync(source);
    expect(wrong()).toEqual([]);
    await wecom.control.setCallback({ url: `${bridge.url}/wecom/callback/${source}`, ...keys });
    wecom.control.resetRequests();
  };

  const wrong = () => wrongAt(target.control.dump(), wecom.control.visibleTruth());
  const arrived = async (): Promise<void> => {
    await expect.poll(wrong, { timeout: 20_000, interval: 20 }).toEqual([]);
  };
  const tasks = async () => (await bridge.api.call<{ items: readonly Task[] }>("GET", "/sync-tasks?limit=200")).items;

  it("has a change at the target soon, with a read of one person", { timeout: 120_000 }, async () => {
    await start(300, 21);
    const { members } = wecom.control.truth();
    const took: number[] = [];
    for (const { userid } of members.slice(10, 20)) {
      const at = performance.now();
      wecom.control.patchMember(userid, { position: `职位 ${userid}` });
      await arrived();
      took.push(performance.now() - at);
    }
    expect(wecom.control.requests()["user/list"]).toBeUndefined();
    expect(took.sort((a, b) => a - b)[5]).toBeLessThan(2000);

    wecom.control.createMember({ userid: "new.comer", name: "新人", department: [members[0]?.department[0] ?? 1] });
    await arrived();
    wecom.control.deleteMember("new.comer");
    await arrived();
    const department = wecom.control.createDepartment({ name: "新部门", parentid: 1 });
    wecom.control.moveMember(members[3]?.userid ?? "", [department]);
    await arrived();

    const { checks } = await bridge.api.call<{ checks: readonly { name: string; detail: string }[] }>(
      "POST",
      `/sources/${source}/test`,
    );
    expect(checks.find(({ name }) => name === "callback")?.detail).toMatch(/The last event for wecom.callback came at/);
    expect(bridge.stderr()).not.toContain('"level"');
  });

  it("loses no event that was answered when the bridge is killed", { timeout: 120_000 }, async () => {
    await start(200, 22);
    const { members } = wecom.control.truth();
    for (const { userid } of members.slice(0, 30)) wecom.control.patchMember(userid, { position: "重启" });
    await wecom.control.callbacksIdle();
    await bridge.kill();
    expect(wecom.control.callbacks()).toMatchObject({ delivered: 30 });
    bridge = await home.start();
    await arrived();
    expect(wecom.control.requests()["user/list"]).toBeUndefined();
  });

  it("is exact after the next sync where a fifth of the events are lost and all come in another order", {
    timeout: 120_000,
  }, async () => {
    await start(200, 23);
    // Of whom nobody hears that he has another userid now, nobody is asked.
    await bridge.api.call("PATCH", `/sources/${source}`, { sync: { identity: { ask: false } } });
    wecom.control.setCallbackFaults({ drop: 0.2, double: 0.2, delayMs: 300 });
    wecom.control.randomChanges(150, "shuffled");
    await wecom.control.callbacksIdle();
    await bridge.api.sync(source);
    await expect
      .poll(async () => (await tasks()).every(({ state }) => state === "succeeded"), { timeout: 20_000 })
      .toBe(true);
    await bridge.api.sync(source);
    expect(wrong()).toEqual([]);
  });
});
