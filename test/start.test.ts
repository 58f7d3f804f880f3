import { once } from "node:events";
import { cp, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgram } from "./support/bridge.ts";
import { projectDir } from "./support/imports.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "bridge-start-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const serve = (env: Readonly<Record<string, string>> = {}) =>
  runProgram(["serve"], {
    PATH: process.env["PATH"],
    PORT: "0",
    BRIDGE_DATA_DIR: join(dir, "data"),
    BRIDGE_SCHEMAS_DIR: join(projectDir, "schemas"),
    ...env,
  });

describe("the first start", () => {
  it("makes what it needs, readable by nobody else, and says where; the second finds it", async () => {
    const first = serve();
    const [, url = ""] = await first.says("stderr", /listens at (\S+)/);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready" });
    expect(await first.end("SIGTERM")).toBe(0);
    for (const name of ["encryption.key", "admin.token"]) {
      expect(first.stderr()).toContain(join(dir, "data", name));
      expect((await stat(join(dir, "data", name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(dir, "data"))).mode & 0o777).toBe(0o700);

    const second = serve();
    await second.says("stderr", /listens at (\S+)/);
    expect(await second.end("SIGTERM")).toBe(0);
    expect(second.stderr()).not.toContain("made");
  });

  it("shows the administrator's token to a terminal only", async () => {
    const first = serve();
    const [, url = ""] = await first.says("stderr", /listens at (\S+)/);
    await fetch(`${url}/api/v1/sources`, { headers: { authorization: "Bearer wrong" } });
    await first.end("SIGTERM");
    expect(first.stderr() + first.stdout()).not.toMatch(/administrator's token: [\w-]{20}/);
  });

  it("makes the data directory also when key and token are given", async () => {
    const given = serve({
      BRIDGE_ADMIN_TOKEN: "t".repeat(32),
      BRIDGE_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
    });
    await given.says("stderr", /listens at/);
    expect(await given.end("SIGTERM")).toBe(0);
    expect(await readdir(join(dir, "data"))).not.toContain("admin.token");
  });
});

describe("a start that can't be", () => {
  it("ends with 2 and a line for each wrong variable, with no secret in it", async () => {
    const program = serve({
      PORT: "99999",
      DATABASE_URL: "mysql://me:sesame-1234@db/x",
      BRIDGE_ENCRYPTION_KEY: "c2VzYW1lLTU2Nzg=",
      BRIDGE_LOG_LEVEL: "loud",
    });
    expect(await program.exited).toBe(2);
    const lines = program.stderr().trimEnd().split("\n");
    expect(lines.map((line) => line.split(":")[0])).toEqual([
      "PORT",
      "DATABASE_URL",
      "BRIDGE_ENCRYPTION_KEY",
      "BRIDGE_LOG_LEVEL",
    ]);
    expect(program.stderr()).not.toMatch(/sesame|c2Vz/);
  });

  it("ends with 1 and a sentence where the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    try {
      const { port } = other.address() as AddressInfo;
      await endsWithSentence(
        serve({ PORT: String(port) }),
        /^HOST, PORT: can't listen at 127\.0\.0\.1 port \d+: .*EADDRINUSE/,
      );
    } finally {
      other.close();
    }
  });

  it("ends with 1 and a sentence where the data directory can't be one", async () => {
    await writeFile(join(dir, "data"), "");
    await endsWithSentence(serve(), /^BRIDGE_DATA_DIR: \S+ can't be used: EEXIST/);
  });

  it("ends with 1 and a sentence where the database does not answer, without its password", async () => {
    const program = serve({ DATABASE_URL: "postgres://bridge:sesame-1234@127.0.0.1:1/bridge" });
    await endsWithSentence(program, /^DATABASE_URL: the database can't be used: .*ECONNREFUSED/);
    expect(program.stderr()).not.toContain("sesame");
  });

  it("ends with 1 and a sentence where the file is no database", async () => {
    const file = join(dir, "notes.txt");
    await writeFile(file, "these are notes and no database\n".repeat(200));
    await endsWithSentence(serve({ DATABASE_URL: `file:${file}` }), /^DATABASE_URL: .*not a database/);
  });

  it("ends with 1 and a line for each mistake in the extension schemas", async () => {
    const schemas = join(dir, "schemas");
    await cp(join(projectDir, "schemas"), schemas, { recursive: true });
    await writeFile(join(schemas, "extensions", "a.json"), "{");
    await writeFile(join(schemas, "extensions", "b.json"), '{ "id": 3 }');
    const program = serve({ BRIDGE_SCHEMAS_DIR: schemas });
    expect(await program.exited).toBe(1);
    expect(program.stderr()).toMatch(/extensions\/a\.json.*\n.*extensions\/b\.json.* \/id: /);
    expect(program.stderr()).not.toMatch(/^ +at |undefined:undefined/m);
  });

  it("ends with 2 where there are no schema files", async () => {
    const program = serve({ BRIDGE_SCHEMAS_DIR: join(dir, "nowhere") });
    expect(await program.exited).toBe(2);
    expect(program.stderr()).toMatch(/^BRIDGE_SCHEMAS_DIR: got ".*nowhere", expected .*\n$/);
  });
});

async function endsWithSentence(program: ReturnType<typeof runProgram>, sentence: RegExp): Promise<void> {
  expect(await program.exited).toBe(1);
  expect(program.stderr()).toMatch(sentence);
  expect(program.stderr().trimEnd().split("\n")).toHaveLength(1);
}
