import { describe, expect, test } from "vitest";
import type { TestResult } from "../../../src/lib/check.ts";
import type { WecomSourceOptions } from "../../../src/source/wecom/wecom-source.ts";
import { html, type Reply, refused, type Script } from "./fake-wecom.ts";
import { errorOf, expectNoSecrets, secrets, setUp } from "./harness.ts";

const names = ["credentials", "ip", "scope", "departments", "members", "fields", "contacts", "tags"];
const ok = { errcode: 0, errmsg: "ok" };
const member = { userid: "a", department: [1], mobile: "13800000000", gender: "1" };

const usual: Readonly<Record<string, Script>> = {
  "agent/get": () => ({
    ...ok,
    close: 0,
    allow_userinfos: { user: [{ userid: "a" }] },
    allow_partys: { partyid: [1, 2] },
    allow_tags: { tagid: [] },
  }),
  "department/list": () => ({ ...ok, department: [{ id: 1, name: "总部", parentid: 0 }] }),
  "user/list": () => ({ ...ok, userlist: [member] }),
  "tag/list": () => ({ ...ok, taglist: [{ tagid: 1, tagname: "t" }] }),
  "user/list_id": () => ({ ...ok, next_cursor: "", dept_user: [{ userid: "a", department: 1 }] }),
};

async function run(
  changes: Readonly<Record<string, Script>> = {},
  options: Partial<WecomSourceOptions> = {},
): Promise<TestResult & { detail(name: string): string; failed: readonly string[]; paths: readonly string[] }> {
  const { source, fake } = await setUp({ ...usual, ...changes }, options);
  const result = await source.test(new AbortController().signal);
  expect(result.checks.map(({ name }) => name)).toEqual(names);
  expect(result.ok).toBe(result.checks.every(({ ok: good }) => good));
  expectNoSecrets(result);
  return {
    ...result,
    detail: (name) => result.checks.find((check) => check.name === name)?.detail ?? "",
    failed: result.checks.filter(({ ok: good }) => !good).map(({ name }) => name),
    paths: fake.calls.map(({ path }) => path),
  };
}

const full = { agentId: 1000002, contactsSecret: secrets.contactsSecret };

describe("the connection test", () => {
  test("finds nothing wrong where nothing is, and says what it found", async () => {
    const result = await run({}, full);
    expect(result.ok).toBe(true);
    expect(result.detail("scope")).toContain("2 departments, 1 single members, 0 tags");
    expect(result.detail("departments")).toContain("1 departments, topmost: 1");
    expect(result.detail("members")).toContain("1 members");
    expect(result.detail("fields")).toContain("arrive: gender, mobile.");
    expect(result.detail("fields")).toContain("avatar, email, biz_mail, qr_code, address");
    expect(result.detail("tags")).toBe("1 tags.");
  });

  test("passes what is not configured, and says so", async () => {
    const result = await run();
    expect(result.ok).toBe(true);
    expect(result.detail("scope")).toContain("No agentId");
    expect(result.detail("contacts")).toContain("管理工具 → 通讯录同步");
  });

  test("tries nothing more with a secret that is refused", async () => {
    const result = await run({ gettoken: () => refused(40001) }, { agentId: 1000002 });
    expect(result.failed).toEqual(["credentials", "ip", "scope", "departments", "members", "tags"]);
    expect(result.detail("credentials")).toContain("应用管理");
    expect(result.paths).toEqual(["gettoken"]);
  });

  test("names the address that has to be trusted, and where", async () => {
    const untrusted = () => refused(60020);
    const result = await run(
      { "agent/get": untrusted, "department/list": untrusted, "tag/list": untrusted },
      { agentId: 5 },
    );
    expect(result.failed).toContain("ip");
    expect(result.detail("credentials")).toContain("accepts");
    expect(result.detail("ip")).toContain("203.0.113.7");
    expect(result.detail("ip")).toContain("企业可信IP");
  });

  test("tells a trusted address even where the app may see nothing", async () => {
    const result = await run({ "department/list": () => refused(60011), "tag/list": () => refused(60011) });
    expect(result.failed).toEqual(["departments", "members", "tags"]);
    expect(result.detail("ip")).toContain("accepts calls");
  });

  test.each([
    ["a wrong AgentId", refused(40056), "AgentId"],
    ["an app that is disabled", { ...ok, close: 1, allow_partys: { partyid: [1] } }, "disabled"],
    ["an empty scope", { ...ok, close: 0, allow_partys: { partyid: [] } }, "可见范围"],
  ] satisfies [string, Reply, string][])("reports %s under scope", async (_, reply, words) => {
    const result = await run({ "agent/get": () => reply }, { agentId: 5 });
    expect(result.failed).toEqual(["scope"]);
    expect(result.detail("scope")).toContain(words);
  });

  test.each([
    ["no department", { ...ok, department: [] }],
    ["what makes no sense", { ...ok }],
    ["HTML", html()],
  ] satisfies [string, Reply][])("reports %s under departments", async (_, reply) => {
    const result = await run({ "department/list": () => reply });
    expect(result.failed).toContain("departments");
  });

  test("reports departments without anybody under members", async () => {
    const result = await run({ "user/list": () => ({ ...ok, userlist: [] }) });
    expect(result.failed).toEqual(["members"]);
    expect(result.detail("fields")).toContain("Not known");
  });

  test("looks at a few departments only", async () => {
    const department = Array.from({ length: 50 }, (_, index) => ({ id: index + 1, name: "d", parentid: index && 1 }));
    const result = await run({
      "department/list": () => ({ ...ok, department }),
      "user/list": () => ({ ...ok, userlist: [] }),
    });
    expect(result.ok).toBe(true);
    expect(result.paths.filter((path) => path === "user/list")).toHaveLength(10);
  });

  test.each([
    [40001, "通讯录同步"],
    [60020, "企业可信IP"],
    [48002, "another app's secret"],
    [48009, "通讯录同步"],
  ])("reports a contacts secret that is refused with %i", async (errcode, words) => {
    const result = await run({ "user/list_id": () => refused(errcode, { dept_user: [] }) }, full);
    expect(result.failed).toEqual(["contacts"]);
    expect(result.detail("contacts")).toContain(words);
  });

  test("asks for one row of the id list", async () => {
    const { source, fake } = await setUp(usual, full);
    await source.test(new AbortController().signal);
    expect(fake.calls.find(({ path }) => path === "user/list_id")).toMatchObject({
      method: "POST",
      body: { limit: 1 },
    });
  });

  test("answers also when there is no WeCom at all", async () => {
    const { source, fake } = await setUp(usual, full);
    await fake.close();
    const result = await source.test(new AbortController().signal);
    expect(result.checks.map(({ name }) => name)).toEqual(names);
    expect(result.checks[0]).toMatchObject({ ok: false });
    expect(result.checks[0]?.detail).toContain("ECONNREFUSED");
  });

  test("ends when it is aborted", async () => {
    const { source } = await setUp(usual);
    const error = await errorOf(source.test(AbortSignal.abort(new Error("stopped"))));
    expect(error.message).toBe("stopped");
  });
});
