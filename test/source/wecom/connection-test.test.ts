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
  "department/simplelist": () => ({ ...ok, department_id: [{ id: 1, parentid: 0, order: 1 }] }),
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
    [60020, "203.0.113.7"],
    [60020, "企业可信IP"],
    [48002, "the Secret of an app stands in its place"],
    [48009, "通讯录同步"],
    [50003, "Switch the API on"],
  ])("reports a contacts secret that is refused with %i: %s", async (errcode, words) => {
    for (const path of ["user/list_id", "department/simplelist"]) {
      const result = await run({ [path]: () => refused(errcode, { dept_user: [] }) }, full);
      expect(result.failed).toEqual(["contacts"]);
      expect(result.detail("contacts")).toContain(words);
      expect(result.detail("contacts")).not.toContain("app management");
      expect(result.detail("contacts")).toContain("remove nobody");
    }
  });

  test("says how many ids there are beside those that the app sees, and what would show it the rest", async () => {
    const rows = [
      { userid: "a", department: 1 },
      { userid: "b", department: 2 },
      { userid: "B", department: 3 },
      { userid: "c", department: 4 },
      { userid: "d", department: 4 },
    ];
    const result = await run(
      {
        "department/simplelist": () => ({
          ...ok,
          department_id: [1, 2, 3, 4].map((id) => ({ id, parentid: id === 3 ? 2 : 0, order: 1 })),
        }),
        "user/list_id": () => ({ ...ok, next_cursor: "", dept_user: rows }),
        "agent/get": () => ({
          ...ok,
          close: 0,
          allow_userinfos: { user: [{ userid: "D" }] },
          allow_partys: { partyid: [2] },
        }),
      },
      full,
    );
    expect(result.detail("contacts")).toContain("lists 4 userids in 4 departments");
    expect(result.detail("contacts")).toContain("2 of them are in the 2 departments that the app sees");
    expect(result.detail("contacts")).toContain("2 are out of its sight");
    expect(result.detail("contacts")).toContain("可见范围");
  });

  test("counts over all pages, and of a very large corp only some", async () => {
    const pages = (count: number): Script => {
      let page = 0;
      return () => {
        page += 1;
        const next_cursor = page < count ? `at ${page}` : "";
        return { ...ok, next_cursor, dept_user: [{ userid: `u${page}`, department: 1 }] };
      };
    };
    const few = await run({ "user/list_id": pages(3) }, full);
    expect(few.detail("contacts")).toContain("lists 3 userids in 1 departments. All of them");
    const many = await run({ "user/list_id": pages(50) }, full);
    expect(many.detail("contacts")).toContain("at least 20 userids");
    expect(many.paths.filter((path) => path === "user/list_id").length).toBeLessThan(25);
  });

  test.each([
    ["has nobody", { ...ok, next_cursor: "", dept_user: [] }, "0 userids"],
    ["never ends", { ...ok, next_cursor: "again", dept_user: [{ userid: "a", department: 1 }] }, "come to an end"],
    ["is full of nothing", { ...ok, next_cursor: "", dept_user: [{ open_userid: "x", department: 1 }] }, "userid"],
    ["is none", { ...ok }, "not a list"],
  ] satisfies [string, Reply, string][])("does not take a list of ids that %s", async (_, reply, words) => {
    const result = await run({ "user/list_id": () => reply }, full);
    expect(result.failed).toEqual(["contacts"]);
    expect(result.detail("contacts")).toContain(words);
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
