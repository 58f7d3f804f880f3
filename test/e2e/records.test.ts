import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Line, makeLine } from "../support/e2e-line.ts";
import { type Receiver, startReceiver, verifyMessage } from "../support/webhook-receiver.ts";

// The program as it is shipped: what can be asked of it after some syncs.

let line: Line;
let receiver: Receiver;
beforeAll(async () => {
  line = await makeLine({ members: 40, departments: 5, seed: 1 });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver?.close();
  await line?.close();
});

describe("a bridge that has synced", () => {
  it("says why a person has a value, here and at the target, and tells webhooks", async () => {
    const { api } = line.bridge;
    const form = { name: "ops", url: receiver.url, events: ["task.finished"] };
    const hook = await api.call<{ secret: string }>("POST", "/webhooks", form);
    await line.sync();
    const userid = line.wecom.control.visibleTruth().members[0]?.userid ?? "";
    line.wecom.control.patchMember(userid, { position: "首席工程师" });
    const task = await line.sync();

    const { items } = await api.call<{ items: readonly object[] }>(
      "GET",
      `/resources/${encodeURIComponent(userid)}/history?attribute=title`,
    );
    const write = { by: "sync", task: task.id, trigger: "manual", action: "update", client: null };
    expect(items).toMatchObject([
      {
        ...{ attribute: "title", target: null, value: "首席工程师", state: null },
        rules: [{ file: "mappings/wecom.json", pointer: "/user/title", kind: "from", line: expect.any(Number) }],
        write: { ...write, source: "首席工程师", mapping: { name: "wecom", version: 1 } },
      },
      { targetName: "target", value: "首席工程师", state: "synced", error: null, rules: [], write },
    ]);
    const found = await api.call<{ records: readonly object[] }>("GET", `/records?person=${userid}&action=update`);
    expect(found.records).toMatchObject([{ task: task.id }, { task: task.id }]);

    await receiver.has(2);
    for (const message of receiver.messages) verifyMessage(hook.secret, message);
    expect(receiver.messages[1]?.body).toMatchObject({
      data: { task: task.id, links: { task: `${line.bridge.url}/api/v1/sync-tasks/${task.id}` } },
    });
  });

  it("has metrics of both of its threads, without a name of a person or an id in them", async () => {
    const { api, url } = line.bridge;
    const client = await api.call<{ token: string }>("POST", "/scim-clients", { name: "reader" });
    const authorization = `Bearer ${client.token}`;
    const users = await fetch(`${url}/scim/v2/Users?count=1`, { headers: { authorization } });
    const [user] = ((await users.json()) as { Resources: { id: string }[] }).Resources;
    await fetch(`${url}/scim/v2/Users/${user?.id}`, { headers: { authorization } });
    await fetch(`${url}/scim/v2/Users/nobody`, { headers: { authorization } });
    await fetch(`${url}/scim/v2/whatever/${user?.id}`, { headers: { authorization } });
    await fetch(`${url}/scim/v2/Users`);

    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const values = new Map(
      text.split("\n").flatMap((each): [string, number][] => {
        const [, series = "", value] = /^([a-z0-9_]+(?:\{.*\})?) (\S+)$/.exec(each) ?? [];
        return value === undefined ? [] : [[series, Number(value)]];
      }),
    );
    const tasks = 'bridge_tasks_total{source="corp",target="",mode="apply",state="succeeded"}';
    expect(values.get(tasks)).toBe(2);
    expect(values.get('bridge_task_duration_seconds_count{source="corp",target="",state="succeeded"}')).toBe(2);
    const changed = (target: string, action: string) =>
      values.get(`bridge_changes_total{target="${target}",resource_type="User",action="${action}",status="applied"}`);
    expect([changed("", "create"), changed("target", "create")]).toEqual([40, 40]);
    // A manager who was not there yet is given to the target afterwards.
    expect([changed("", "update"), Number(changed("target", "update")) >= 1]).toEqual([1, true]);
    expect(values.get('bridge_target_request_duration_seconds_count{target="target",status="2xx"}')).toBeGreaterThan(
      40,
    );
    expect(values.get('bridge_links{target="target",state="synced"}')).toBeGreaterThanOrEqual(45);
    expect(values.get('bridge_source_last_good_sync_age_seconds{source="corp"}')).toBeLessThan(600);
    expect(values.get('bridge_events_total{event="task.finished"}')).toBe(2);
    expect(values.get('bridge_webhook_attempts_total{state="delivered"}')).toBe(2);
    expect(values.get("bridge_webhook_deliveries_pending")).toBe(0);
    const answered = (route: string, status: number) =>
      values.get(`bridge_scim_request_duration_seconds_count{method="GET",route="${route}",status="${status}"}`);
    expect(answered("/scim/v2/Users", 200)).toBe(1);
    expect(answered("/scim/v2/Users/:id", 200)).toBe(1);
    expect(answered("/scim/v2/Users/:id", 404)).toBe(1);
    expect([...values.keys()].filter((key) => /_count.*status="404"/.test(key))).toHaveLength(2);
    expect([...values.keys()].some((key) => /scim_request.*status="401"/.test(key))).toBe(true);
    for (const name of [
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_p99_seconds",
      "bridge_engine_heap_used_bytes",
    ]) {
      expect(values.get(name)).toBeGreaterThan(0);
    }
    expect(values.has('bridge_engine_event_loop_delay_seconds{quantile="0.99"}')).toBe(true);
    expect(text).toMatch(/^bridge_build_info\{version="[\d.]+",node="[\d.]+"\} 1$/m);
    expect(text).not.toContain(user?.id);
    for (const { userid, name } of line.wecom.control.visibleTruth().members) {
      expect(text).not.toContain(`"${userid}"`);
      expect(text).not.toContain(String(name));
    }
  });

  it("keeps its metrics for who has the token, once there is one", async () => {
    const { api, url } = line.bridge;
    const ask = async (authorization?: string) =>
      (await fetch(`${url}/metrics`, { headers: authorization === undefined ? {} : { authorization } })).status;
    const settings = await api.call("PATCH", "/settings", { metricsToken: "a-token-of-the-metrics" });
    expect(settings).toMatchObject({ metricsToken: "********" });
    expect(await ask()).toBe(401);
    expect(await ask("Bearer a-token-of-the-metrick")).toBe(401);
    expect(await ask(`Bearer ${line.home.adminToken}`)).toBe(401);
    expect(await ask("Bearer a-token-of-the-metrics")).toBe(200);
    await api.call("PATCH", "/settings", { metricsToken: null });
    expect(await ask()).toBe(200);
  });
});
