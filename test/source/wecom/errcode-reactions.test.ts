import { Agent, type Dispatcher } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { startWecomSimulator, type WecomSimulator } from "../../../src/simulator/wecom/wecom.ts";
import type { Source, SourceError } from "../../../src/source/source.ts";
import { makeWecomSource } from "../../../src/source/wecom/wecom-source.ts";
import { FakeClock } from "./fake-clock.ts";
import { expectNoSecrets, type Gathered, gather } from "./harness.ts";

// Each error code that concerns a directory (WeCom doc path/90313), by what it asks for, in each kind of call that a
// read makes. The corp is so small that a read makes each call once.

const classes = {
  /** Another token, one more try; a second refusal is final. */
  renew: [40014, 42001, 40082, 42009],
  /** The same again, three times, with pauses. */
  retry: [-1, 6000, 40085],
  /** The window of the limit is waited out, once. */
  wait: [45009],
  /** Fewer calls at once, and short pauses. */
  slowDown: [45033],
  /** This object is left out, and that is recorded. */
  object: [
    40003, 40029, 40031, 40066, 40068, 40070, 40071, 40072, 40078, 40088, 42007, 42022, 45024, 45026, 45029, 50002,
    60003, 60008, 60009, 60010, 60011, 60021, 60102, 60103, 60104, 60105, 60106, 60110, 60111, 60112, 60121, 60123,
    60124, 60125, 60129, 81001, 81011, 81013, 84014, 84015, 301005, 301036,
  ],
  /** The source stops, until a person has done something. */
  connection: [
    40001, 40013, 40056, 40083, 40084, 40091, 48001, 48002, 48003, 48004, 48006, 48008, 48009, 50001, 50003, 60020,
    60031, 301002, 301007, 301042, 2000002,
  ],
  /** The same, but the bridge is to blame, or nobody knows who. */
  bug: [40058, 40063, 41001, 41002, 41004, 41009, 41017, 41021, 41022, 41023, 41024, 41025, 48005, 987654],
} as const;
type Class = keyof typeof classes;

const cases = (...wanted: readonly Class[]) => wanted.flatMap((name) => classes[name].map((code) => code as number));

/** `whole`: without its answer there is no read. `part`: the read goes on, and is then not complete. */
const calls = [
  { endpoint: "gettoken", kind: "whole" },
  { endpoint: "agent/get", kind: "part" },
  { endpoint: "department/list", kind: "whole" },
  { endpoint: "tag/list", kind: "part" },
  { endpoint: "tag/get", kind: "part" },
  { endpoint: "user/list", kind: "part" },
  { endpoint: "user/get", kind: "part" },
] as const;

/** An app that may not have tags can read people all the same. */
const notForTags = [48001, 48002, 48008, 48009];
/** What user/get says of who is not there: no problem of the read, and looked at again before anybody leaves. */
const notThere = [40003, 60111, 60121];

const corpSecret = "s3cr3t-of-the-app";
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Corp {
  readonly simulator: WecomSimulator;
  readonly source: Source;
  readonly clock: FakeClock;
  /** How often each call was made. */
  readonly made: Map<string, number>;
}

async function tinyCorp(): Promise<Corp> {
  const simulator = await startWecomSimulator({
    shape: { members: 3, departments: 2, tags: 1, seed: 1 },
    appSecret: corpSecret,
  });
  const { control, corpId, agentId, contactsSecret, url: apiBaseUrl } = simulator;
  for (const { tagid } of control.truth().tags) control.deleteTag(tagid);
  const id = control.createDepartment({ id: 9001, name: "研发", parentid: 1 });
  control.createMember({ userid: "in.one", name: "甲", department: [id], status: 1 });
  control.createMember({ userid: "out.one", name: "乙", department: [1], status: 1 });
  const tag = control.createTag({ tagid: 9002, tagname: "骨干" });
  control.changeTagMembers(tag, { addUsers: ["in.one"] });
  control.setScope({ departments: [id], users: ["out.one"], tags: [tag] });
  const made = new Map<string, number>();
  const clock = new FakeClock();
  const makeDispatcher = (): Dispatcher =>
    new Agent().compose((dispatch) => (options, handler) => {
      const path = String(options.path).replace(/^.*\/cgi-bin\/|\?.*$/g, "");
      made.set(path, (made.get(path) ?? 0) + 1);
      return dispatch(options, handler);
    });
  const source = makeWecomSource({
    ...{ corpId, corpSecret, agentId, contactsSecret, apiBaseUrl, clock, makeDispatcher },
  });
  open.push(simulator, source);
  return { simulator, source, clock, made };
}

interface Outcome {
  readonly corp: Corp;
  readonly read: Gathered | null;
  readonly error: SourceError | null;
}

/** A read while a call is refused, always or `times`; nothing that it tells may hold a secret. */
async function readWith(endpoint: string, errcode: number, times?: number): Promise<Outcome> {
  const corp = await tinyCorp();
  corp.simulator.control.addFault({
    endpoint,
    times,
    answer: { kind: "errcode", errcode, errmsg: `bad ${corpSecret}` },
  });
  const outcome = await gather(corp.source).then(
    (read) => ({ corp, read, error: null }),
    (error: SourceError) => ({ corp, read: null, error }),
  );
  expectNoSecrets(outcome.error ?? outcome.read?.problems);
  return outcome;
}

/** The read had no usable end: nothing can be concluded from it, removals least of all. */
function expectStopped({ error }: Outcome, errcode: number, retryable: boolean): void {
  expect(error).toMatchObject({ name: "SourceError", errcode, retryable });
  expect(error?.message).toContain(String(errcode));
}

/** The read went on without a part: this is recorded, and removes nobody. */
function expectPartMissing({ read, error }: Outcome, errcode: number): void {
  expect(error).toBeNull();
  expect(read?.problems).toMatchObject([{ errcode }]);
  expect(read?.problems[0]?.detail).toContain(String(errcode));
  expect(read?.end.complete).toBe(false);
}

function expectWhole({ read, error }: Outcome): void {
  expect(error).toBeNull();
  expect(read?.problems).toEqual([]);
  expect(read?.end.complete).toBe(true);
  expect(read?.userKeys).toEqual(["in.one", "out.one"]);
  expect(read?.tags.map(({ key }) => key)).toEqual(["9002"]);
}

test("a read of the corp makes each call once", async () => {
  const { source, made } = await tinyCorp();
  const read = await gather(source);
  expectWhole({ read, error: null } as Outcome);
  expect(Object.fromEntries(made)).toEqual(Object.fromEntries(calls.map(({ endpoint }) => [endpoint, 1])));
});

describe.each(calls)("$endpoint refused", ({ endpoint, kind }) => {
  test.each(cases("renew"))("with %i is tried once more with a fresh token", async (errcode) => {
    const once = await readWith(endpoint, errcode, 1);
    const { made } = once.corp;
    if (endpoint === "gettoken") {
      // No token is used here that could be replaced.
      expectStopped(once, errcode, false);
      expect(made.get("gettoken")).toBe(1);
      return;
    }
    expectWhole(once);
    expect([made.get(endpoint), made.get("gettoken")]).toEqual([2, 2]);
    const always = await readWith(endpoint, errcode);
    expectStopped(always, errcode, false);
    expect([always.corp.made.get(endpoint), always.corp.made.get("gettoken")]).toEqual([2, 2]);
  });

  test.each(cases("retry"))("with %i is tried again three times, with pauses", async (errcode) => {
    const passing = await readWith(endpoint, errcode, 3);
    expectWhole(passing);
    expect(passing.corp.made.get(endpoint)).toBe(4);
    expect(passing.corp.clock.waits).toHaveLength(3);
    const always = await readWith(endpoint, errcode);
    if (kind === "whole") expectStopped(always, errcode, true);
    else expectPartMissing(always, errcode);
    expect(always.corp.made.get(endpoint)).toBe(4);
  });

  test.each(cases("wait"))("with %i waits until the window is over", async (errcode) => {
    const passing = await readWith(endpoint, errcode, 1);
    expectWhole(passing);
    expect(passing.corp.clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(60_000);
    const always = await readWith(endpoint, errcode);
    expectStopped(always, errcode, true);
    expect(always.corp.made.get(endpoint)).toBe(2);
  });

  test.each(cases("slowDown"))("with %i backs away, ten times", async (errcode) => {
    const passing = await readWith(endpoint, errcode, 10);
    expectWhole(passing);
    expect(Math.max(...passing.corp.clock.waits)).toBeLessThanOrEqual(16_000);
    const always = await readWith(endpoint, errcode);
    expectStopped(always, errcode, true);
    expect(always.corp.made.get(endpoint)).toBe(11);
  });

  test.each(cases("object"))("with %i is not tried again, and nobody leaves for it", async (errcode) => {
    const outcome = await readWith(endpoint, errcode);
    expect(outcome.corp.made.get(endpoint)).toBe(1);
    if (kind === "whole") return expectStopped(outcome, errcode, false);
    if (endpoint === "user/get" && notThere.includes(errcode)) {
      expect(outcome.read?.problems).toEqual([]);
      expect(outcome.read?.userKeys).toEqual(["in.one"]);
      return;
    }
    expectPartMissing(outcome, errcode);
  });

  test.each(cases("connection", "bug"))("with %i is not tried again, and stops the source", async (errcode) => {
    const outcome = await readWith(endpoint, errcode);
    expect(outcome.corp.made.get(endpoint)).toBe(1);
    if (endpoint === "tag/list" && notForTags.includes(errcode)) return expectPartMissing(outcome, errcode);
    expectStopped(outcome, errcode, false);
  });

  test.each(cases("connection"))("with %i says what to do in WeCom's own words", async (errcode) => {
    const { error, read } = await readWith(endpoint, errcode);
    const text = error?.message ?? read?.problems[0]?.detail ?? "";
    expect(text).toMatch(/应用管理|通讯录同步|我的企业/);
  });
});

describe.each(["department/simplelist", "user/list_id"])("of the lists of all ids, %s refused", (endpoint) => {
  const tries: Readonly<Record<Class, number>> = {
    ...{ renew: 2, retry: 4, wait: 2, slowDown: 11, object: 1, connection: 1, bug: 1 },
  };
  const passing: readonly Class[] = ["retry", "wait", "slowDown"];

  /** A whole list, as departments and people, or the error that ended it. */
  const list = async ({ source }: Corp): Promise<number | SourceError> => {
    let entries = 0;
    try {
      const request = { scope: { mode: "all" }, users: true, signal: new AbortController().signal } as const;
      for await (const event of source.idList?.read(request) ?? []) entries += event.entries.length;
      return entries;
    } catch (error) {
      expectNoSecrets(error);
      return error as SourceError;
    }
  };
  const listWith = async (errcode: number, times?: number) => {
    const corp = await tinyCorp();
    const answer = { kind: "errcode", errcode, errmsg: `bad ${corpSecret}` } as const;
    corp.simulator.control.addFault({ endpoint, times, answer });
    return { corp, listed: await list(corp) };
  };

  for (const name of Object.keys(classes) as Class[]) {
    test.each(cases(name))(`with %i (${name}) says nothing of who is there`, async (errcode) => {
      const { corp, listed } = await listWith(errcode);
      expect(listed).toMatchObject({ name: "SourceError", errcode, retryable: passing.includes(name) });
      expect(corp.made.get(endpoint)).toBe(tries[name]);
      if (name === "connection") expect(String(listed)).toMatch(/应用管理|通讯录同步|我的企业/);
    });
  }

  test.each(cases("renew", ...passing))("with %i once is asked again, and the list is whole", async (errcode) => {
    const { listed } = await listWith(errcode, 1);
    expect(listed).toBe(await list(await tinyCorp()));
    expect(listed).toBeGreaterThan(5);
  });

  test.each(cases("connection", "object"))("with %i fails a check of the connection test", async (errcode) => {
    const { source, simulator } = await tinyCorp();
    simulator.control.addFault({ endpoint, answer: { kind: "errcode", errcode, errmsg: `bad ${corpSecret}` } });
    const result = await source.test(new AbortController().signal);
    expectNoSecrets(result);
    expect(result.checks.filter(({ ok }) => !ok).map(({ detail }) => detail.includes(String(errcode)))).toContain(true);
  });
});

describe("somebody who is looked for once more", () => {
  const look = async (endpoint: string, errcode: number) => {
    const { simulator, source } = await tinyCorp();
    simulator.control.addFault({ endpoint, answer: { kind: "errcode", errcode } });
    return source.lookAgain(["in.one"], new AbortController().signal);
  };

  test.each(cases("object"))("is not gone because the token is refused with %i", async (errcode) => {
    await expect(look("gettoken", errcode)).rejects.toMatchObject({ name: "SourceError", errcode, retryable: false });
  });

  test.each(cases("object").filter((errcode) => !notThere.includes(errcode)))(
    "is not gone because user/get is refused with %i",
    async (errcode) => {
      expect(await look("user/get", errcode)).toEqual({ found: [], unclear: ["in.one"] });
    },
  );

  test.each(notThere)("is not there when user/get says so (%i)", async (errcode) => {
    expect(await look("user/get", errcode)).toEqual({ found: [], unclear: [] });
  });

  test.each(cases("renew", "retry", "wait", "slowDown", "connection", "bug"))(
    "is not gone because of %i: the search ends",
    async (errcode) => {
      await expect(look("user/get", errcode)).rejects.toMatchObject({ name: "SourceError", errcode });
    },
  );
});

describe("a tag that tag/get does not know (40068)", () => {
  const missing = { endpoint: "tag/get", tag: 9003, answer: { kind: "errcode", errcode: 40068 } } as const;

  test("is gone when the list of tags does not name it any more", async () => {
    const { simulator, source, made } = await tinyCorp();
    const { control } = simulator;
    control.setSettings({ appTags: "all" });
    control.createTag({ tagid: 9003, tagname: "旧" });
    // Between the list and the tag.
    control.addFault({ endpoint: "tag/get", tag: 9003, answer: { kind: "delay", ms: 300 } });
    const reading = gather(source);
    await expect.poll(() => made.get("tag/get") ?? 0).toBe(2);
    control.deleteTag(9003);
    const read = await reading;
    expect(read.problems).toEqual([]);
    expect(read.end.complete).toBe(true);
    expect(read.tags.map(({ key }) => key)).toEqual(["9002"]);
    expect(made.get("tag/list")).toBe(2);
  });

  test("is not gone as long as the list names it", async () => {
    const { simulator, source } = await tinyCorp();
    simulator.control.setSettings({ appTags: "all" });
    simulator.control.createTag({ tagid: 9003, tagname: "旧" });
    simulator.control.addFault(missing);
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.tag-unreadable", errcode: 40068, unread: "tags" }]);
    expect(read.end.complete).toBe(false);
  });

  test("is not gone where the visible scope alone names it", async () => {
    const { simulator, source } = await tinyCorp();
    simulator.control.addFault({ ...missing, tag: 9002 });
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.tag-unreadable", errcode: 40068, unread: "tags" }]);
    expect(read.end.complete).toBe(false);
  });
});
