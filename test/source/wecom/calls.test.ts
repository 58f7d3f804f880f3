import { describe, expect, test } from "vitest";
import {
  type FakeWecom,
  halfAnswer,
  halfJson,
  html,
  inTurn,
  type Reply,
  refused,
  reset,
  status,
} from "./fake-wecom.ts";
import { errorOf, gather, setUp } from "./harness.ts";

const signal = new AbortController().signal;
const department = [{ id: 1, name: "总部", parentid: 0 }];
const tree = { errcode: 0, errmsg: "ok", department };
const many = {
  errcode: 0,
  department: Array.from({ length: 60 }, (_, id) => ({ id: id + 1, name: "d", parentid: id && 1 })),
};
const members = { errcode: 0, errmsg: "ok", userlist: [{ userid: "Anna", department: [1] }] };
const noTags = () => ({ errcode: 0, taglist: [] });

describe("a call that fails in passing", () => {
  const failures: readonly [string, Reply][] = [
    ["errcode -1", refused(-1)],
    ["errcode 6000", refused(6000)],
    ["HTTP 502", status(502)],
    ["HTML", html()],
    ["half of the JSON", halfJson()],
    ["half of an answer", halfAnswer()],
    ["a reset connection", reset()],
  ];

  test.each(failures)("with %s is made again, with growing pauses", async (_, failure) => {
    const { fake, source, clock } = await setUp({ "department/list": inTurn(failure, failure, failure, tree) });
    expect(await source.departments(signal)).toEqual([{ id: 1, name: "总部", parentId: null }]);
    expect(fake.count("department/list")).toBe(4);
    expect(clock.waits).toHaveLength(3);
    expect(clock.waits[2]).toBeGreaterThan(clock.waits[0] ?? Number.POSITIVE_INFINITY);
  });

  test.each(failures)("with %s for ever fails the read of the tree, but later it may work", async (_, failure) => {
    const { fake, source } = await setUp({ "department/list": () => failure });
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError", retryable: true });
    expect(fake.count("department/list")).toBe(4);
  });

  test.each(failures)("with %s for ever on gettoken fails the read, but later it may work", async (_, failure) => {
    const { fake, source } = await setUp({ gettoken: () => failure });
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError", retryable: true });
    expect(fake.count("gettoken")).toBe(4);
    expect(fake.calls).toHaveLength(4);
  });
});

describe("a call that will not work", () => {
  test.each([987654, 48002, 301007, 40058])("because of errcode %i is not made again", async (errcode) => {
    const { fake, source } = await setUp({ "department/list": () => refused(errcode) });
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError", errcode, retryable: false });
    expect(fake.count("department/list")).toBe(1);
  });

  test("because nobody listens says so without the URL", async () => {
    const { fake, source } = await setUp({});
    await fake.close();
    const error = await errorOf(gather(source));
    expect(error).toMatchObject({ code: "wecom.unreachable", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("because nothing is ever answered ends when the time is up", async () => {
    const { source } = await setUp(
      { "department/list": () => new Promise<Reply>(() => undefined) },
      { limits: { timeoutMs: 50, retries: 0 } },
    );
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.unreachable", retryable: true });
  });

  test("because the answer drips in too slowly ends when the time is up", async () => {
    const drip: Reply = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 5);
      response.on("close", () => clearInterval(timer));
    };
    const { source } = await setUp({ "department/list": () => drip }, { limits: { timeoutMs: 60, retries: 0 } });
    const error = await errorOf(gather(source));
    expect(error).toMatchObject({ code: "wecom.unreachable" });
    expect(error.message).toContain("no answer in time");
  });

  test("because the answer is too large is not read to its end", async () => {
    const { source } = await setUp(
      { "department/list": () => ({ ...tree, filler: "x".repeat(5000) }) },
      { limits: { maxAnswerBytes: 4096 } },
    );
    const error = await errorOf(gather(source));
    expect(error).toMatchObject({ code: "wecom.nonsense" });
    expect(error.message).toContain("4096 bytes");
  });
});

describe("WeCom's limits", () => {
  test("no more calls are in flight than allowed", async () => {
    let now = 0;
    let most = 0;
    const { source } = await setUp(
      {
        "department/list": () => many,
        "tag/list": noTags,
        "user/list": async () => {
          now += 1;
          most = Math.max(most, now);
          await new Promise((resolve) => setImmediate(resolve));
          now -= 1;
          return members;
        },
      },
      { limits: { concurrency: 3 } },
    );
    expect((await gather(source)).end.complete).toBe(true);
    expect(most).toBeLessThanOrEqual(3);
    expect(most).toBeGreaterThan(1);
  });

  test("45033 leads to fewer calls at once, and to a whole read", async () => {
    let now = 0;
    const { source, fake } = await setUp({
      "department/list": () => many,
      "tag/list": noTags,
      // WeCom allows two at a time here.
      "user/list": async () => {
        now += 1;
        try {
          if (now > 2) return refused(45033, { userlist: [] });
          await new Promise((resolve) => setTimeout(resolve, 2));
          return members;
        } finally {
          now -= 1;
        }
      },
    });
    const read = await gather(source);
    expect(read.problems).toEqual([]);
    expect(read.end.complete).toBe(true);
    // Each complaint halves: most calls then pass at the first try.
    expect(fake.count("user/list")).toBeLessThan(120);
  });

  test("45033 for ever ends the read, but later it may work", async () => {
    const { source } = await setUp({ "department/list": () => refused(45033) });
    expect(await errorOf(gather(source))).toMatchObject({
      code: "wecom.rate-limited",
      errcode: 45033,
      retryable: true,
    });
  });

  test("45009 is waited out, by all calls, and the read is whole", async () => {
    const times: number[] = [];
    const { source, clock } = await setUp({
      "department/list": () => many,
      "tag/list": noTags,
      "user/list": () => {
        times.push(clock.time);
        return times.length === 20 ? refused(45009, { userlist: [] }) : members;
      },
    });
    const read = await gather(source);
    expect(read.end.complete).toBe(true);
    const limited = times[19] ?? 0;
    // Calls that were on their way go on; all later ones start when the window is over.
    expect(times.slice(20 + 5).every((time) => time >= limited + 60_000)).toBe(true);
  });

  test("45009 that outlasts its minute ends the read, but later it may work", async () => {
    const { fake, source, clock } = await setUp({ "department/list": () => refused(45009) });
    const start = clock.time;
    const error = await errorOf(gather(source));
    expect(error).toMatchObject({ code: "wecom.rate-limited", errcode: 45009, retryable: true });
    expect(fake.count("department/list")).toBe(2);
    expect(clock.time - start).toBeLessThanOrEqual(70_000);
  });

  test("HTTP 429 from something on the way is treated like 45009", async () => {
    const { source, clock } = await setUp({ "department/list": inTurn(status(429), tree) });
    const start = clock.time;
    expect(await source.departments(signal)).toHaveLength(1);
    expect(clock.time - start).toBeGreaterThanOrEqual(60_000);
  });

  test("calls keep to the sustained rate", async () => {
    const { source, clock } = await setUp(
      { "department/list": () => many, "tag/list": noTags, "user/list": () => members },
      { limits: { requestsPerSecond: 10, burst: 3 } },
    );
    const start = clock.time;
    await gather(source);
    // gettoken, department/list, tag/list, 60 × user/list; three of them at once.
    expect(clock.time - start).toBeGreaterThanOrEqual(6000);
  });
});

describe("an abort", () => {
  const everywhere: readonly (readonly [string, string])[] = [
    ["gettoken", "gettoken"],
    ["the tree", "department/list"],
    ["a department", "user/list"],
    ["a tag", "tag/get"],
  ];

  test.each(everywhere)("during %s ends the read with the reason given", async (_, path) => {
    const leaving = new AbortController();
    const script = {
      "department/list": () => tree,
      "user/list": () => members,
      "tag/list": () => ({ errcode: 0, taglist: [{ tagid: 1, tagname: "t" }] }),
      [path]: (): Promise<Reply> => {
        leaving.abort(new Error("stopped by a person"));
        return new Promise(() => undefined);
      },
    };
    const { source } = await setUp(script);
    expect((await errorOf(gather(source, { signal: leaving.signal }))).message).toBe("stopped by a person");
  });

  test("during a pause ends the read", async () => {
    const leaving = new AbortController();
    const { source } = await setUp({
      "department/list": () => {
        setImmediate(() => leaving.abort(new Error("stopped by a person")));
        return refused(45009);
      },
    });
    expect((await errorOf(gather(source, { signal: leaving.signal }))).message).toBe("stopped by a person");
  });

  test("before the start sends nothing", async () => {
    const { fake, source } = await setUp({});
    await errorOf(gather(source, { signal: AbortSignal.abort(new Error("stopped")) }));
    expect(fake.calls).toEqual([]);
  });

  test("by a consumer that stops listening ends the calls in flight", async () => {
    let closed = 0;
    let opened = 0;
    const hang: Reply = (response) => {
      opened += 1;
      response.on("close", () => {
        closed += 1;
      });
    };
    const { source } = await setUp({
      "department/list": () => many,
      "tag/list": noTags,
      "user/list": inTurn(members, hang),
    });
    for await (const event of source.read({ scope: { mode: "all" }, users: true, signal })) {
      if (event.type === "users") break;
    }
    await expect.poll(() => closed > 0 && closed === opened).toBe(true);
  });
});

test("the base URL may have a path before the API's", async () => {
  const { fake } = await setUp({ "department/list": () => tree });
  const under = await setUp({}, { apiBaseUrl: `${(fake as FakeWecom).url}/wecom/` });
  expect(await under.source.departments(signal)).toHaveLength(1);
});
