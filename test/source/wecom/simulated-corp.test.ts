import { afterEach, describe, expect, test } from "vitest";
import {
  startWecomSimulator,
  type WecomSimulator,
  type WecomSimulatorOptions,
} from "../../../src/simulator/wecom/wecom.ts";
import type { Source } from "../../../src/source/source.ts";
import { makeWecomSource, type WecomSourceOptions } from "../../../src/source/wecom/wecom-source.ts";
import { FakeClock } from "./fake-clock.ts";
import { errorOf, type Gathered, gather } from "./harness.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Corp {
  readonly simulator: WecomSimulator;
  readonly source: Source;
}

async function corp(options: WecomSimulatorOptions = {}, more: Partial<WecomSourceOptions> = {}): Promise<Corp> {
  const simulator = await startWecomSimulator({ shape: { members: 400, departments: 40, seed: 7 }, ...options });
  const { corpId, appSecret: corpSecret, agentId, contactsSecret, url: apiBaseUrl } = simulator;
  const clock = new FakeClock();
  const source = makeWecomSource({ corpId, corpSecret, agentId, contactsSecret, apiBaseUrl, clock, ...more });
  open.push(simulator, source);
  return { simulator, source };
}

/** Each record of the read, whole, against what the simulator says is visible to the app. */
function expectTruth(read: Gathered, { simulator }: Corp): void {
  const truth = simulator.control.visibleTruth("app");
  const byKey = <T>(pairs: readonly (readonly [string, T])[]) => Object.fromEntries([...pairs].sort());
  const departments = read.events.flatMap((event) => (event.type === "departments" ? event.records : []));
  expect(byKey(departments.map(({ key, raw }) => [key, raw]))).toEqual(
    byKey(truth.departments.map((department) => [String(department.id), department])),
  );
  expect(byKey(read.users.map(({ key, raw }) => [key, raw]))).toEqual(
    byKey(truth.members.map((member) => [member.userid.toLowerCase(), member])),
  );
  for (const user of read.users) expect(user.departments).toEqual((user.raw["department"] as number[]).map(String));
  expect(byKey(read.tags.map(({ key, users, departments: ids }) => [key, { users: [...users].sort(), ids }]))).toEqual(
    byKey(
      truth.tags.map((tag) => [
        String(tag.tagid),
        { users: tag.users.map((userid) => userid.toLowerCase()).sort(), ids: tag.departments.map(String) },
      ]),
    ),
  );
}

describe("a simulated corp is read exactly", () => {
  test("with everything in scope", async () => {
    const one = await corp();
    const read = await gather(one.source);
    expect(read.problems).toEqual([]);
    expect(read.end.complete).toBe(true);
    expect(read.end.visibility).toEqual({ roots: ["1"], granted: { departments: ["1"], users: [], tags: [] } });
    expect(read.end.unseenFields).toEqual([]);
    expectTruth(read, one);
  });

  test("with a scope of departments, single members and tags, however WeCom shows the departments above", async () => {
    for (const ancestors of ["omitted", "nameless", "named"] as const) {
      const one = await corp({ settings: { ancestors } });
      const { control } = one.simulator;
      const truth = control.truth();
      const [first, second] = truth.departments.filter(({ parentid }) => parentid !== 0 && parentid !== 1);
      const outside = truth.members.filter(({ department }) => !department.includes(first?.id ?? 0)).slice(0, 12);
      const tag = truth.tags[0];
      if (!first || !second || !tag) throw new Error("the corp is too small");
      control.setScope({ departments: [first.id], users: outside.map(({ userid }) => userid), tags: [tag.tagid] });
      const read = await gather(one.source);
      expect(read.problems).toEqual([]);
      expect(read.end.complete).toBe(true);
      expectTruth(read, one);
    }
  });

  test("of an app made after June 2022, whether it withholds fields or empties them", async () => {
    for (const withheld of ["missing", "empty"] as const) {
      const one = await corp({ settings: { privacy: "new", withheld } });
      const read = await gather(one.source);
      expect(read.end.unseenFields).toHaveLength(8);
      expectTruth(read, one);
    }
  });

  test("while tokens expire and are revoked", async () => {
    const one = await corp();
    let events = 0;
    const request = { scope: { mode: "all" } as const, users: true, signal: new AbortController().signal };
    for await (const event of one.source.read(request)) {
      events += 1;
      if (events === 12) one.simulator.control.expireTokens();
      if (events === 40) one.simulator.control.revokeTokens();
      expect(event.type).not.toBe("problem");
      if (event.type === "end") expect(event.complete).toBe(true);
    }
    expect(events).toBeGreaterThan(60);
  });

  test("after passing faults of every kind", async () => {
    const one = await corp();
    const kinds = [
      { kind: "errcode", errcode: -1 },
      { kind: "errcode", errcode: 6000 },
      { kind: "errcode", errcode: 45033 },
      { kind: "html" },
      { kind: "status", status: 502 },
      { kind: "malformed" },
      { kind: "truncated" },
      { kind: "reset" },
    ] as const;
    for (const [index, answer] of kinds.entries()) {
      for (const endpoint of ["gettoken", "department/list", "user/list", "tag/list", "tag/get"]) {
        one.simulator.control.clearFaults();
        one.simulator.control.addFault({ endpoint, after: endpoint === "user/list" ? index : 0, times: 2, answer });
        one.simulator.control.revokeTokens();
        const read = await gather(one.source);
        expect(read.problems).toEqual([]);
        expect(read.end.complete).toBe(true);
      }
    }
    expectTruth(await gather(one.source), one);
  });
});

describe("a simulated corp that cannot be read", () => {
  test("in one department is not whole", async () => {
    const one = await corp();
    one.simulator.control.addFault({ endpoint: "user/list", department: 3, answer: { kind: "html" } });
    const read = await gather(one.source);
    expect(read.problems).toMatchObject([{ code: "wecom.department-unreadable", errcode: null }]);
    expect(read.problems[0]?.detail).toContain("department 3");
    expect(read.end.complete).toBe(false);
  });

  test("since the app was disabled says so", async () => {
    const one = await corp({ settings: { appEnabled: false } });
    const error = await errorOf(gather(one.source));
    expect(["wecom.secret-invalid", "wecom.app-disabled"]).toContain((error as { code?: string }).code);
  });

  test("from this address says which address WeCom saw", async () => {
    const one = await corp({ trustedIps: { app: ["203.0.113.9"] } });
    const error = await errorOf(gather(one.source));
    expect(error).toMatchObject({ code: "wecom.ip-untrusted", errcode: 60020 });
    expect(error.message).toContain("127.0.0.1");
  });

  test("with the contacts secret from a new address says which secret to use", async () => {
    const { simulator } = await corp();
    const { corpId, contactsSecret: corpSecret, url: apiBaseUrl } = simulator;
    const source = makeWecomSource({ corpId, corpSecret, apiBaseUrl });
    open.push(source);
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.contacts-secret-restricted" });
  });

  test("since only single members are in scope, and the AgentId is not known, names the scope", async () => {
    for (const emptyTree of ["empty", "refused"] as const) {
      const one = await corp({ settings: { emptyTree } }, { agentId: undefined });
      const userid = one.simulator.control.truth().members[0]?.userid ?? "";
      one.simulator.control.setScope({ departments: [], users: [userid], tags: [] });
      expect(await errorOf(gather(one.source))).toMatchObject({ code: "wecom.scope-empty" });
    }
  });
});

test("a connection test against a simulated corp passes, and tells which secret is of what use", async () => {
  const one = await corp({ settings: { privacy: "new" } });
  const signal = new AbortController().signal;
  const result = await one.source.test(signal);
  expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
  const detail = (name: string): string => result.checks.find((check) => check.name === name)?.detail ?? "";
  expect(detail("contacts")).toBe(
    "The contacts secret lists 400 userids in 40 departments. All of them are in departments that the app sees.",
  );
  expect(detail("fields")).toContain("arrive: none.");
});

describe("an app that is granted people and tags alone", () => {
  const settings = ["empty", "refused"] as const;
  async function grant(emptyTree: (typeof settings)[number], byTag: boolean) {
    const one = await corp({ settings: { emptyTree } });
    const { control } = one.simulator;
    const people = control
      .truth()
      .members.slice(3, 8)
      .map(({ userid }) => userid);
    const tag = control.createTag({ tagname: "只有人" });
    control.changeTagMembers(tag, { addUsers: people });
    control.setScope(
      byTag ? { departments: [], users: [], tags: [tag] } : { departments: [], users: people, tags: [] },
    );
    return { one, keys: people.map((userid) => userid.toLowerCase()).sort() };
  }

  for (const byTag of [false, true]) {
    test.each(settings)(`is read although its tree is %s (by a tag: ${byTag})`, async (emptyTree) => {
      const { one, keys } = await grant(emptyTree, byTag);
      const read = await gather(one.source);
      expect(read.problems).toEqual([]);
      expect(read.end.complete).toBe(true);
      expect(read.departments).toEqual([]);
      expect(read.userKeys).toEqual(keys);
      expectTruth(read, one);
      const result = await one.source.test(new AbortController().signal);
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(result.checks.find(({ name }) => name === "departments")?.detail).toContain("people and tags alone");
    });
  }

  test("is not read without the departments that the source asks for", async () => {
    const { one } = await grant("empty", false);
    const read = gather(one.source, { scope: { mode: "partial", departments: [2] } });
    expect(await errorOf(read)).toMatchObject({ code: "wecom.scope-empty" });
  });
});

describe("a connection test tells secrets in the wrong place", () => {
  async function checks(
    secretsOf: (simulator: WecomSimulator) => Partial<WecomSourceOptions>,
    contactsIp: "new" | "old",
  ) {
    const { simulator } = await corp({ settings: { contactsIp } });
    const { corpId, appSecret, agentId, url: apiBaseUrl } = simulator;
    const options = { corpId, corpSecret: appSecret, agentId, apiBaseUrl, clock: new FakeClock() };
    const source = makeWecomSource({ ...options, ...secretsOf(simulator) });
    open.push(source);
    const result = await source.test(new AbortController().signal);
    const byName = new Map(result.checks.map(({ name, detail }) => [name, detail]));
    return {
      failed: result.checks.filter(({ ok }) => !ok).map(({ name }) => name),
      detail: (name: string): string => byName.get(name) ?? "",
    };
  }

  test("the app's secret entered twice", async () => {
    const { failed, detail } = await checks(({ appSecret }) => ({ contactsSecret: appSecret }), "new");
    expect(failed).toEqual(["contacts"]);
    expect(detail("contacts")).toContain("the Secret of an app stands in its place");
  });

  test.each(["new", "old"] as const)("both exchanged, at an address that is %s", async (contactsIp) => {
    const exchanged = ({ appSecret, contactsSecret }: WecomSimulator) => ({
      corpSecret: contactsSecret,
      contactsSecret: appSecret,
    });
    const { failed, detail } = await checks(exchanged, contactsIp);
    expect(failed).toEqual(expect.arrayContaining(["credentials", "contacts"]));
    expect(detail("credentials")).toContain("is the contacts secret");
    expect(detail("contacts")).toContain("Exchange them");
  });

  test("the contacts secret alone: what it cannot give from a new address, and what it still gives from an old one", async () => {
    const alone = ({ contactsSecret }: WecomSimulator) => ({ corpSecret: contactsSecret, agentId: undefined });
    const now = await checks(alone, "new");
    expect(now.failed).toContain("credentials");
    expect(now.detail("credentials")).toContain("no names of people or departments");
    expect((await checks(alone, "old")).failed).toEqual([]);
  });
});

test("the departments of a simulated corp are given as a tree", async () => {
  const one = await corp();
  const nodes = await one.source.departments(new AbortController().signal);
  expect(nodes).toHaveLength(one.simulator.control.truth().departments.length);
  expect(nodes.find(({ id }) => id === 1)?.parentId).toBeNull();
});
