import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig } from "../config.ts";
import { makeLog } from "../lib/log.ts";
import { wait } from "../lib/wait.ts";
import { startBridge } from "../serve.ts";
import { startScimSimulator } from "../simulator/scim/scim-simulator.ts";
import { startWecomSimulator } from "../simulator/wecom/wecom.ts";
import { type DemoApi, type DemoTask, makeDemoApi } from "./demo-api.ts";
import { expectedDirectory } from "./expected.ts";
import { compareDirectories, heldDirectory } from "./held.ts";

export interface DemoOptions {
  /** Ends after the first sync: 0 if the target holds exactly what the simulator says. */
  readonly once: boolean;
  readonly stdout: { write(text: string): unknown };
  /** Resolves when the demo is to end. */
  readonly stopped: Promise<void>;
  /** Where to listen; what `PORT` says if absent, else any free port. */
  readonly port?: number;
}

/** Size of the demo's corp: large enough to look real, small enough to look at. */
const shape = { members: 300, departments: 24, seed: 2026 } as const;
/** Between two changes in the simulated corp. Milliseconds. */
const changeEveryMs = 15_000;

/** The whole bridge on one machine, with no credentials: a simulated WeCom, the bridge, a SCIM target to look at. */
export async function runDemo({ once, stdout, stopped, port }: DemoOptions): Promise<number> {
  const say = (line = ""): void => {
    stdout.write(`${line}\n`);
  };
  const dataDir = join(tmpdir(), `wecom-scim-bridge-demo-${randomBytes(6).toString("hex")}`);
  const config = readConfig({
    BRIDGE_DATA_DIR: dataDir,
    BRIDGE_SCHEMAS_DIR: process.env["BRIDGE_SCHEMAS_DIR"] ?? fileURLToPath(new URL("../../schemas", import.meta.url)),
    BRIDGE_ADMIN_TOKEN: `demo-${randomBytes(12).toString("base64url")}`,
    BRIDGE_ALLOW_PRIVATE_ADDRESSES: "true",
    BRIDGE_LOG_LEVEL: process.env["BRIDGE_LOG_LEVEL"] ?? "error",
    PORT: String(port ?? (once ? 0 : (process.env["PORT"] ?? 0))),
  });
  const wecom = await startWecomSimulator({ shape });
  const target = await startScimSimulator({});
  const bridge = await startBridge(config, makeLog(config.logLevel)).catch(async (error: unknown) => {
    await Promise.all([target.close(), wecom.close(), rm(dataDir, { recursive: true, force: true })]);
    throw error;
  });
  try {
    const api = makeDemoApi(bridge.url, bridge.adminToken);
    const source = await api.createSource({ ...wecom, agentId: wecom.agentId });
    await api.createTarget(source.id, { baseUrl: target.url, token: target.token });
    const scimToken = await api.createScimClient();

    say("First sync: WeCom → mapping → directory → target");
    const task = await api.sync(source.id, (progress) => say(`  ${progress}`));
    report(say, task);
    const verdict = compareDirectories(
      expectedDirectory(wecom.control.visibleTruth()),
      heldDirectory(target.control.dump().users, target.control.dump().groups),
    );
    const violations = target.control.violations();
    say(
      verdict.count === 0
        ? "The target holds exactly what the simulated WeCom says: every person, membership and manager."
        : `The target differs from what the simulated WeCom says in ${verdict.count} places:`,
    );
    for (const example of verdict.examples) say(`  ${example}`);
    if (violations.length > 0) say(`The target noted ${violations.length} requests that break the RFC.`);
    if (once) return verdict.count === 0 && task.state === "succeeded" ? 0 : 1;

    say();
    say(`Console               ${bridge.publicUrl}/`);
    say(`Management API        ${bridge.publicUrl}/api/docs   token ${bridge.adminToken}`);
    say(`SCIM endpoint         ${bridge.publicUrl}/scim/v2   token ${scimToken}`);
    say(`The target            ${target.pageUrl}`);
    say(`The target's control  ${target.controlUrl}   token ${target.token}`);
    say(`The simulated WeCom   ${wecom.url}/`);
    say();
    say(`The corp changes every ${changeEveryMs / 1000} seconds. Ctrl-C ends the demo.`);
    await keepChanging(say, api, source.id, wecom.control, stopped);
    return 0;
  } finally {
    await bridge.close();
    await target.close();
    await wecom.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function keepChanging(
  say: (line?: string) => void,
  api: DemoApi,
  sourceId: string,
  corp: Awaited<ReturnType<typeof startWecomSimulator>>["control"],
  stopped: Promise<void>,
): Promise<void> {
  const ending = new AbortController();
  void stopped.then(() => ending.abort());
  for (let round = 1; ; round += 1) {
    try {
      await wait(changeEveryMs, ending.signal);
    } catch {
      return;
    }
    const changes = corp.randomChanges(2, round);
    say(`In WeCom: ${changes.map(describe).join("; ")}`);
    report(say, await api.sync(sourceId, () => {}));
  }
}

/** Kind and ids of a change; names stay in the corp. */
function describe(change: object): string {
  return Object.values(change)
    .filter((value) => typeof value === "string" || typeof value === "number")
    .join(" ");
}

function report(say: (line?: string) => void, task: DemoTask): void {
  const words = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what}`)
      .join(", ") || "nothing";
  say(`  read and mapped   users: ${words(task.counts.users)}; groups: ${words(task.counts.groups)}`);
  for (const { counts } of task.targets) {
    say(`  pushed            users: ${words(counts.users)}; groups: ${words(counts.groups)}`);
  }
  say(`  ${task.state}${task.error ? `: ${task.error.detail}` : ""}${task.hold ? `: ${task.hold.reason}` : ""}`);
}
