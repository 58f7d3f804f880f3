import { fstatSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startWecomSimulator, type WecomSimulator } from "./wecom.ts";

export interface SimulatorProcessOptions {
  readonly host?: string;
  readonly port?: number;
  readonly members: number;
  readonly departments: number;
  readonly tags?: number;
  readonly seed: number | string;
  /** Corps of this shape, alike in everything but their credentials. */
  readonly corps?: number;
  readonly privacy?: "old" | "new";
  /** False: no frequency limits at all. Default true: the published ones. */
  readonly limited?: boolean;
}

/** Starts the simulator as the command line describes it. */
export function startSimulatorProcess(options: SimulatorProcessOptions): Promise<WecomSimulator> {
  const { members, departments, seed, tags } = options;
  const corp = {
    shape: { members, departments, seed, ...(tags === undefined ? {} : { tags }) },
    settings: { privacy: options.privacy ?? "old" },
    ...(options.limited === false && { limits: { perMinute: 0, perHour: 0, ipPerMinute: 0, ipPerHour: 0 } }),
  } as const;
  return startWecomSimulator({
    ...(options.host === undefined ? {} : { host: options.host }),
    port: options.port ?? 0,
    corps: Array.from({ length: options.corps ?? 1 }, () => corp),
  });
}

/**
 * Runs the simulator until SIGTERM, SIGINT or, where standard input is a pipe, its end. When ready it writes one line
 * to standard output: `{"url", "corpId", "appSecret", "agentId", "contactsSecret", "corps": […], "provider"}`.
 */
export async function runWecomSimulator(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(usage);
    return;
  }
  const simulator = await startSimulatorProcess(parseOptions(args));
  const credentials = simulator.corps.map(({ control: _, ...rest }) => rest);
  // Listening for the end comes first: whoever reads the line may send it at once.
  const end = told();
  const { control: _, ...provider } = simulator.provider;
  process.stdout.write(`${JSON.stringify({ url: simulator.url, ...credentials[0], corps: credentials, provider })}\n`);
  await end;
  await simulator.close();
}

const usage = `Usage: simulator wecom [options]

  --port <n>         where it listens; any free port if not said
  --host <address>   default 127.0.0.1
  --members <n>      default 1000
  --departments <n>  default 60
  --tags <n>         by the size of the corp if not said
  --seed <text>      another seed is another organisation; default 1
  --corps <n>        so many corps, alike in everything but their credentials; default 1
  --privacy old|new  new: sensitive fields are not shown, as to apps made after 20 June 2022; default old
  --unlimited        without WeCom's frequency limits
`;

function parseOptions(args: readonly string[]): SimulatorProcessOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "0" },
      members: { type: "string", default: "1000" },
      departments: { type: "string", default: "60" },
      tags: { type: "string" },
      seed: { type: "string", default: "1" },
      corps: { type: "string", default: "1" },
      privacy: { type: "string", default: "old" },
      unlimited: { type: "boolean", default: false },
    },
  });
  const number = (name: string, given: string, least: number) => {
    if (!/^[0-9]+$/.test(given) || Number(given) < least) throw new TypeError(`--${name}: a number from ${least} up`);
    return Number(given);
  };
  if (values.privacy !== "old" && values.privacy !== "new") throw new TypeError("--privacy: old or new");
  return {
    host: values.host,
    port: number("port", values.port, 0),
    members: number("members", values.members, 0),
    departments: number("departments", values.departments, 1),
    ...(values.tags === undefined ? {} : { tags: number("tags", values.tags, 0) }),
    seed: values.seed,
    corps: number("corps", values.corps, 1),
    privacy: values.privacy,
    limited: !values.unlimited,
  };
}

/** Settles when the process is told to stop. */
function told(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    if (!isPipe()) return;
    // A parent that has gone closes the pipe. A terminal or /dev/null says nothing of the kind.
    process.stdin.once("end", () => resolve()).once("error", () => resolve());
    process.stdin.resume();
  });
}

function isPipe(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket();
  } catch {
    return false;
  }
}

const [, script] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(realpathSync(script)).href) {
  runWecomSimulator(process.argv.slice(2)).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : "the simulator could not start"}\n`);
      process.exit(error instanceof TypeError ? 2 : 1);
    },
  );
}
