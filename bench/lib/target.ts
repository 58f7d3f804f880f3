import type { HeldResource } from "../../src/demo/held.ts";
import { startProgram } from "./process.ts";

/** A simulated service provider in a process of its own. */
export interface BenchTarget {
  readonly url: string;
  readonly token: string;
  counts(): Promise<{ readonly users: number; readonly groups: number; readonly memberships: number }>;
  /** Requests since the last reset: all, and by method and type. */
  requests(): Promise<{ readonly total: number; readonly counts: Readonly<Record<string, number>> }>;
  violations(): Promise<number>;
  /** From here on every answer comes so many milliseconds later; 0: at once. */
  delayAnswers(ms: number): Promise<void>;
  /** Forgets what was recorded, or everything. */
  reset(what: "journal" | "everything"): Promise<void>;
  /** Everything held, one by one. */
  dump(): AsyncGenerator<HeldResource>;
  stop(): Promise<void>;
}

export async function startTarget(dist: string): Promise<BenchTarget> {
  const process = await startProgram(["--max-old-space-size=12000", `${dist}/simulator/scim/main.js`]);
  const { url, controlUrl, token } = JSON.parse(process.ready) as { url: string; controlUrl: string; token: string };
  const call = async (path: string, method = "GET", body?: object): Promise<Response> => {
    const response = await fetch(`${controlUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`the target answered ${response.status} to ${method} ${path}`);
    return response;
  };
  const json = async <T>(path: string): Promise<T> => (await call(path)).json() as Promise<T>;
  return {
    url,
    token,
    counts: () => json("/counts"),
    requests: () => json("/requests"),
    violations: async () => (await json<readonly unknown[]>("/violations")).length,
    async delayAnswers(ms) {
      await call("/faults", "DELETE");
      if (ms > 0) await call("/faults", "POST", { effect: { kind: "delay", ms } });
    },
    async reset(what) {
      await call(what === "journal" ? "/reset?journal" : "/reset", "POST");
    },
    async *dump() {
      let rest = "";
      const decoder = new TextDecoder();
      const { body } = await call("/dump");
      for await (const chunk of body ?? []) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line) as HeldResource;
      }
    },
    stop: () => process.stop(),
  };
}
