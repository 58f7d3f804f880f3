import { expect, test } from "vitest";
import { Gate, type GateOptions } from "../../../src/sync/push/gate.ts";

/** A gate that a hundred want to pass, who are called by numbers; `inside` are those who were let in. */
async function crowded(options: Omit<GateOptions, "signal">) {
  const leaving = new AbortController();
  const gate = new Gate({ ...options, signal: leaving.signal });
  const inside: number[] = [];
  const turnedAway: unknown[] = [];
  for (let number = 0; number < 100; number += 1) {
    gate.enter().then(
      () => inside.push(number),
      (reason: unknown) => turnedAway.push(reason),
    );
  }
  const settled = () => new Promise(setImmediate);
  await settled();
  return { gate, inside, turnedAway, settled, leaving };
}

function widen(gate: Gate, times: number): void {
  for (let time = 0; time < times; time += 1) gate.widen();
}

test("few are let in at first, and one more with every second answer, up to the most", async () => {
  const { gate, inside, settled } = await crowded({ most: 7 });
  expect(inside).toEqual([0, 1, 2, 3]);
  widen(gate, 2);
  await settled();
  expect(inside).toEqual([0, 1, 2, 3, 4]);
  widen(gate, 20);
  await settled();
  expect(inside).toHaveLength(7);
  expect((await crowded({ most: 2 })).inside).toHaveLength(2);
});

test("an overload halves it, down to one, and it grows again slowly", async () => {
  const { gate } = await crowded({ most: 8 });
  widen(gate, 8);
  expect(gate.limit).toBe(8);
  const limits = [1, 2, 3, 4].map(() => {
    gate.halve();
    return gate.limit;
  });
  expect(limits).toEqual([4, 2, 1, 1]);
  widen(gate, 4 + 8 - 1);
  expect(gate.limit).toBe(2);
  widen(gate, 1);
  expect(gate.limit).toBe(3);
});

test("who waits is let in by turn when another leaves, and not before there is room", async () => {
  const { gate, inside, settled } = await crowded({ most: 4 });
  gate.halve();
  gate.leave();
  gate.leave();
  await settled();
  expect(inside).toEqual([0, 1, 2, 3]);
  gate.leave();
  await settled();
  expect(inside).toEqual([0, 1, 2, 3, 4]);
});

test("one by one until it is let go", async () => {
  const { gate, inside, settled } = await crowded({ most: 8, oneByOne: true });
  widen(gate, 20);
  await settled();
  expect(inside).toEqual([0]);
  gate.letGo();
  await settled();
  expect(inside).toEqual([0, 1, 2, 3]);
});

test("who waits is turned away when it is over, and nobody is let in any more", async () => {
  const { gate, inside, turnedAway, settled, leaving } = await crowded({ most: 3 });
  const reason = new Error("stopping");
  leaving.abort(reason);
  await settled();
  expect(turnedAway).toEqual(Array(97).fill(reason));
  gate.leave();
  await settled();
  expect(inside).toEqual([0, 1, 2]);
  for (let each = 0; each < 2; each += 1) gate.leave();
  for (let each = 0; each < 3; each += 1) await gate.enter();
  await expect(gate.enter()).rejects.toBe(reason);
});
