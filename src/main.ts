import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { runCli } from "./cli/program.ts";
import { readConfig } from "./config.ts";
import { makeLog } from "./lib/log.ts";

// The program: reads the command line, starts what it names, and ends with its exit code. What only some commands need is
// loaded by those: the server with all it is made of takes a second.

// Whoever reads our output may stop reading: `… | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runCli(
  {
    serve,
    demo: async (options) => {
      const { runDemo } = await import("./demo/run-demo.ts");
      return runDemo({ ...options, stdout: process.stdout, stopped: toldToStop() });
    },
    simulator: runSimulator,
    fetch,
    env: process.env,
    stdin: () => process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  },
  process.argv.slice(2),
);

/** Runs the server until it is told to stop, or its engine fails (then a supervisor should start it again). */
async function serve(options: { readonly leaseMs: number }): Promise<number> {
  const { startBridge } = await import("./serve.ts");
  const config = readConfig(process.env);
  const log = makeLog(config.logLevel);
  const stopped = toldToStop();
  const bridge = await startBridge(config, log, options);
  process.stderr.write(`WeCom SCIM Bridge listens at ${bridge.url}\n`);
  for (const { what, file } of bridge.made) process.stderr.write(`made the ${what}: ${file}\n`);
  // A log collector must not get it; somebody who looks at the terminal needs it.
  if (config.adminToken === null && process.stderr.isTTY) {
    process.stderr.write(`administrator's token: ${bridge.adminToken}\n`);
  }
  const failure = await Promise.race([stopped, bridge.failed]);
  if (failure instanceof Error) {
    log.fatal({ err: failure }, "the engine failed");
    return 1;
  }
  await bridge.close();
  return 0;
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

/** A simulator is a program of its own, which shares nothing with the bridge. */
async function runSimulator(kind: "wecom" | "scim", args: readonly string[]): Promise<number> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`./simulator/${kind}/main.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 0;
}
