import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeGaugeReader } from "../../src/metrics/read-gauges.ts";
import type { Quarantine } from "../../src/store/store.ts";
import { changesTried, quarantineAfter } from "../../src/sync/quarantine.ts";
import { type EngineFixture, type EngineFixtureOptions, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { idle, nextTry, quarantineOf, tried } from "./quarantine-support.ts";
import { leavable, userAt } from "./targets/support.ts";

const corp = { shape: { members: 24, departments: 3, seed: 3, quirks: false } } as const;

/** Pauses between tries at a request take no time; the waits of the quarantine are the engine's clock's. */
function start(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  return startEngineFixture({ corp, impatient: true, ...options });
}

/** Somebody is called otherwise. */
function change({ corp: simulated }: Pick<EngineFixture, "corp">, name: string): void {
  simulated.patchMember(simulated.truth().members[0]?.userid ?? "", { name });
}

function logged({ logLines }: EngineFixture, event: string): number {
  return logLines.filter((line) => line.includes(`"event":"${event}"`)).length;
}

describe("a target that is down", () => {
  test("is left alone, tried after longer and longer by itself, and gets everything once it answers", async () => {
    const fixture = await start();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await quarantineOf(fixture)).toBeNull();
    fixture.control.setDown(true);
    change(fixture, "甲");
    const began = fixture.now();
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "target.unavailable" } });
    const first = await quarantineOf(fixture);
    expect(first).toMatchObject({ code: "target.unavailable", tries: 0, detail: expect.stringMatching(/not answer/) });
    expect((first?.nextTryAt ?? 0) - began).toBeGreaterThanOrEqual(27_000);
    expect((first?.nextTryAt ?? 0) - fixture.now()).toBeLessThanOrEqual(30_000);

    // A restart changes nothing, and what comes by itself sends nothing.
    await fixture.stop();
    fixture.start();
    fixture.control.setDown(false);
    fixture.control.resetJournal();
    change(fixture, "乙");
    const waiting = await fixture.sync({ trigger: "schedule" });
    expect(waiting).toMatchObject({ state: "partial", error: { code: "target.quarantined" } });
    expect(waiting.targets).toMatchObject([{ state: "failed", error: { code: "target.quarantined" } }]);
    const why = waiting.targets[0]?.error?.detail ?? "";
    for (const time of [first?.since ?? 0, first?.nextTryAt ?? 0]) expect(why).toContain(new Date(time).toISOString());
    expect(why).toContain("target.unavailable");
    expect(fixture.control.requests().total).toBe(0);
    expect((await fixture.store.countLinks(fixture.row.id)).pending).toBe(1);
    expect(await quarantineOf(fixture)).toEqual(first);

    // A try that fails is one request, and makes the next one later.
    fixture.control.fault({ effect: { kind: "status", status: 500 } });
    expect(await nextTry(fixture)).toMatchObject({ trigger: "schedule", sourceId: null, state: "partial" });
    expect(fixture.control.requests().total).toBe(1);
    const second = await quarantineOf(fixture);
    expect(second).toMatchObject({ since: first?.since, tries: 1, detail: expect.stringContaining("HTTP 500") });
    expect((second?.nextTryAt ?? 0) - fixture.now()).toBeGreaterThan(50_000);
    await nextTry(fixture);
    expect((await quarantineOf(fixture))?.nextTryAt).toBeGreaterThan(fixture.now() + 100_000);
    expect(fixture.control.requests().total).toBe(2);
    expect(await fixture.store.openAlerts()).toEqual(
      new Map([[`target.quarantined:${fixture.row.id}`, expect.any(Number)]]),
    );

    const gauge = async () =>
      (await makeGaugeReader(fixture.store, fixture.now)()).filter(({ name }) => name === "bridge_target_quarantined");
    expect(await gauge()).toMatchObject([{ labels: { target: fixture.row.name }, value: 1 }]);

    fixture.control.clearFault();
    expect(await nextTry(fixture)).toMatchObject({ state: "succeeded" });
    expect(await gauge()).toMatchObject([{ value: 0 }]);
    expect(fixture.control.requests().log[2]).toMatchObject({ method: "GET", path: "/Users" });
    expect(await quarantineOf(fixture)).toBeNull();
    await fixture.verify();
    expect(await fixture.store.openAlerts()).toEqual(new Map());
    expect([logged(fixture, "target.quarantined"), logged(fixture, "target.recovered")]).toEqual([1, 1]);
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ state: "succeeded" });
  });

  test("is free only once it takes a change: one that lets itself be read is not back", async () => {
    const fixture = await start();
    await fixture.sync();
    change(fixture, "甲");
    fixture.control.fault({ match: { method: "PATCH" }, effect: { kind: "throttle", seconds: 600 } });
    expect(await fixture.sync()).toMatchObject({ error: { code: "target.throttled" } });
    const asked = await quarantineOf(fixture);
    expect(asked).toMatchObject({ code: "target.throttled", tries: 0 });
    // As long as it asked, and not half a minute.
    expect((asked?.nextTryAt ?? 0) - fixture.now()).toBeGreaterThan(590_000);
    await nextTry(fixture);
    expect(await quarantineOf(fixture)).toMatchObject({ since: asked?.since, tries: 1 });
    expect(logged(fixture, "target.recovered")).toBe(0);
    fixture.control.clearFault();
    await nextTry(fixture);
    expect(await quarantineOf(fixture)).toBeNull();
    await fixture.verify();
  });

  test("is told to be back once a push went well, and not each time that it takes a few changes and is gone again", async () => {
    const fixture = await start();
    await fixture.sync();
    fixture.control.setDown(true);
    for (const { userid } of fixture.corp.truth().members) fixture.corp.patchMember(userid, { position: "新" });
    await fixture.sync({ trigger: "schedule" });
    fixture.control.setDown(false);
    fixture.control.fault({ match: { method: "PATCH" }, skip: 3, effect: { kind: "throttle", seconds: 600 } });
    await nextTry(fixture);
    expect((await fixture.store.countLinks(fixture.row.id)).pending).toBeLessThan(24);
    expect(await quarantineOf(fixture)).toMatchObject({ code: "target.throttled", tries: 0 });
    expect([logged(fixture, "target.quarantined"), logged(fixture, "target.recovered")]).toEqual([1, 0]);
    fixture.control.clearFault();
    await nextTry(fixture);
    await fixture.verify();
    expect([logged(fixture, "target.quarantined"), logged(fixture, "target.recovered")]).toEqual([1, 1]);
  });

  test("is out of order no more once it is disabled, and tried at once when it is enabled again", async () => {
    const fixture = await start();
    await fixture.sync();
    fixture.control.setDown(true);
    change(fixture, "甲");
    await fixture.sync({ trigger: "schedule" });
    const gauges = async () =>
      (await makeGaugeReader(fixture.store, fixture.now)()).flatMap(({ name, value }) =>
        ["bridge_target_quarantined", "bridge_alerts_open"].includes(name) ? [value] : [],
      );
    expect(await gauges()).toEqual([1, 1]);
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    expect(await gauges()).toEqual([0]);
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    fixture.engine().nudge();
    await expect.poll(gauges, { timeout: 20_000, interval: 10 }).toEqual([1, 1]);
    await idle(fixture);
    await fixture.store.deleteTarget(fixture.row.id);
    expect(await gauges()).toEqual([]);
  });

  test("is tried at once by whoever asks, which makes nobody wait longer; one that answers a look is tried next", async () => {
    const fixture = await start();
    const healthy = await fixture.addTarget();
    await fixture.sync();
    fixture.control.setDown(true);
    change(fixture, "甲");
    await fixture.sync({ trigger: "schedule" });
    await fixture.verify(healthy);
    const first = await quarantineOf(fixture);
    expect(await fixture.push()).toMatchObject({ error: { code: "target.unavailable" } });
    expect(await fixture.readBack()).toMatchObject({ state: "failed", error: { code: "target.unavailable" } });
    expect(await quarantineOf(fixture)).toMatchObject({ tries: 0, nextTryAt: first?.nextTryAt });
    expect(await quarantineOf(fixture, healthy.row)).toBeNull();
    fixture.control.setDown(false);
    expect(await fixture.readBack()).toMatchObject({ state: "succeeded" });
    await tried(fixture, first?.nextTryAt ?? 0);
    await expect.poll(() => quarantineOf(fixture), { timeout: 20_000, interval: 10 }).toBeNull();
    await idle(fixture);
    await fixture.verify();
  });

  test("is tried at once by a push that somebody asks for, and gets what else waited after one about one person", async () => {
    const fixture = await start();
    await fixture.sync();
    const { members } = fixture.corp.truth();
    const quarantine = async (name: string): Promise<number> => {
      fixture.control.setDown(true);
      for (const { userid } of members.slice(0, 3)) fixture.corp.patchMember(userid, { name });
      await fixture.sync({ trigger: "schedule" });
      fixture.control.setDown(false);
      fixture.control.resetJournal();
      return (await quarantineOf(fixture))?.nextTryAt ?? 0;
    };
    await quarantine("甲");
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(await quarantineOf(fixture)).toBeNull();
    await fixture.verify();

    await quarantine("乙");
    const { items } = await fixture.store.listLinks(fixture.row.id, { state: "pending", limit: 1 });
    const one = { sourceId: null, targetId: fixture.row.id, resourceId: items[0]?.resourceId ?? "" };
    const { task } = await fixture.store.queueTask({ ...one, trigger: "manual", mode: "apply" });
    fixture.engine().nudge();
    expect(await fixture.ended(task)).toMatchObject({
      ...{ state: "succeeded", targets: [{ counts: { users: { updated: 1 } } }] },
    });
    expect(await quarantineOf(fixture)).toBeNull();
    await idle(fixture);
    await fixture.verify();

    const dueAt = await quarantine("丙");
    expect(await fixture.sync({ mode: "plan" })).toMatchObject({ state: "succeeded" });
    await tried(fixture, dueAt);
    await expect.poll(() => quarantineOf(fixture), { timeout: 20_000, interval: 10 }).toBeNull();
    await idle(fixture);
    await fixture.verify();
  });

  test("waits for all its sources, and gets what all of them brought", async () => {
    const fixture = await start();
    const other = await fixture.addSource("other", { shape: { ...corp.shape, seed: 5 } }, { namespace: "other" });
    await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
    fixture.control.setDown(true);
    await fixture.sync({ trigger: "schedule" });
    fixture.control.setDown(false);
    fixture.control.resetJournal();
    const waiting = await fixture.sync({ trigger: "schedule", source: other.row });
    expect(waiting).toMatchObject({ state: "partial", error: { code: "target.quarantined" } });
    expect(fixture.control.requests().total).toBe(0);
    expect(await nextTry(fixture)).toMatchObject({ state: "succeeded" });
    expect(fixture.control.counts().users).toBe(48);
    expect(fixture.control.violations()).toEqual([]);
  });

  test("gets what waited of another source, also when the sync that set it free was cut off", async () => {
    const fixture = await start();
    const other = await fixture.addSource("other", { shape: { ...corp.shape, seed: 5 } }, { namespace: "other" });
    await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
    await fixture.sync();
    await fixture.sync({ source: other.row });
    fixture.control.setDown(true);
    other.wecom.control.deleteMember(other.wecom.control.truth().members.at(-1)?.userid ?? "");
    for (const { userid } of fixture.corp.truth().members) fixture.corp.patchMember(userid, { position: "新" });
    await fixture.sync({ trigger: "schedule" });
    await fixture.sync({ trigger: "schedule", source: other.row });
    fixture.control.setDown(false);
    const stuck = fixture.control.fault({
      match: { method: "PATCH", type: "User" },
      skip: 3,
      effect: { kind: "hang" },
    });
    const sync = { sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" } as const;
    await fixture.store.queueTask(sync);
    fixture.engine().nudge();
    await expect.poll(() => quarantineOf(fixture), { timeout: 20_000, interval: 10 }).toBeNull();
    await fixture.stop();
    fixture.control.clearFault(stuck);
    fixture.start();
    await idle(fixture);
    expect(await fixture.store.countLinks(fixture.row.id)).toMatchObject({ pending: 0, failed: 0 });
  });
});

describe("a target that refuses the credentials", () => {
  test.each(["sqlite", "postgres"] as const)(
    "is tried rarely, and at once when they are edited (%s)",
    async (dialect) => {
      const fixture = await start(await onDatabase(dialect));
      await fixture.store.updateTarget(fixture.row.id, { secrets: { "/auth/token": "wrong-token" } });
      expect(await fixture.sync()).toMatchObject({ error: { code: "target.unauthorized" } });
      const first = await quarantineOf(fixture);
      expect(first).toMatchObject({
        code: "target.unauthorized",
        detail: expect.stringMatching(/credentials \(HTTP 401\): check/),
      });
      expect(JSON.stringify(first)).not.toContain("wrong-token");
      expect((first?.nextTryAt ?? 0) - fixture.now()).toBeGreaterThan(260_000);
      // Another name is no reason to hope.
      await fixture.store.updateTarget(fixture.row.id, { name: "renamed" });
      expect(await quarantineOf(fixture)).toEqual(first);
      await fixture.store.updateTarget(fixture.row.id, { secrets: { "/auth/token": fixture.simulator.token } });
      await tried(fixture, first?.nextTryAt ?? 0);
      await expect.poll(() => quarantineOf(fixture), { timeout: 20_000, interval: 10 }).toBeNull();
      await idle(fixture);
      await fixture.verify();
    },
  );
});

describe("a target that refuses everything", () => {
  test("is given up after twenty changes, tried with one, and gets the others once it takes that", async () => {
    const fixture = await start({ corp: { shape: { ...corp.shape, members: 40 } } });
    fixture.control.fault({ match: { method: "POST" }, effect: { kind: "status", status: 400 } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial", error: { code: "target.refused" } });
    const posts = () => fixture.control.requests().counts["POST User"] ?? 0;
    const sent = posts();
    expect(sent).toBeGreaterThanOrEqual(20);
    // What was on its way already.
    expect(sent).toBeLessThan(20 + 8);
    const failed = { status: "failed", target: fixture.row.id, resourceType: "User" } as const;
    expect((await fixture.records(task, failed)).length).toBe(sent);
    expect(await quarantineOf(fixture)).toMatchObject({ code: "target.refused", tries: 0 });
    await nextTry(fixture);
    expect(posts()).toBe(sent + 1);
    expect(await quarantineOf(fixture)).toMatchObject({ code: "target.refused", tries: 1 });
    fixture.control.clearFault();
    expect(await nextTry(fixture)).toMatchObject({ state: "succeeded" });
    expect(await quarantineOf(fixture)).toBeNull();
    await fixture.verify();
  });

  test("is not free while nothing is sent to it, for what is left waits for approval", async () => {
    const fixture = await start({ source: { safeguards: noSafeguards } });
    await fixture.sync();
    const leavers = leavable(fixture).slice(0, 12);
    const joiners = Array.from({ length: 20 }, (_, index) => `joiner-${index}`);
    for (const userid of joiners) fixture.corp.createMember({ userid, name: "新人", department: [1] });
    fixture.control.fault({ match: { method: "POST" }, effect: { kind: "status", status: 403 } });
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ error: { code: "target.refused" } });
    for (const userid of [...leavers, ...joiners]) fixture.corp.deleteMember(userid);
    await fixture.sync({ trigger: "schedule" });
    fixture.control.resetJournal();
    const task = await nextTry(fixture);
    expect(task).toMatchObject({ state: "held", hold: { removals: { users: 12 } } });
    expect(Object.keys(fixture.control.requests().counts).filter((kind) => !kind.startsWith("GET"))).toEqual([]);
    const left = await quarantineOf(fixture);
    expect(left).toMatchObject({ code: "target.refused", tries: 1 });
    expect(left?.nextTryAt).toBeGreaterThan(fixture.now());
    expect(logged(fixture, "target.recovered")).toBe(0);
    if (task !== undefined) await fixture.approve(task);
    expect(await quarantineOf(fixture)).toBeNull();
  });

  test("is not meant while it takes some", async () => {
    const fixture = await start();
    fixture.control.fault({
      match: { method: "POST", type: "User" },
      skip: 1,
      effect: { kind: "status", status: 400 },
    });
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "target.pending" } });
    expect(await quarantineOf(fixture)).toBeNull();
    expect(fixture.control.requests().counts["POST User"]).toBe(24);
  });
});

describe("the waits", () => {
  const outage = (code: string, retryAfterMs: number | null = null) => ({ code, detail: "down", retryAfterMs });
  const waits = (code: string): readonly number[] => {
    let quarantine: Quarantine | null = null;
    return Array.from({ length: 9 }, () => {
      const now: number = quarantine?.nextTryAt ?? 0;
      quarantine = quarantineAfter(quarantine, outage(code), { now, random: 1 });
      return (quarantine.nextTryAt - now) / 1000;
    });
  };

  test("double up to an hour, from half a minute on, or five where a person must act", () => {
    expect(waits("target.unavailable")).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    expect(waits("target.refused")).toEqual([30, 60, 120, 240, 480, 900, 900, 900, 900]);
    expect(waits("target.unauthorized")).toEqual([300, 600, 1200, 2400, 3600, 3600, 3600, 3600, 3600]);
    expect(quarantineAfter(null, outage("target.unavailable"), { now: 0, random: 0 }).nextTryAt).toBe(27_000);
    // A day that a target asks for is not waited for.
    const asked = quarantineAfter(null, outage("target.throttled", 86_400_000), { now: 0, random: 1 });
    expect(asked.nextTryAt).toBe(3_600_000);
  });

  test("go on when a try comes to nothing for another reason, and keep what was said", () => {
    const before = { since: 1, code: "target.unavailable", detail: "down", tries: 2, nextTryAt: 10 };
    expect(quarantineAfter(before, null, { now: 10, random: 1 })).toEqual({ ...before, tries: 3, nextTryAt: 240_010 });
    expect(quarantineAfter(before, null, { now: 9, random: 1 })).toEqual(before);
  });

  test("of one that refuses everything bring more changes to try it with, so that bad ones stand in nobody's way", () => {
    const tried = (tries: number) =>
      changesTried({ since: 0, code: "target.refused", detail: "", tries, nextTryAt: 0 }, false);
    expect([0, 1, 2, 5, 8, 30].map(tried)).toEqual([1, 2, 4, 32, 32, 32]);
  });
});

describe("a target that bears few requests at once", () => {
  test("gets as many as it bears, and everything", async () => {
    const fixture = await startEngineFixture({ corp });
    const narrow = await startNarrowServer(fixture.simulator.url, 3);
    await fixture.patchTarget({ baseUrl: narrow.url, limits: { concurrency: 16 } });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
    expect(narrow.refused()).toBeGreaterThan(0);
    // A few tries more than it bears, and not sixteen at once all the time.
    expect(narrow.refused()).toBeLessThan(fixture.control.requests().total / 2);
    narrow.bears(16);
    for (const { userid } of fixture.corp.truth().members) fixture.corp.patchMember(userid, { position: "新" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
    expect(narrow.most()).toBeGreaterThan(6);
  });
});

/** A server before another one that answers 429 when more than so many requests are on their way. */
async function startNarrowServer(baseUrl: string, limit: number) {
  const behind = new URL(baseUrl);
  let [bears, now, most, refused] = [limit, 0, 0, 0];
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { method = "", url = "" } = request;
    const headers = { authorization: String(request.headers.authorization), "content-type": "application/scim+json" };
    const answer = await fetch(`${behind.origin}${url}`, { method, headers, ...(body !== "" && { body }) });
    const text = await answer.text();
    // So long that others are on their way too.
    await new Promise((resolve) => setTimeout(resolve, 10));
    response.writeHead(answer.status, { "content-type": "application/scim+json" }).end(text);
  };
  const server = createServer((request, response) => {
    now += 1;
    most = Math.max(most, now);
    response.on("close", () => {
      now -= 1;
    });
    if (now <= bears) return void pass(request, response);
    refused += 1;
    request.resume();
    response.writeHead(429, { "retry-after": "0" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${behind.pathname}`,
    refused: () => refused,
    /** Most that were on their way at once since the limit was set. */
    most: () => most,
    bears(more: number) {
      [bears, most] = [more, 0];
    },
  };
}

test("who has left is switched off with the first try, though each push ends at those who join", async () => {
  const fixture = await start({ source: { safeguards: noSafeguards } });
  const [leaver = ""] = leavable(fixture);
  await fixture.sync();
  // Credentials that may read and change, and not make.
  fixture.control.fault({ match: { type: "User", method: "POST" }, effect: { kind: "status", status: 401 } });
  for (let index = 0; index < 12; index += 1) {
    fixture.corp.createMember({ userid: `joiner-${index}`, name: "新人", department: [1] });
  }
  fixture.corp.deleteMember(leaver);
  expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ error: { code: "target.unauthorized" } });
  expect(userAt(fixture, leaver)?.resource["active"]).toBe(true);
  await nextTry(fixture);
  expect(userAt(fixture, leaver)?.resource["active"]).toBe(false);
  expect(await quarantineOf(fixture)).toMatchObject({ code: "target.unauthorized" });
});
