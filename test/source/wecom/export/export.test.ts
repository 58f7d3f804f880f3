import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Control } from "../../../../src/simulator/wecom/control.ts";
import type { Fault } from "../../../../src/simulator/wecom/faults.ts";
import type { Settings } from "../../../../src/simulator/wecom/settings.ts";
import { startWecomSimulator, type WecomSimulatorOptions } from "../../../../src/simulator/wecom/wecom.ts";
import type { SourceScope } from "../../../../src/source/source.ts";
import { chooseReading } from "../../../../src/source/wecom/export/choose-reading.ts";
import { makeWecomSource, type WecomSourceOptions } from "../../../../src/source/wecom/wecom-source.ts";
import { FakeClock } from "../fake-clock.ts";
import { expectNoSecrets, type Gathered, gather } from "../harness.ts";

const all = { mode: "all" } as const;

async function corp(options: WecomSimulatorOptions = {}, more: Partial<WecomSourceOptions> = {}) {
  const wecom = await startWecomSimulator({ shape: { members: 400, departments: 40, seed: "export" }, ...options });
  const directory = mkdtempSync(join(tmpdir(), "bridge-export-"));
  const ways: string[] = [];
  const meter = {
    called: () => {},
    retried: () => {},
    waits: () => () => {},
    waited: () => {},
    reads: (way: string, because: string) => ways.push(`${way}: ${because}`),
  };
  const open = (reading: "auto" | "departments" | "export") =>
    makeWecomSource({
      ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId, apiBaseUrl: wecom.url },
      ...{ clock: new FakeClock(), reading, exportDirectory: directory, meter, ...more },
    });
  const sources = { departments: open("departments"), export: open("export"), auto: open("auto") };
  onTestFinished(async () => {
    for (const source of Object.values(sources)) await source.close();
    await wecom.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { wecom, sources, directory, ways };
}

/** The app sees some departments, and people by themselves and by a tag. */
function narrow(control: Control): void {
  const { departments, members, tags } = control.truth();
  const below = departments.filter(({ parentid }) => parentid !== 0);
  control.setScope({
    departments: below.slice(0, 3).map(({ id }) => id),
    users: members.slice(-30).map(({ userid }) => userid),
    tags: tags
      .filter(({ users }) => users.length > 0)
      .map(({ tagid }) => tagid)
      .slice(0, 2),
  });
}

/** Everything that a read says but the way that it took, in an order of its own. */
function told({ users, departments, tags, problems, end: { isExported, ...end } }: Gathered) {
  const people = new Map(users.map((user) => [user.key, user]));
  return { users: [...people.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), departments, tags, problems, end };
}

describe("a read by export", () => {
  const cases: readonly [string, WecomSimulatorOptions, SourceScope][] = [
    ["everything in sight", {}, all],
    ["files of seven entries each", { settings: { exportBlock: 7, exportMs: 20 } }, all],
    ["an app made after June 2022", { settings: { privacy: "new" } }, all],
    ["departments that an administrator chose", {}, { mode: "partial", departments: [2, 3] }],
    ["a scope of departments, people and a tag", { settings: { ancestors: "named" } }, all],
  ];

  test.each(cases)("finds exactly what one by department finds: %s", async (name, options, scope) => {
    const { sources, directory, ways, wecom } = await corp(options);
    if (name.startsWith("a scope")) narrow(wecom.control);
    const expected = told(await gather(sources.departments, { scope }));
    const asked = wecom.control.requests()["user/list"] ?? 0;
    expect(told(await gather(sources.export, { scope }))).toEqual(expected);
    expect(ways.at(-1)).toBe("export: the source says so (wecom.reading)");
    expect((wecom.control.requests()["user/list"] ?? 0) - asked).toBeLessThan(asked);
    expect(expected.users.length).toBeGreaterThan(5);
    expect(readdirSync(directory)).toEqual([]);
  });

  const file = (answer: Fault["answer"], times?: number): Fault => ({
    endpoint: "export/file",
    answer,
    ...(times && { times }),
  });
  test.each([
    ["a file that breaks off", file({ kind: "truncated" }, 2)],
    ["a reset connection", file({ kind: "reset" }, 2)],
    ["a gateway's error", file({ kind: "status", status: 503 }, 2)],
    ["a busy WeCom", { endpoint: "export/get_result", times: 2, answer: { kind: "errcode", errcode: -1 } }],
    ["a limit for a minute", { endpoint: "export/user", times: 1, answer: { kind: "errcode", errcode: 45009 } }],
  ] satisfies [string, Fault][])("goes on after %s", async (_, fault) => {
    const { sources, ways, wecom } = await corp({ settings: { exportBlock: 90 } });
    const expected = told(await gather(sources.departments));
    wecom.control.addFault(fault);
    expect(told(await gather(sources.export))).toEqual(expected);
    expect(ways.at(-1)).toMatch(/^export:/);
  });

  const outcomes: readonly [string, Partial<Settings>, Fault | null, RegExp][] = [
    ["is refused", { exports: "refused" }, null, /may not call this API/],
    ["fails at WeCom", { exports: "failed" }, null, /WeCom says that the export failed/],
    ["never ends", { exportMs: 10 * 3_600_000 }, null, /within half an hour/],
    ["shows less", { exportFields: "few" }, null, /does not show what user\/list shows: .*direct_leader/],
    ["can't be fetched", {}, file({ kind: "reset" }), /could not be fetched/],
    ["is another file", {}, file({ kind: "html" }), /could not be fetched|not the one/],
    ["is gone", {}, file({ kind: "html", status: 403 }), /HTTP status 403/],
    ["has no jobid", {}, { endpoint: "export/user", answer: { kind: "malformed" } }, /makes no sense/],
  ];
  test.each(outcomes)(
    "goes department by department where the export %s, and says why",
    async (_, settings, fault, why) => {
      const { sources, ways, wecom, directory } = await corp({ settings });
      const expected = told(await gather(sources.departments));
      if (fault !== null) wecom.control.addFault(fault);
      expect(told(await gather(sources.export))).toEqual(expected);
      expect(ways.at(-1)).toMatch(/^departments: an export came to nothing/);
      expect(ways.at(-1)).toMatch(why);
      expectNoSecrets(ways);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test("fetches no file from an address that the bridge may not connect to", async () => {
    const { sources, ways, wecom } = await corp({}, { allowAddress: () => true });
    const expected = told(await gather(sources.departments));
    // WeCom itself by a name, the file by a number that is not allowed.
    const guarded = makeWecomSource({
      ...{ corpId: wecom.corpId, corpSecret: wecom.appSecret, agentId: wecom.agentId },
      ...{ apiBaseUrl: wecom.url.replace("127.0.0.1", "localhost"), clock: new FakeClock(), reading: "export" },
      meter: {
        ...{ called: () => {}, retried: () => {}, waits: () => () => {}, waited: () => {} },
        reads: (way, because) => ways.push(`${way}: ${because}`),
      },
    });
    onTestFinished(() => guarded.close());
    expect(told(await gather(guarded)).users).toEqual(expected.users);
    expect(ways.at(-1)).toMatch(/^export:/);
  });

  test("ends when it is aborted, also while it waits for the export, and leaves nothing behind", async () => {
    const { sources, directory, wecom } = await corp({ settings: { exportMs: 3_600_000 } });
    const stop = new AbortController();
    const reading = gather(sources.export, { signal: stop.signal });
    while ((wecom.control.requests()["export/get_result"] ?? 0) < 2)
      await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error("cancelled"));
    await expect(reading).rejects.toThrow("cancelled");
    expect(readdirSync(directory)).toEqual([]);
  });
});

test("without the AgentId nobody could tell whom an export leaves out: it is not ordered", async () => {
  const { sources, ways, wecom } = await corp({}, { agentId: undefined });
  expect((await gather(sources.export)).end.complete).toBe(true);
  expect(ways.at(-1)).toMatch(/^departments: .*AgentId/);
  expect(wecom.control.requests()["export/user"]).toBeUndefined();
});

describe("the choice between the two ways", () => {
  const now = Date.parse("2026-03-01T00:00:00Z");
  const givenUp = { until: now + 60_000, because: "it was refused." };
  test.each([
    ["auto", 2399, null, "departments"],
    ["auto", 2400, null, "export"],
    ["auto", 30_000, givenUp, "departments"],
    ["auto", 30_000, { ...givenUp, until: now }, "export"],
    ["departments", 30_000, null, "departments"],
    ["export", 3, givenUp, "export"],
  ] as const)("%s, %i departments, given up %o: %s", (setting, departments, before, way) => {
    const choice = chooseReading(setting, { departments, isScopeKnown: true, givenUp: before, now });
    expect(choice.way).toBe(way);
    expect(choice.because).not.toBe("");
  });
});
