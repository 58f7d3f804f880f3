import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveReferences } from "../../src/cli/resolve-references.ts";
import { projectDir } from "../support/imports.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;
let folder: string;
beforeEach(async () => {
  cli = await makeCliFixture();
  folder = mkdtempSync(join(tmpdir(), "bridge-apply-"));
});
afterEach(async () => {
  await cli.close();
  rmSync(folder, { recursive: true, force: true });
});

const secrets = { CORP_SECRET: "planted-corp-secret", APP_TOKEN: "planted-app-token" };
const hq = {
  name: "hq",
  type: "wecom",
  wecom: { corpId: "ww0123456789abcdef", corpSecret: { $env: "CORP_SECRET" } },
  sync: { automatic: false },
};
const app = {
  name: "staff-app",
  baseUrl: "https://app.example.com/scim/v2",
  auth: { type: "bearer", token: { $env: "APP_TOKEN" } },
  sources: ["hq", "partners"],
  mapping: { user: { title: null } },
};
const whole = {
  settings: { alertAfterHours: 6 },
  sources: [hq, { name: "partners", type: "custom" }],
  targets: [app],
  userGroups: [{ displayName: "VPN", memberFilter: "active eq true", sources: ["hq"] }],
  scimClients: [{ name: "okta", access: "write", sources: ["partners"] }],
  webhooks: [{ name: "ops", url: "https://hooks.example.com/x", events: ["task.held"] }],
};

function write(document: unknown, name = "bridge.json"): string {
  const path = join(folder, name);
  writeFileSync(path, typeof document === "string" ? document : JSON.stringify(document, null, 2));
  return path;
}

function apply(document: unknown, flags: readonly string[] = [], more: Parameters<CliFixture["run"]>[1] = {}) {
  const { admin } = cli;
  // The environment of the fixture, with secrets beside it.
  return cli
    .run(["apply", "-f", write(document), ...flags], {
      tty: true,
      ...more,
      env: { ...cli.env, ...secrets, ...more.env },
    })
    .then((ran) => {
      const said = ran.stdout + ran.stderr + admin.logLines.join("");
      for (const secret of Object.values(secrets)) expect(said).not.toContain(secret);
      return ran;
    });
}

const plan = (document: unknown, ...flags: readonly string[]) =>
  apply(document, ["--plan", "--detailed-exitcode", ...flags]);

describe("apply", () => {
  it("plans, does it, and then finds nothing to do", async () => {
    expect(await plan(whole)).toMatchObject({ exitCode: 2, stderr: "" });
    expect((await cli.admin.request("GET", "/api/v1/sources")).body.items).toEqual([]);
    const ran = await apply(whole);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toMatch(
      /created source hq\n.*created source partners\ncreated target staff-app\ncreated user group VPN\n/s,
    );
    expect(ran.stdout).toMatch(/created SCIM client okta\n {4}its secret, which is not shown again: scim_\S+\n/);
    expect(ran.stdout).toMatch(/created webhook ops\n.*whsec_/);
    expect(await plan(whole)).toEqual({ exitCode: 0, stdout: "There is nothing to do.\n", stderr: "" });
    expect(await apply(whole)).toMatchObject({ exitCode: 0, stdout: "There is nothing to do.\n" });
    const stored = await cli.admin.store.findSource("hq");
    expect(stored?.secrets).toEqual({ "/wecom/corpSecret": secrets.CORP_SECRET });
  });

  it("shows what changes, of a secret that it is another, and leaves the rest alone", async () => {
    await apply(whole);
    const changed = {
      ...whole,
      targets: [
        {
          ...app,
          auth: { type: "basic", username: "u", password: { $env: "CORP_SECRET" } },
          mapping: { user: { nickName: null } },
        },
      ],
      sources: [{ ...hq, sync: { intervalHours: 3 }, wecom: { ...hq.wecom, corpSecret: "another-secret" } }],
      userGroups: [{ displayName: "VPN", memberFilter: "active eq false", externalId: "vpn" }],
      webhooks: undefined,
    };
    const ran = await apply(changed);
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toContain("    wecom.corpSecret: another secret\n");
    expect(ran.stdout).toContain("    sync.intervalHours: 1 → 3\n");
    expect(ran.stdout).toContain('    auth.password: (not said) → "********"\n');
    expect(ran.stdout).toContain("Not in the file, and left alone:\n    source partners\n    webhook ops\n");
    expect(ran.stdout).not.toContain("another-secret");
    expect((await cli.admin.store.findSource("hq"))?.secrets).toEqual({ "/wecom/corpSecret": "another-secret" });
    expect((await cli.admin.store.findTarget("staff-app"))?.settings).toMatchObject({
      auth: { type: "basic", username: "u" },
      mapping: { user: { nickName: null } },
    });
    expect(await plan(changed)).toMatchObject({ exitCode: 0 });
    // What is not said is as of a new one: no externalId, all sources, the mask is what is stored.
    const masked = {
      userGroups: [{ displayName: "VPN", memberFilter: "active eq false" }],
      sources: [{ ...hq, wecom: { ...hq.wecom, corpSecret: "********" } }],
    };
    const again = await apply(masked);
    expect(again.stdout).toContain('    externalId: "vpn" → (not said)\n');
    expect(again.stdout).not.toContain("corpSecret");
    expect(await plan(masked)).toMatchObject({ exitCode: 0 });
  });

  it("tells all that is wrong with the file at once, at its places, and does nothing", async () => {
    const text = `{
  "sources": [
    { "name": "h", "type": "wecom", "wecom": { "corpId": "ww1", "corpSecret": { "$env": "MISSING" } } }
  ],
  "targets": [
    { "name": "app", "baseUrl": "ftp://app", "auth": { "type": "bearer", "token": { "$vault": "x" } },
      "sources": ["nobody"] },
    { "name": "app2", "baseUrl": { "$file": "missing.txt" }, "auth": { "type": "bearer", "token": { "$env": "APP_TOKEN", "$file": "x" } },
      "sources": [], "typo": 1 }
  ]
}`;
    const ran = await apply(text);
    const path = join(folder, "bridge.json");
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(
      ran.stderr
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(`${path}:`, "")),
    ).toEqual([
      expect.stringMatching(/^3:15 \/sources\/0\/name: has to be 2 to 100 characters/),
      "3:65 /sources/0/wecom/corpSecret: the environment variable MISSING is not set",
      expect.stringMatching(/^6:33 \/targets\/0\/baseUrl: has to be an http or https URL/),
      '6:74 /targets/0/auth/token: "$vault" is no reference; there are: $env and $file',
      expect.stringMatching(/^8:23 \/targets\/1\/baseUrl: the file missing.txt is not there/),
      "8:90 /targets/1/auth/token: a reference has one member; there are: $env and $file",
      "9:30 /targets/1/typo: is not known here: is it misspelt?",
    ]);
    expect((await cli.admin.request("GET", "/api/v1/targets")).body.items).toEqual([]);
  });

  it("ends with 1 for a file that is none, also where 2 would mean changes", async () => {
    expect(await plan('{ "sources": [ }')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("bridge.json:1:"),
    });
    expect(await plan("[]")).toMatchObject({ exitCode: 1 });
    const missing = ["apply", "-f", join(folder, "nothing.json")];
    expect(await cli.run(missing)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is not there") });
    expect(await cli.run([...missing, "--plan", "--detailed-exitcode"])).toMatchObject({ exitCode: 1 });
    expect(await cli.run([...missing, "--detailed-exitcode"])).toMatchObject({ exitCode: 2 });
    expect(await cli.run(["apply"])).toMatchObject({ exitCode: 2 });
  });

  it("reads standard input, and files beside the configuration without their last line break", async () => {
    writeFileSync(join(folder, "token.txt"), "a token of the product\r\n");
    const document = {
      sources: [],
      targets: [{ ...app, sources: [], auth: { type: "header", name: "X-Api-Key", value: { $file: "token.txt" } } }],
    };
    expect(await apply(document)).toMatchObject({ exitCode: 0 });
    expect((await cli.admin.store.findTarget("staff-app"))?.secrets).toEqual({
      "/auth/value": "a token of the product",
    });
    const stdin = () => Readable.from([JSON.stringify({ webhooks: [] })]);
    expect(await cli.run(["apply", "-f", "-"], { stdin })).toMatchObject({ exitCode: 0 });
  });

  it("refuses a rename, says how it is done, and does nothing", async () => {
    await apply(whole);
    const renamed = { ...whole, sources: [{ ...hq, name: "headquarters" }, whole.sources[1]], targets: [] };
    const ran = await apply(renamed, ["--prune", "--people", "delete", "--yes"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(
      /bridge\.json:7:\d+ \/sources\/0\/name: there is no source of this name, and "hq".*To rename it: PATCH/,
    );
    expect(cli.admin.calls.filter(([name]) => name === "removeSource")).toEqual([]);
    const { id = "" } = (await cli.admin.store.findSource("hq")) ?? {};
    await cli.admin.request("PATCH", `/api/v1/sources/${id}`, { name: "headquarters" });
    expect(await plan({ sources: renamed.sources })).toMatchObject({ exitCode: 0 });
  });
});

describe("apply --prune", () => {
  it("deletes only from lists that the file has, in the other order, once --people and --yes are said", async () => {
    await apply(whole);
    const rest = { sources: [whole.sources[1]], targets: [], scimClients: [] };
    const flags = ["--prune"];
    const first = await plan(rest, ...flags);
    expect(first).toMatchObject({ exitCode: 2 });
    expect(first.stdout).toContain("- SCIM client okta\n- target staff-app\n- source hq\n");
    expect(first.stdout).toContain("left alone:\n    user group VPN\n    webhook ops\n");
    const unsaid = await apply(rest, flags);
    expect(unsaid).toMatchObject({ exitCode: 1 });
    expect(unsaid.stderr).toMatch(/Nothing was done. It needs: --people .*; --yes/);
    const shown = await apply(rest, [...flags, "--people", "delete"]);
    expect(shown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--yes") });
    expect(shown.stdout).toMatch(
      /The end of source hq with --people delete:\n {4}the bridge's directory: 0 people deactivated/,
    );
    expect(await cli.admin.store.findClient("okta")).not.toBeNull();
    expect(await apply(rest, [...flags, "--people", "delete", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(cli.admin.calls).toContainEqual(["removeSource", expect.any(String), "delete"]);
    expect(await plan(rest, ...flags)).toMatchObject({ exitCode: 0 });
    expect(await cli.admin.store.findWebhook("ops")).not.toBeNull();
  });

  it("is refused where the file names a source that would go, and shows where", async () => {
    await apply(whole);
    const odd = { ...whole, sources: [whole.sources[1]] };
    expect(await plan(odd)).toMatchObject({ exitCode: 0 });
    const ran = await apply(odd, ["--prune", "--people", "keep", "--yes"]);
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ran.stderr).toMatch(/\/targets\/0\/sources: names a source.*\n.*\/userGroups\/0\/sources: /);
    expect(await cli.admin.store.findSource("hq")).not.toBeNull();
  });
});

describe("secrets that are shown once", () => {
  it("go to a file of mode 0600, and to no pipe", async () => {
    const path = join(folder, "secrets.ndjson");
    const piped = await apply(whole, [], { tty: false });
    expect(piped).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--secrets-file") });
    expect(await cli.admin.store.findSource("hq")).toBeNull();
    const ran = await apply(whole, ["--secrets-file", path, "--json"], { tty: false });
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).not.toMatch(/scim_|whsec_/);
    expect(JSON.parse(ran.stdout).steps.every(({ state }: { state: string }) => state === "done")).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { kind: "scimClients", name: "okta", secret: expect.stringMatching(/^scim_/) },
      { kind: "webhooks", name: "ops", secret: expect.stringMatching(/^whsec_/) },
    ]);
    const more = { scimClients: [{ name: "entra" }] };
    chmodSync(path, 0o600);
    expect(await apply(more, ["--secrets-file", path])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("is there already"),
    });
    expect(await cli.admin.store.findClient("entra")).toBeNull();
  });
});

describe("what goes wrong in the middle", () => {
  /** Loses the answer of the n-th call that writes, which was carried out. */
  function losing(nth: number): typeof fetch {
    let writes = 0;
    return async (input, init) => {
      const isWrite = init?.method !== "GET" && !String(input).endsWith("/compare");
      const answer = await fetch(input, init);
      if (isWrite) writes += 1;
      if (!isWrite || writes !== nth) return answer;
      throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
    };
  }

  it.each([1, 2, 3, 4, 5, 6, 7])(
    "answer %i that is lost: it stops and says so, and a repetition does the rest",
    async (nth) => {
      const ran = await apply(whole, [], { fetch: losing(nth) });
      expect(ran).toMatchObject({ exitCode: 1 });
      expect(ran.stderr).toContain("Whether it was done is not known.");
      expect(ran.stdout.match(/^(created|changed) /gm) ?? []).toHaveLength(nth - 1);
      const rest = await apply(whole);
      expect(rest).toMatchObject({ exitCode: 0 });
      expect(rest.stdout.match(/^(created|changed) /gm) ?? []).toHaveLength(7 - nth);
      expect(await plan(whole)).toMatchObject({ exitCode: 0 });
      const { body } = await cli.admin.request("GET", "/api/v1/sources");
      expect(body.items).toHaveLength(2);
    },
  );

  it("a name that was taken meanwhile is told, with what was done and what was not; a repetition goes on from there", async () => {
    const { admin } = cli;
    const racing: typeof fetch = async (input, init) => {
      if (init?.method === "POST" && String(input).endsWith("/targets")) {
        const auth = { type: "bearer", token: "of-another-administrator" };
        await admin.request("POST", "/api/v1/targets", { ...app, auth, sources: [], mapping: undefined });
      }
      return fetch(input, init);
    };
    const ran = await apply(whole, [], { fetch: racing });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("Failed: create target staff-app\n");
    expect(ran.stderr).toContain("is taken by another target");
    expect(ran.stderr).toContain("Done: update settings, create source hq, create source partners\n");
    expect(ran.stderr).toContain("Not done: create user group VPN, create SCIM client okta, create webhook ops\n");
    expect(ran.stderr).not.toContain("not known");
    const again = await apply(whole, ["--json", "--secrets-file", join(folder, "s")]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      error: null,
      steps: [{ kind: "targets", action: "update", state: "done" }, {}, {}, {}],
    });
    expect(await plan(whole)).toMatchObject({ exitCode: 0 });
  });
});

describe("export", () => {
  it("writes what apply takes, without secrets, the same each time", async () => {
    await apply(whole);
    const path = join(folder, "out.json");
    expect(await cli.run(["export", "-o", path])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const text = readFileSync(path, "utf8");
    expect((await cli.run(["export"])).stdout).toBe(text);
    for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({
      targets: [{ name: "staff-app", sources: ["hq", "partners"], auth: { token: "********" } }],
    });
    expect(await plan(text, "--prune")).toEqual({ exitCode: 0, stdout: "There is nothing to do.\n", stderr: "" });
    expect(await cli.run(["export", "-o", join(folder, "no", "x")])).toMatchObject({ exitCode: 1 });
  });
});

it("references stand for texts anywhere but in rules of a target", async () => {
  const document = {
    a: [{ $env: "X" }],
    targets: [{ mapping: { user: { $env: "X" } } }],
    $schema: "s",
    b: { $env: 7 },
    c: { $file: "boom" },
  };
  const readers = {
    $env: (name: string) => name.toLowerCase(),
    $file: () => {
      throw new Error("no");
    },
  };
  expect(await resolveReferences(document as never, readers)).toEqual({
    value: { ...document, a: ["x"], b: "unread-reference", c: "unread-reference" },
    problems: [
      { pointer: "/b", detail: "$env takes a name, as a text" },
      { pointer: "/c", detail: "no" },
    ],
  });
});

it("the file and the commands of docs/operating.md do what the page says", async () => {
  const page = readFileSync(join(projectDir, "docs/operating.md"), "utf8");
  const [, document = ""] = /^```json bridge\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const section = page.slice(page.indexOf("## Configuration as a file"), page.indexOf("## Keys, tokens, TLS"));
  const commands = [...section.matchAll(/^npx wecom-scim-bridge (.*)$/gm)].map(([, args = ""]) => args.split(" "));
  expect(commands).toHaveLength(4);
  write(document);
  write("a-token\n", "staff-app.token");
  const at = (name: string): string => (/\.(json|ndjson)$/.test(name) ? join(folder, name) : name);
  const env = { ...cli.env, ...secrets };
  const ran = [];
  for (const args of commands) ran.push(await cli.run(args.map(at), { env }));
  expect(ran.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(commands.map(() => [0, ""]));
  expect(ran[2]?.stdout).toBe("There is nothing to do.\n");
  expect(JSON.parse(readFileSync(join(folder, "bridge-now.json"), "utf8")).targets).toMatchObject([
    { name: "staff-app" },
  ]);
});
