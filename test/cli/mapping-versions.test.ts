import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceImpact } from "../../src/sync/impact/impact.ts";
import { wecomSource } from "../support/admin.ts";
import { copySchemas } from "../support/schemas.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let directory: string;
let cli: CliFixture;
let impact: readonly SourceImpact[];
const file = (name: string) => join(directory, name);
const text = (title: string) =>
  `{ "user": { "userName": { "from": "userid" }, "active": { "expr": "member.status == 1" }, "title": { "from": "${title}" } } }\n`;
const run = (...args: readonly string[]) => cli.run(["mapping", ...args]);

beforeEach(async () => {
  directory = copySchemas();
  impact = [];
  cli = await makeCliFixture({ measureImpact: async () => impact }, copySchemas());
});

afterEach(() => cli.close());

describe("mapping activate, versions and rollback", () => {
  it("bring a file into force, list what was, and bring that back", async () => {
    writeFileSync(file("mappings/wecom.json"), text("alias"));
    expect(await run("activate", file("mappings/wecom.json"))).toEqual({
      exitCode: 0,
      stdout: "wecom: version 2 is in force from the next sync on; no source uses this mapping\n",
      stderr: "",
    });
    const { stdout } = await run("versions", "wecom");
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ["version", "state", "from"],
      ["2", "active", "api"],
      ["1", "former", "file"],
      [""],
    ]);
    expect((await run("rollback", "wecom", "1")).stdout).toBe(
      "wecom: version 1 is in force from the next sync on; no source uses this mapping\n",
    );
    expect(JSON.parse((await run("versions", "wecom", "--json")).stdout)).toMatchObject([
      { version: 2, state: "former" },
      { version: 1, state: "active" },
    ]);
  });

  it("take extension schemas too, by their folder or their content", async () => {
    const schema = JSON.parse(readFileSync(file("extensions/wecom.json"), "utf8"));
    schema.attributes.push({ name: "badge", type: "string" });
    writeFileSync(file("extensions/wecom.json"), JSON.stringify(schema));
    expect((await run("activate", file("extensions/wecom.json"))).stdout).toContain("wecom: version 2");
    schema.attributes.push({ name: "desk", type: "string" });
    writeFileSync(file("wecom.json"), JSON.stringify(schema));
    expect((await run("activate", file("wecom.json"))).stdout).toContain("wecom: version 3");
    expect((await run("versions", "wecom", "--extension")).stdout.split("\n")).toHaveLength(5);
    expect((await run("rollback", "wecom", "2", "--extension", "--json")).stdout).toContain('"version": 2');
    expect(await run("activate", file("targets/generic.json"))).toMatchObject({ exitCode: 2, stdout: "" });
  });

  it("say where a file is wrong, with 1, and nothing is in force", async () => {
    writeFileSync(file("mappings/wecom.json"), text("positon"));
    expect(await run("activate", file("mappings/wecom.json"))).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^\S+\/mappings\/wecom\.json:1:\d+ \/user\/title\/from: .* did you mean position\?\n$/,
      ),
    });
    writeFileSync(file("mappings/wecom.json"), "{");
    const { exitCode, stderr } = await run("activate", file("mappings/wecom.json"));
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/wecom\.json:1:1: is no JSON/)]);
    expect((await run("versions", "wecom")).stdout.split("\n")).toHaveLength(3);
    expect(await run("versions", "nobody")).toMatchObject({ exitCode: 1, stderr: 'There is no mapping "nobody".\n' });
    expect(await run("rollback", "wecom", "7")).toMatchObject({ exitCode: 1 });
    expect(await run("rollback", "wecom", "one")).toMatchObject({ exitCode: 2 });
    expect(await run("activate", file("nothing.json"))).toMatchObject({ exitCode: 2 });
  });

  it("warn of tests that fail", async () => {
    const mapping = JSON.parse(readFileSync(file("mappings/wecom.json"), "utf8"));
    mapping.user.title = { const: "staff" };
    writeFileSync(file("mappings/wecom.json"), JSON.stringify(mapping));
    const { exitCode, stderr } = await run("activate", file("mappings/wecom.json"));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^warning: \S+\/mappings\/wecom\.json:1:\d+ \/tests\/\d+\/expect\/title: test ".*": expected/,
    );
  });
});

describe("mapping impact", () => {
  const counts = { created: 0, updated: 0, deactivated: 0, reactivated: 0, deleted: 0, failed: 0, unchanged: 9 };
  const quiet: SourceImpact = {
    source: "id",
    name: "corp",
    users: counts,
    groups: counts,
    attributes: [],
    memberships: [],
    problems: [],
    leftOut: [],
    warnings: [],
    held: null,
    targets: [],
  };

  it("says what would change, and with --detailed-exitcode ends with 2 for it", async () => {
    await cli.admin.request("POST", "/api/v1/sources", wecomSource("corp"));
    impact = [
      {
        ...quiet,
        users: { ...counts, updated: 3 },
        attributes: [
          {
            resourceType: "User",
            attribute: "title",
            set: 1,
            changed: 2,
            cleared: 0,
            examples: [{ resourceId: "r", externalId: "ZhangSan", displayName: "张三", before: "经理", after: "总监" }],
          },
        ],
        memberships: [{ kind: "department", memberType: "User", op: "remove", memberships: 12 }],
        problems: [{ detail: "/user/userName: missing", records: 1, examples: ["lisi"] }],
        leftOut: [{ detail: "/user/title: not a string", records: 2, examples: ["wangwu", "zhaoliu"] }],
        held: "3 of 9 users would …",
        targets: [
          {
            target: "t",
            name: "staff-app",
            exact: false,
            users: 3,
            groups: 0,
            entering: 1,
            leaving: 0,
            attributes: [],
            removals: { users: 2, groups: 0 },
            held: "2 of 9 users at this target would …",
            problem: null,
          },
          {
            target: "u",
            name: "other",
            exact: false,
            users: 0,
            groups: 0,
            entering: 0,
            leaving: 0,
            attributes: [],
            removals: { users: 0, groups: 0 },
            held: null,
            problem: "no rules",
          },
        ],
      },
    ];
    const { exitCode, stdout } = await run("impact", file("mappings/wecom.json"), "--detailed-exitcode");
    expect(exitCode).toBe(2);
    expect(stdout).toBe(
      [
        "wecom, beside version 1",
        "",
        "source corp",
        "        created  updated  deactivated  reactivated  deleted  failed  unchanged",
        "users   0        3        0            0            0        0       9",
        "groups  0        0        0            0            0        0       9",
        "",
        "      attribute  set  changed  cleared  for example",
        'User  title      1    2        0        ZhangSan: "经理" -> "总监"',
        "department groups: about 12 memberships of Users would be removed",
        "problem: 1 records would stay as they are (lisi): /user/userName: missing",
        "left out: 2 records would be mapped without it (wangwu, zhaoliu): /user/title: not a string",
        "held: 3 of 9 users would …",
        "target staff-app: at most 3 users and 0 groups would change; 1 come into its scope, 0 leave it; 2 users and 0 groups would be removed there",
        "held at target staff-app: 2 of 9 users at this target would …",
        "target other: no rules",
        "",
      ].join("\n"),
    );
  });

  it("ends with 0 where nothing would change, and says so where nobody uses the mapping", async () => {
    impact = [quiet];
    expect((await run("impact", file("mappings/wecom.json"), "--detailed-exitcode")).exitCode).toBe(0);
    impact = [];
    const { stdout, exitCode } = await run("impact", file("mappings/minimal.json"));
    expect([exitCode, stdout]).toEqual([
      0,
      "minimal, beside version 1\nNo source uses this mapping: nothing would change.\n",
    ]);
    expect(JSON.parse((await run("impact", file("mappings/minimal.json"), "--json")).stdout)).toMatchObject({
      sources: [],
    });
  });

  it("refuses a file with mistakes, and a source that is not there", async () => {
    writeFileSync(file("mappings/wecom.json"), text("positon"));
    const broken = await run("impact", file("mappings/wecom.json"));
    expect(broken).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^\S+\/mappings\/wecom\.json:1:\d+ \/user\/title\/from: WeCom sends no field positon [^\n]*\n$/,
      ),
    });
    const schema = JSON.parse(readFileSync(file("extensions/wecom.json"), "utf8"));
    schema.attributes[0].type = "text";
    writeFileSync(file("draft.json"), JSON.stringify(schema, null, 2));
    writeFileSync(file("mappings/wecom.json"), text("position"));
    const draft = await run("impact", file("mappings/wecom.json"), "--extension", file("draft.json"));
    expect(draft.stderr).toMatch(/draft\.json:\d+:\d+ \/attributes\/0\/type: /);
    writeFileSync(file("mappings/wecom.json"), text("position"));
    const unknown = await run("impact", file("mappings/wecom.json"), "--sources", "nobody");
    expect(unknown).toMatchObject({ exitCode: 1, stderr: 'There is no source "nobody".\n' });
  });
});
