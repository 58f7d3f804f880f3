import { beforeAll, describe, expect, it } from "vitest";
import { wrongAt } from "../support/e2e-compare.ts";
import { killAndRecover, killsPerLife, measureWork, phases, type Work } from "../support/e2e-kill.ts";
import { makeLine } from "../support/e2e-line.ts";

describe("kill -9 in the middle of work", () => {
  let work: Work;

  beforeAll(async () => {
    work = await measureWork();
    expect(work.reads).toBeGreaterThan(60);
    expect(work.requests).toBeGreaterThan(1500);
  });

  const lives = [
    { seed: 1, phase: phases[0] },
    // The others, and some two hundred more: `npm run test:soak`.
    { seed: 3, phase: phases[2], faults: true },
  ];

  it.each(lives)(
    `killed ${killsPerLife} times, first at its $phase, and started again, it ends exactly right (seed $seed)`,
    { timeout: 240_000 },
    async ({ seed, phase, faults = false }) => killAndRecover(seed, phase, work, { faults }),
  );
});

it("removals that a safeguard holds are still held after a kill, and can be approved", {
  timeout: 180_000,
}, async () => {
  const { wecom, target, home, bridge, sync, close } = await makeLine({ members: 300, departments: 20, seed: 51 });
  try {
    await bridge.api.call("PATCH", "/sources/corp", { safeguards: { maxRemovals: { floor: 5, percent: 10 } } });
    await sync();
    const { members } = wecom.control.visibleTruth();
    for (const { userid } of members.slice(0, 60)) wecom.control.deleteMember(userid);
    for (const { userid } of members.slice(100, 200)) wecom.control.patchMember(userid, { position: "新职位" });
    target.control.fault({ match: { method: "PATCH" }, effect: { kind: "delay", ms: 50 } });
    target.control.resetJournal();
    const { id } = await bridge.api.startSync("corp");
    while (target.control.requests().total < 10) await new Promise((resolve) => setTimeout(resolve, 1));
    await bridge.kill();
    target.control.clearFault();

    const { api } = await home.start();
    const task = await api.ended(id);
    expect(task).toMatchObject({ state: "held", hold: { removals: { users: 60 } } });
    await api.call("POST", `/sync-tasks/${id}/approve`, {});
    expect(await api.ended(id)).toMatchObject({ state: "succeeded", hold: null });
    expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  } finally {
    await close();
  }
});
