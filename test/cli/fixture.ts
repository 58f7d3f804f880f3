import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import type { CliParts } from "../../src/cli/parts.ts";
import { runCli } from "../../src/cli/program.ts";
import { type AdminFixture, makeAdminFixture } from "../support/admin.ts";

export interface CliFixture {
  readonly admin: AdminFixture;
  /** What names the server to commands. */
  readonly env: Readonly<Record<string, string>>;
  /** Calls of `serve`, `demo` and `simulator`. */
  readonly calls: readonly (readonly unknown[])[];
  run(args: readonly string[], more?: Partial<CliParts> & { readonly tty?: boolean }): Promise<Ran>;
  close(): Promise<void>;
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line with a real management API behind it, over HTTP. */
export async function makeCliFixture(...admins: Parameters<typeof makeAdminFixture>): Promise<CliFixture> {
  const admin = await makeAdminFixture(...admins);
  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: admin.app.fetch, hostname: "127.0.0.1", port: 0 }, () =>
      resolve(started as unknown as Server),
    );
  });
  const { port } = server.address() as AddressInfo;
  const calls: (readonly unknown[])[] = [];
  const env = { BRIDGE_URL: `http://127.0.0.1:${port}`, BRIDGE_TOKEN: admin.adminToken };
  return {
    admin,
    env,
    calls,
    run: (args, more = {}) =>
      runCommand(args, {
        serve: async () => {
          calls.push(["serve"]);
          return 0;
        },
        demo: async (options) => {
          calls.push(["demo", options]);
          return 1;
        },
        simulator: async (kind, options) => {
          calls.push(["simulator", kind, options]);
          return 0;
        },
        env,
        ...more,
      }),
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await admin.store.close();
    },
  };
}

/** Runs a command line with nothing behind it but what is handed in. */
export async function runCommand(
  args: readonly string[],
  { tty = false, ...more }: Partial<CliParts> & { readonly tty?: boolean } = {},
): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr") => ({
    isTTY: tty,
    columns: 60,
    write(text: string) {
      said[name] += text;
    },
  });
  const notHere = async (): Promise<number> => {
    throw new Error("this command is not under test");
  };
  const parts: CliParts = {
    serve: notHere,
    demo: notHere,
    simulator: notHere,
    fetch,
    env: {},
    stdin: () => Readable.from([]),
    stdout: output("stdout"),
    stderr: output("stderr"),
    pollMs: 1,
    ...more,
  };
  const exitCode = await runCli(parts, args);
  return { exitCode, ...said };
}
