import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BridgeApi, makeBridgeApi } from "./bridge-api.ts";

/**
 * What outlives a process of the bridge: its data directory, its database, its keys. Everything that is started here is
 * the program as it is shipped, in a process of its own.
 */
export interface BridgeHome {
  readonly adminToken: string;
  /** Its schema files: a copy, which a test may change. */
  readonly schemasDir: string;
  /** `file:…` or `postgres://…`, as `openDatabase` takes it. */
  readonly databaseUrl: string;
  /** Starts a server on a free port. Several may run at once on the same database. */
  start(options?: StartOptions): Promise<RunningBridge>;
  /** Kills what still runs and removes the data directory. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** How long a killed process keeps its sources and targets. Default 1. */
  readonly leaseSeconds?: number;
}

export interface RunningBridge {
  readonly url: string;
  readonly api: BridgeApi;
  /** What it wrote to standard error until now. */
  stderr(): string;
  /** What it wrote to standard output until now: its log. */
  stdout(): string;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: a process that stands still for a while and then goes on. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM. Answers the exit code. */
  stop(): Promise<number | null>;
}

/** @param databaseUrl absent: an SQLite file in the data directory */
export async function makeBridgeHome(databaseUrl?: string): Promise<BridgeHome> {
  const dataDir = await mkdtemp(join(tmpdir(), "bridge-e2e-"));
  const schemasDir = join(dataDir, "schemas");
  await cp(fileURLToPath(new URL("../../schemas", import.meta.url)), schemasDir, { recursive: true });
  const adminToken = randomBytes(24).toString("base64url");
  const url = databaseUrl ?? `file:${join(dataDir, "bridge.db")}`;
  const env = {
    PATH: process.env["PATH"],
    PORT: "0",
    DATABASE_URL: url,
    BRIDGE_DATA_DIR: dataDir,
    BRIDGE_SCHEMAS_DIR: schemasDir,
    BRIDGE_ADMIN_TOKEN: adminToken,
    BRIDGE_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    BRIDGE_ALLOW_PRIVATE_ADDRESSES: "true",
    BRIDGE_LOG_LEVEL: "warn",
  };
  const running = new Set<RunningProgram>();
  return {
    adminToken,
    schemasDir,
    databaseUrl: url,
    async start({ leaseSeconds = 1 } = {}) {
      const program = runProgram(["serve", "--lease-seconds", String(leaseSeconds)], env);
      running.add(program);
      const [, address = ""] = await program.says("stderr", /listens at (\S+)/);
      return {
        url: address,
        api: makeBridgeApi(address, adminToken),
        stderr: program.stderr,
        stdout: program.stdout,
        async kill() {
          await program.end("SIGKILL");
        },
        freeze: () => program.send("SIGSTOP"),
        thaw: () => program.send("SIGCONT"),
        stop: () => program.end("SIGTERM"),
      };
    },
    async close() {
      await Promise.all([...running].map((program) => program.end("SIGKILL")));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface RunningProgram {
  stdout(): string;
  stderr(): string;
  /** Waits until it has said something. Throws when it ends without. */
  says(where: "stdout" | "stderr", what: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  send(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Runs the built program (`npm run build`) with these arguments and no more of an environment than this. */
export function runProgram(args: readonly string[], env: Readonly<Record<string, string | undefined>>): RunningProgram {
  const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const where of ["stdout", "stderr"] as const) {
    child[where]?.setEncoding("utf8").on("data", (text: string) => {
      said[where] += text;
    });
  }
  const exited = once(child, "close").then(([code]) => code as number | null);
  return {
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    exited,
    async says(where, what) {
      for (;;) {
        const found = what.exec(said[where]);
        if (found) return found;
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`the program ended with ${child.exitCode ?? child.signalCode}: ${said.stderr}`);
        }
        await Promise.race([once(child[where] ?? child, "data"), exited]);
      }
    },
    send: (signal) => void child.kill(signal),
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
