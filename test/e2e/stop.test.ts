import { afterEach, expect, it } from "vitest";
import { wrongAt } from "../support/e2e-compare.ts";
import { type Line, makeLine } from "../support/e2e-line.ts";

let line: Line | null = null;
afterEach(() => line?.close());

it.each(["read", "push"] as const)(
  "SIGTERM in the middle of a sync (%s) ends the server cleanly, and the next start goes on at once",
  { timeout: 180_000 },
  async (phase) => {
    line = await makeLine({ members: 800, departments: 60, seed: 41 });
    const { wecom, target, home, bridge } = line;
    const task = await bridge.api.startSync("corp");
    await until(() =>
      phase === "read" ? (wecom.control.requests()["user/list"] ?? 0) > 10 : target.control.counts().users > 200,
    );
    expect(await bridge.stop()).toBe(0);
    expect(bridge.stderr()).not.toMatch(/"level":(50|60)/);
    const sent = target.control.requests().total;

    // A lease that was kept would keep the next one waiting for ten minutes: it was given back.
    const next = await home.start({ leaseSeconds: 600 });
    expect(await next.api.ended(task.id)).toMatchObject({ state: "succeeded", error: null, hold: null });
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
    expect(target.control.violations()).toEqual([]);
    if (phase === "push") {
      // What had been done was known: nobody was sent twice.
      expect(target.control.requests().counts["POST User"]).toBe(800);
      expect(target.control.requests().total).toBeGreaterThan(sent);
      expect(target.control.noops()).toEqual([]);
    }
  },
);

it("SIGTERM ends an idle server", {
  timeout: 180_000,
}, async () => {
  line = await makeLine({ members: 20, departments: 3, seed: 42 });
  expect((await line.sync()).state).toBe("succeeded");
  expect(await line.bridge.stop()).toBe(0);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
