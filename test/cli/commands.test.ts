import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../src/config.ts";
import { tokenHash } from "../../src/http/admin/scim-clients.ts";
import { planted, wecomSource } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;

beforeEach(async () => {
  cli = await makeCliFixture();
});

afterEach(() => cli.close());

describe("source list", () => {
  it("says so when there are none", async () => {
    expect(await cli.run(["source", "list"])).toEqual({
      exitCode: 0,
      stdout: "There are no sources yet.\n",
      stderr: "",
    });
  });

  it("prints a table whose columns stand below one another though Chinese is wider", async () => {
    await cli.admin.request("POST", "/api/v1/sources", wecomSource("总部-WeCom"));
    cli.admin.clock.now += 1000;
    await cli.admin.request("POST", "/api/v1/sources", wecomSource("branch", { status: "disabled" }));
    const { exitCode, stdout } = await cli.run(["source", "list"]);
    const [heading = "", first = "", second = ""] = stdout.split("\n");
    expect(exitCode).toBe(0);
    expect(heading.indexOf("TYPE")).toBe(second.indexOf("wecom"));
    // Two of the characters before it take two columns each.
    expect(first.indexOf(" wecom") + 1).toBe(heading.indexOf("TYPE") - 2);
    expect(second).toContain("disabled");
  });

  it("prints all pages as JSON, without secrets", async () => {
    await cli.admin.request("PATCH", "/api/v1/settings", { maxEnabledSources: 200 });
    for (let index = 0; index < 103; index += 1) {
      await cli.admin.request("POST", "/api/v1/sources", wecomSource(`corp-${index}`));
    }
    const { stdout } = await cli.run(["source", "list", "--json"]);
    const names = JSON.parse(stdout).map((source: { name: string }) => source.name);
    expect(new Set(names).size).toBe(103);
    expect(stdout).not.toContain(planted.corpSecret);
  });
});

describe("source test", () => {
  it("prints the checks and ends with 0 when all is well", async () => {
    await cli.admin.request("POST", "/api/v1/sources", wecomSource("总部"));
    const ran = await cli.run(["source", "test", "总部"]);
    expect(ran).toEqual({ exitCode: 0, stdout: "ok  credentials  a token\n总部: ready to sync\n", stderr: "" });
    expect(JSON.parse((await cli.run(["source", "test", "总部", "--json"])).stdout)).toMatchObject({ ok: true });
  });

  it("ends with 1 and what the server says for a source that is not there", async () => {
    const ran = await cli.run(["source", "test", "nobody"]);
    expect(ran).toEqual({ exitCode: 1, stdout: "", stderr: 'There is no source "nobody".\n' });
  });
});

describe("token create", () => {
  it("prints the token alone on standard output", async () => {
    const { body: source } = await cli.admin.request("POST", "/api/v1/sources", wecomSource("corp"));
    const ran = await cli.run(["token", "create", "okta", "--access", "write", "--sources", "corp"]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toMatch(/^scim_\S+\n$/);
    expect(ran.stderr).toContain("not shown again");
    const client = await cli.admin.store.findClientByTokenHash(tokenHash(ran.stdout.trim()));
    expect(client).toMatchObject({ name: "okta", access: "write", sources: [source.id] });
  });

  it("prints what is wrong at its pointer", async () => {
    const ran = await cli.run(["token", "create", "okta", "--sources", "corp,branch"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("  /sources/0: there is no such source\n  /sources/1: there is no such source\n");
  });

  it.each([[["--access", "admin"]], [["--sources", "a,,b"]]])("ends with 2 for %j", async (options) => {
    const ran = await cli.run(["token", "create", "okta", ...options]);
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(await cli.admin.store.listClients()).toEqual([]);
  });
});

describe("usage and environment", () => {
  it.each([
    [[]],
    [["sink"]],
    [["source"]],
    [["source", "test"]],
    [["sync", "a", "--watch"]],
    [["source", "list", "x"]],
  ])("ends with 2 for %j", async (args) => {
    const ran = await cli.run(args);
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).not.toBe("");
  });

  it("prints its help with 0", async () => {
    const ran = await cli.run(["--help"]);
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    for (const word of ["serve", "demo", "source", "sync", "mapping", "token", "BRIDGE_URL"])
      expect(ran.stdout).toContain(word);
  });

  it("ends with 2 without a token and with a wrong URL, and repeats no secret", async () => {
    const noToken = await cli.run(["source", "list"], { env: {} });
    expect([noToken.exitCode, noToken.stderr]).toEqual([
      2,
      "BRIDGE_TOKEN is not set: expected an administrator's token\n",
    ]);
    const env = { BRIDGE_URL: "ftp://user:planted@host", BRIDGE_TOKEN: "planted" };
    const wrong = await cli.run(["source", "list"], { env });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).not.toContain("planted");
  });

  it("ends with 1 and a sentence when nobody listens", async () => {
    // A port that was just free.
    const probe = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => probe.once("listening", resolve));
    const address = probe.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise((resolve) => probe.close(resolve));
    const ran = await cli.run(["source", "list"], {
      env: { BRIDGE_URL: `http://127.0.0.1:${port}`, BRIDGE_TOKEN: "token" },
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toBe(`The server at 127.0.0.1:${port} can't be reached (ECONNREFUSED). Is it running?\n`);
  });

  it("ends with 1 when the token is refused, and when the answer is no bridge's", async () => {
    const url = cli.admin.app;
    const refused = await cli.run(["source", "list"], {
      fetch: async (input, init) => url.request(String(input).replace(/^https?:\/\/[^/]+/, ""), init),
      env: { BRIDGE_URL: "http://bridge.test", BRIDGE_TOKEN: "wrong" },
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("BRIDGE_TOKEN has to be an administrator's token.");
    const html = await cli.run(["source", "list"], { fetch: async () => new Response("<html>", { status: 200 }) });
    expect([html.exitCode, html.stdout]).toEqual([1, ""]);
    const error = await cli.run(["source", "list"], { fetch: async () => new Response("<html>", { status: 502 }) });
    expect(error.stderr).toContain("status 502");
  });

  it("lets nothing from a server steer the terminal", async () => {
    const detail = "\u001b]0;title\u0007\u001b[2Jgone\nFAKE: ok";
    const body = JSON.stringify({ ok: false, checks: [{ name: "ip", ok: false, detail }] });
    const ran = await cli.run(["source", "test", "corp"], { fetch: async () => new Response(body) });
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(ran.stdout.split("\n")).toHaveLength(3);
  });
});

describe("programs of their own", () => {
  it("are called with their options, and their exit codes are passed on", async () => {
    expect((await cli.run(["serve"])).exitCode).toBe(0);
    expect((await cli.run(["demo", "--once"])).exitCode).toBe(1);
    expect((await cli.run(["simulator", "wecom", "--members", "100", "--seed=7"])).exitCode).toBe(0);
    expect(cli.calls).toEqual([
      ["serve"],
      ["demo", { once: true }],
      ["simulator", "wecom", ["--members", "100", "--seed=7"]],
    ]);
  });

  it("end with 2 and one line for each wrong variable when the environment is wrong", async () => {
    const serve = async () => {
      throw new ConfigError(["PORT: got x, expected y", "HOST: got x, expected y"]);
    };
    expect(await cli.run(["serve"], { serve })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "PORT: got x, expected y\nHOST: got x, expected y\n",
    });
  });
});
