import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runProgram } from "../support/bridge.ts";
import { sourceForm, targetForm } from "../support/e2e.ts";
import { type Line, makeLine } from "../support/e2e-line.ts";
import { onDatabase } from "../support/on-database.ts";

let line: Line | null = null;
afterEach(() => line?.close());

const timeout = { timeout: 120_000 };
const shape = { members: 40, departments: 6, seed: 5 };
const references = { APP_TOKEN: "", CORP_SECRET: "planted-corp-secret" };

async function command({ bridge, home, target }: Line, ...args: readonly string[]) {
  const env = { PATH: process.env["PATH"], BRIDGE_URL: bridge.url, BRIDGE_TOKEN: home.adminToken };
  const program = runProgram(args, { ...env, ...references, APP_TOKEN: target.token });
  const exitCode = await program.exited;
  return { exitCode, stdout: program.stdout(), stderr: program.stderr() };
}

describe.each(["sqlite", "postgres"] as const)("%s", (dialect) => {
  it("everything configured is exported, and applied to it again changes nothing", timeout, async () => {
    line = await makeLine(shape, (await onDatabase(dialect)).databaseUrl);
    const { bridge, home, target } = line;
    const folder = dirname(home.schemasDir);
    const file = (name: string, document: object): string => {
      writeFileSync(join(folder, name), JSON.stringify(document, null, 2));
      return join(folder, name);
    };
    await line.sync();
    await bridge.api.call("PATCH", "/settings", {
      metricsToken: "0123456789abcdef",
      alertAfterHours: 5,
      paused: false,
    });
    await bridge.api.call("POST", "/user-groups", { displayName: "Listed" });
    const callback = { token: "abc", encodingAesKey: "a".repeat(43) };
    const more = {
      sources: [
        { name: "partners", type: "custom", description: "顾问", namespace: "p" },
        {
          ...sourceForm("分公司", "https://qyapi.weixin.qq.com", { corpId: "ww2", appSecret: "", agentId: 7 }),
          wecom: { corpId: "ww2", corpSecret: { $env: "CORP_SECRET" }, callback },
          status: "disabled",
          scope: { mode: "partial", departments: [2, 5] },
        },
      ],
      targets: [
        {
          name: "oauth",
          status: "disabled",
          baseUrl: "https://door.example.com/scim/",
          auth: {
            type: "oauth2",
            tokenUrl: "https://door.example.com/token",
            clientId: "a",
            clientSecret: { $env: "CORP_SECRET" },
          },
          profile: "casdoor",
          constants: { organization: "acme" },
          query: { userId: "acme/admin" },
          api: { userid: "externalId", auth: { type: "basic", username: "a", password: "secret of the api" } },
          sources: ["corp"],
          provision: { onRemoval: { deactivateThenDeleteAfterDays: 30 } },
          scope: { users: "active eq true" },
          safeguards: { protected: 'userName eq "admin"' },
          mapping: { user: { title: null, nickName: { from: "displayName" } } },
          verify: { everyHours: 24 },
        },
      ],
      userGroups: [{ displayName: "经理", memberFilter: 'title co "经理"', sources: ["corp", "partners"] }],
      scimClients: [{ name: "okta", access: "write", sources: ["partners", "user-groups"], requestsPerSecond: 9 }],
      webhooks: [{ name: "ops", url: "https://hooks.example.com/x", events: ["task.held", "source.stale"] }],
    };
    const path = file("bridge.json", more);
    const secrets = join(folder, "secrets.ndjson");
    expect(await command(line, "apply", "-f", path, "--secrets-file", secrets)).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect(await command(line, "apply", "-f", path, "--plan", "--detailed-exitcode")).toMatchObject({ exitCode: 0 });
    const [{ secret: token }] = readFileSync(secrets, "utf8")
      .trim()
      .split("\n")
      .map((each) => JSON.parse(each));
    const seen = await fetch(`${bridge.url}/scim/v2/Groups`, { headers: { authorization: `Bearer ${token}` } });
    expect(seen.status).toBe(200);

    const exported = join(folder, "out.json");
    expect(await command(line, "export", "-o", exported)).toMatchObject({ exitCode: 0 });
    const text = readFileSync(exported, "utf8");
    for (const secret of [
      ...Object.values(references),
      target.token,
      "acme/admin",
      "secret of the api",
      "0123456789abcdef",
      token,
    ]) {
      if (secret !== "") expect(text).not.toContain(secret);
    }
    expect(text).not.toContain("Listed");
    expect(await command(line, "apply", "-f", exported, "--plan", "--prune", "--detailed-exitcode")).toEqual({
      exitCode: 0,
      stdout: "There is nothing to do.\n",
      stderr: "",
    });

    // What was written as masks is still what it was.
    await command(line, "apply", "-f", exported);
    expect(await line.sync()).toMatchObject({ state: "succeeded" });
  });

  it("an address that changes needs a word about the links, and a source its people and a yes", timeout, async () => {
    line = await makeLine(shape, (await onDatabase(dialect)).databaseUrl);
    const { wecom, target, bridge, home } = line;
    await line.sync();
    const path = join(dirname(home.schemasDir), "bridge.json");
    const write = (document: object): void => writeFileSync(path, JSON.stringify(document));
    const corp = sourceForm("corp", wecom.url, wecom);
    const app = { ...targetForm("target", target, ["corp"]), auth: { type: "bearer", token: { $env: "APP_TOKEN" } } };
    write({ sources: [corp], targets: [app] });
    expect(await command(line, "apply", "-f", path, "--plan", "--detailed-exitcode")).toMatchObject({ exitCode: 0 });

    const moved = { ...app, baseUrl: target.url.replace("127.0.0.1", "localhost") };
    write({ sources: [corp], targets: [moved] });
    const unsaid = await command(line, "apply", "-f", path);
    expect(unsaid).toMatchObject({ exitCode: 1 });
    expect(unsaid.stderr).toContain("Nothing was done. It needs: --links target=keep");
    expect(await command(line, "apply", "-f", path, "--links", "target=keep")).toMatchObject({ exitCode: 0 });
    expect(await bridge.api.call("GET", "/targets/target")).toMatchObject({
      baseUrl: moved.baseUrl,
      verifyFirst: "moved",
    });
    expect(await command(line, "apply", "-f", path, "--links", "target")).toMatchObject({ exitCode: 2 });

    write({ sources: [] });
    const flags = ["apply", "-f", path, "--prune", "--people", "deactivate"];
    const shown = await command(line, ...flags);
    expect(shown).toMatchObject({ exitCode: 1 });
    expect(shown.stdout).toMatch(
      /The end of source corp with --people deactivate:\n.*directory: 40 people deactivated/,
    );
    expect(shown.stdout).toMatch(/ {4}target: [1-9]\d* people deactivated, 0 deleted/);
    expect(await bridge.api.call("GET", "/sources/corp")).toMatchObject({ status: "enabled" });
    expect(await command(line, ...flags, "--yes")).toMatchObject({ exitCode: 0, stderr: "" });
    await expect(bridge.api.call("GET", "/sources/corp")).rejects.toThrow("404");
    expect(await command(line, ...flags, "--plan", "--detailed-exitcode")).toMatchObject({ exitCode: 0 });
  });
});
