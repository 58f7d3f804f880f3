import { expect, test } from "vitest";
import { shareRuns } from "../../src/lib/share-runs.ts";

/** Work that ends when it is told to; each run answers its number. */
function makeWork() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const work = async (): Promise<number> => {
    running += 1;
    most = Math.max(most, running);
    const number = ends.length + 1;
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
    if (number === 3) throw new Error("the third one fails");
    return number;
  };
  return { work, ends, most: () => most };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("who asks while a run is under way shares the next one: never the one that had begun", async () => {
  const { work, ends, most } = makeWork();
  const shared = shareRuns(work);
  const first = shared.run();
  const others = Array.from({ length: 50 }, () => shared.run());
  await settle();
  expect(ends).toHaveLength(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await settle();
  const late = shared.run();
  ends[1]?.();
  expect(new Set(await Promise.all(others))).toEqual(new Set([2]));
  await settle();
  ends[2]?.();
  await expect(late).rejects.toThrow("the third one fails");
  expect([ends.length, most()]).toEqual([3, 1]);
});

test("a run that fails fails for those who share it, and the next one begins", async () => {
  let runs = 0;
  const shared = shareRuns(async () => {
    runs += 1;
    if (runs === 1) throw new Error("no");
    return runs;
  });
  const [first, second] = await Promise.allSettled([shared.run(), shared.run()]);
  expect([first.status, second]).toEqual(["rejected", { status: "fulfilled", value: 2 }]);
});

test("idle waits for the run and for the one behind it", async () => {
  const { work, ends } = makeWork();
  const shared = shareRuns(work);
  void shared.run();
  const second = shared.run();
  let idle = false;
  const waiting = shared.idle().then(() => {
    idle = true;
  });
  ends[0]?.();
  await settle();
  expect(idle).toBe(false);
  ends[1]?.();
  await waiting;
  expect([idle, await second]).toEqual([true, 2]);
  await shared.idle();
});
