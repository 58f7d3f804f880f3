import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import type { Task } from "../support/bridge-api.ts";
import { targetForm } from "../support/e2e.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

// Userids that are changed, told of by WeCom or not: simulated WeCom → the bridge as it is shipped → simulated target.

const keys = { token: "QDG6eK", encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C" };

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly carriedOut: boolean;
  readonly evidence: readonly string[];
  readonly syncTask?: string | null;
}

describe.each(["SQLite", "PostgreSQL"])("userids that are changed, kept in %s", (database) => {
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

  const start = async (namespace?: string): Promise<void> => {
    wecom = await startWecomSimulator({ shape: { members: 80, departments: 10, seed: 5, quirks: false } });
    target = await startScimSimulator();
    home = await makeBridgeHome(await postgres?.createDatabase());
    bridge = await home.start();
    source = await bridge.api.createSource({
      name: "corp",
      type: "wecom",
      ...(namespace && { namespace }),
      wecom: {
        ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId, apiBaseUrl: wecom.url },
        callback: keys,
      },
      sync: { identity: { ask: true } },
    });
    await bridge.api.createTarget(targetForm("target", target, [source]));
    await bridge.api.sync(source);
    await wecom.control.setCallback({ url: `${bridge.url}/wecom/callback/${source}`, ...keys });
  };
  const wrong = () => wrongAt(target.control.dump(), wecom.control.visibleTruth());
  const someone = () => wecom.control.truth().members.filter(({ status }) => status === 1)[4]?.userid ?? "";
  const accountOf = (externalId: string) =>
    target.control.dump().users.find(({ resource }) => resource["externalId"] === externalId);
  const open = async (): Promise<readonly Case[]> =>
    (await bridge.api.call<{ items: readonly Case[] }>("GET", `/identity-cases?source=${source}&state=open`)).items;
  const ended = (id: string | null | undefined) =>
    expect.poll(async () => (await bridge.api.call<Task>("GET", `/sync-tasks/${id}`)).state, { timeout: 20_000 });

  it("are followed by WeCom's event, also where it comes twice and late", { timeout: 120_000 }, async () => {
    await start();
    wecom.control.setCallbackFaults({ double: 1, delayMs: 200 });
    const userid = someone();
    const account = accountOf(userid);
    wecom.control.renameUserid(userid, "Told.Name");
    await expect.poll(wrong, { timeout: 20_000, interval: 20 }).toEqual([]);
    expect(accountOf("Told.Name")).toMatchObject({
      id: account?.id,
      resource: { userName: "Told.Name", active: true },
    });
    expect(accountOf(userid)).toBeUndefined();
    await wecom.control.callbacksIdle();
    expect((await bridge.api.sync(source)).state).toBe("succeeded");
    expect(wrong()).toEqual([]);
    expect(await open()).toEqual([]);
  });

  it("are asked about where nobody told, with a namespace as without", { timeout: 120_000 }, async () => {
    await start("hq");
    const userid = someone();
    const account = accountOf(`hq:${userid}`);
    wecom.control.renameUserid(userid, "Silent.Name", { told: false });
    const task = await bridge.api.sync(source);
    expect(task).toMatchObject({ state: "partial", error: { code: "source.identity-unclear" } });
    const [asked, ...more] = await open();
    expect(more).toEqual([]);
    expect(asked).toMatchObject({ kind: "rename", evidence: expect.arrayContaining(["mobile"]) });
    expect(accountOf(`hq:${userid}`)).toMatchObject({ resource: { active: true } });
    expect(accountOf("hq:Silent.Name")).toBeUndefined();
    const decided = await bridge.api.call<Case>("POST", `/identity-cases/${asked?.id}/accept`, {});
    expect(decided).toMatchObject({ state: "accepted", syncTask: expect.any(String) });
    await ended(decided.syncTask).toBe("succeeded");
    expect(accountOf("hq:Silent.Name")).toMatchObject({
      id: account?.id,
      resource: { userName: "Silent.Name@hq", active: true },
    });
    const again = bridge.api.call("POST", `/identity-cases/${asked?.id}/decline`, {});
    await expect(again).rejects.toThrow(/409|not open/);
  });

  it("are two people where an administrator says so; whoever has a former userid is asked about", {
    timeout: 120_000,
  }, async () => {
    await start();
    const userid = someone();
    const account = accountOf(userid);
    wecom.control.renameUserid(userid, "Silent.Name", { told: false });
    await bridge.api.sync(source);
    const [asked] = await open();
    const decided = await bridge.api.call<Case>("POST", `/identity-cases/${asked?.id}/decline`, {});
    await ended(decided.syncTask).toBe("succeeded");
    expect(accountOf(userid)).toMatchObject({ id: account?.id, resource: { active: false } });
    expect(accountOf("Silent.Name")?.id).not.toBe(account?.id);
    const department = [wecom.control.truth().departments[2]?.id ?? 1];
    const other = { name: "另一个", mobile: "13999990000", email: "other@corp.example", status: 1 } as const;
    wecom.control.createMember({ userid, department, ...other });
    await expect.poll(open, { timeout: 20_000 }).toMatchObject([{ kind: "return" }]);
    const [back] = await open();
    const answered = await bridge.api.call<Case>("POST", `/identity-cases/${back?.id}/decline`, {});
    await ended(answered.syncTask).toBe("succeeded");
    expect(accountOf(userid)).toMatchObject({ resource: { active: true, displayName: "另一个" } });
    expect(accountOf(userid)?.id).not.toBe(account?.id);
    expect(target.control.dump().users.find(({ id }) => id === account?.id)?.resource).toMatchObject({ active: false });
    expect(target.control.violations()).toEqual([]);
  });
});
