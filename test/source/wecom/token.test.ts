import { describe, expect, test } from "vitest";
import type { SourceError } from "../../../src/source/source.ts";
import { TokenKeeper } from "../../../src/source/wecom/token.ts";
import { FakeClock } from "./fake-clock.ts";
import { inTurn, refused, type Script, token } from "./fake-wecom.ts";
import { errorOf, gather, setUp } from "./harness.ts";

const signal = new AbortController().signal;
const tree = { errcode: 0, errmsg: "ok", department: [{ id: 1, name: "总部", parentid: 0 }] };

/** Issues a new token each time, and accepts only the newest. */
function issuing(expiresIn = 7200) {
  let issued = 0;
  const gettoken: Script = () => {
    issued += 1;
    return token(`token-${issued}`, expiresIn);
  };
  return { gettoken, current: () => `token-${issued}` };
}

describe("the access token", () => {
  test("is fetched once for all that ask at the same time", async () => {
    const { fake, source } = await setUp({ "department/list": () => tree });
    await Promise.all(Array.from({ length: 20 }, () => source.departments(new AbortController().signal)));
    expect(fake.count("gettoken")).toBe(1);
    expect(fake.count("department/list")).toBe(20);
  });

  test("is asked for with the corp id and the secret, and travels in the query", async () => {
    const { fake, source } = await setUp({ "department/list": () => tree });
    await source.departments(signal);
    expect(fake.calls[0]?.query).toEqual({ corpid: "ww0123456789abcdef", corpsecret: "s3cr3t-of-the-app" });
    expect(fake.calls[1]?.query).toEqual({ access_token: "the-token" });
  });

  test("is kept while it is good and replaced a few minutes early", async () => {
    const { gettoken } = issuing();
    const { fake, source, clock } = await setUp({ gettoken, "department/list": () => tree });
    await source.departments(signal);
    clock.time += (7200 - 301) * 1000;
    await source.departments(signal);
    expect(fake.count("gettoken")).toBe(1);
    clock.time += 2000;
    await source.departments(signal);
    expect(fake.count("gettoken")).toBe(2);
    expect(fake.calls.at(-1)?.query["access_token"]).toBe("token-2");
  });

  test("that has little life left is not asked for again with every call", async () => {
    const { gettoken } = issuing(120);
    const { fake, source } = await setUp({ gettoken, "department/list": () => tree });
    for (let round = 0; round < 5; round += 1) await source.departments(signal);
    expect(fake.count("gettoken")).toBe(1);
  });

  test.each([40014, 42001])("that is refused with %i is replaced once, and the call repeated", async (errcode) => {
    const { gettoken } = issuing();
    const { fake, source } = await setUp({ gettoken, "department/list": inTurn(refused(errcode), tree) });
    expect(await source.departments(signal)).toHaveLength(1);
    expect(fake.count("gettoken")).toBe(2);
    expect(fake.calls.map((call) => call.query["access_token"])).toEqual([undefined, "token-1", undefined, "token-2"]);
  });

  test.each([40014, 42001])("that is refused twice with %i ends the read", async (errcode) => {
    const { fake, source } = await setUp({ "department/list": () => refused(errcode) });
    const error = await errorOf(source.departments(signal));
    expect(error).toMatchObject({ code: "wecom.token-refused", errcode, retryable: false });
    expect(fake.count("department/list")).toBe(2);
    expect(fake.count("gettoken")).toBe(2);
  });

  test("revoked in the middle of a read is replaced once, though many calls find it refused", async () => {
    const { gettoken, current } = issuing();
    const departments = Array.from({ length: 40 }, (_, index) => ({
      id: index + 1,
      name: `d${index}`,
      parentid: index && 1,
    }));
    let valid = "token-1";
    const checked =
      (answer: object): Script =>
      (call) => {
        if (fake.count("user/list") === 10) valid = "token-2";
        return call.query["access_token"] === valid && valid === current()
          ? { ...answer }
          : refused(40014, { userlist: [] });
      };
    const { fake, source } = await setUp({
      gettoken,
      "department/list": checked({ errcode: 0, department: departments }),
      "user/list": checked({ errcode: 0, userlist: [{ userid: "a", department: [1] }] }),
      "tag/list": checked({ errcode: 0, taglist: [] }),
    });
    const read = await gather(source);
    expect(read.problems).toEqual([]);
    expect(read.end.complete).toBe(true);
    expect(fake.count("gettoken")).toBe(2);
  });

  test.each([
    [40001, "wecom.secret-invalid"],
    [40013, "wecom.corp-id-invalid"],
    [40091, "wecom.secret-invalid"],
    [50003, "wecom.app-disabled"],
    [60020, "wecom.ip-untrusted"],
  ])("that is refused to us with %i is not asked for again", async (errcode, code) => {
    const { fake, source } = await setUp({ gettoken: () => refused(errcode) });
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError", code, errcode, retryable: false });
    expect(fake.calls).toHaveLength(1);
  });

  test.each([
    ["missing", { errcode: 0, errmsg: "ok", expires_in: 7200 }],
    ["empty", { errcode: 0, access_token: "", expires_in: 7200 }],
    ["a number", { errcode: 0, access_token: 5, expires_in: 7200 }],
  ])("that is %s is no token", async (_, reply) => {
    const { source } = await setUp({ gettoken: () => reply });
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.nonsense", retryable: true });
  });

  test("whose life is not told, or told strangely, is taken to live as long as usual", async () => {
    const { fake, source, clock } = await setUp({
      gettoken: () => ({ access_token: "t", expires_in: "soon" }),
      "department/list": () => tree,
    });
    await source.departments(signal);
    clock.time += 6000 * 1000;
    await source.departments(signal);
    expect(fake.count("gettoken")).toBe(1);
  });

  test("goes on being fetched for the others when one who waits goes away", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { fake, source } = await setUp({
      gettoken: async () => {
        await gate;
        return token("t");
      },
      "department/list": () => tree,
    });
    const leaving = new AbortController();
    const left = errorOf(source.departments(leaving.signal));
    const stays = source.departments(signal);
    leaving.abort(new Error("gone away"));
    expect((await left).message).toBe("gone away");
    release();
    expect(await stays).toHaveLength(1);
    expect(fake.count("gettoken")).toBe(1);
  });

  test("of each secret is its own", async () => {
    const { fake, source } = await setUp(
      {
        gettoken: (call) => token(`token-for-${call.query["corpsecret"]}`),
        "department/list": () => tree,
        "user/list": () => ({ errcode: 0, userlist: [] }),
        "department/simplelist": () => ({ errcode: 0, department_id: [] }),
        "user/list_id": () => ({ errcode: 0, dept_user: [] }),
        "tag/list": () => ({ errcode: 0, taglist: [] }),
      },
      { contactsSecret: "s3cr3t-of-the-contacts" },
    );
    await source.test(signal);
    const used = new Map(fake.calls.map((call) => [call.path, call.query["access_token"]]));
    expect(used.get("department/list")).toBe("token-for-s3cr3t-of-the-app");
    expect(used.get("user/list_id")).toBe("token-for-s3cr3t-of-the-contacts");
  });
});

test("a SourceError says by its code what happened", async () => {
  const { source } = await setUp({ gettoken: () => refused(40001) });
  const error = (await errorOf(gather(source))) as SourceError;
  expect(error.message).toMatch(/^WeCom does not accept the secret \(errcode 40001\)\./);
});

test("a late refusal of the old token leaves the new one alone", async () => {
  let fetched = 0;
  const fetchToken = async () => {
    fetched += 1;
    return { access_token: `token-${fetched}`, expires_in: 7200 };
  };
  const keeper = new TokenKeeper(fetchToken, new FakeClock());
  const old = await keeper.get(signal);
  keeper.drop(old);
  expect(await keeper.get(signal)).toBe("token-2");
  keeper.drop(old);
  expect(await keeper.get(signal)).toBe("token-2");
  expect(fetched).toBe(2);
});

test("that is in no answer of gettoken concerns the whole source, not the people who were asked for", async () => {
  const { fake, source } = await setUp({ gettoken: () => ({ errcode: 0, errmsg: "ok" }) });
  const error = await errorOf(source.lookAgain(["one", "two"], signal));
  expect(error).toMatchObject({ name: "SourceError", code: "wecom.nonsense" });
  expect(fake.count("user/get")).toBe(0);
});
