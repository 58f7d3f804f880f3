import { expect, test } from "vitest";
import { Gate } from "../../../src/sync/push/gate.ts";

const { signal } = new AbortController();

/** Enters as often as there is room; how often that was. */
async function fill(gate: Gate): Promise<number> {
  for (let inside = 0; ; inside += 1) {
    const waiting = new AbortController();
    const entered = gate.enter(waiting.signal).then(() => true);
    const isIn = await Promise.race([entered, new Promise((resolve) => setImmediate(() => resolve(false)))]);
    if (isIn !== true) {
      waiting.abort(new Error("enough"));
      await expect(entered).rejects.toThrow("enough");
      return inside;
    }
  }
}

test("few are let in at first, and one more with every second answer, up to the most", async () => {
  const gate = new Gate({ most: 7 });
  expect(await fill(gate)).toBe(4);
  for (let answer = 0; answer < 2; answer += 1) gate.widen();
  expect(await fill(gate)).toBe(1);
  for (let answer = 0; answer < 20; answer += 1) gate.widen();
  expect(await fill(gate)).toBe(2);
  expect(gate.limit).toBe(7);
  expect(new Gate({ most: 2 }).limit).toBe(2);
});

test("an overload halves it, down to one, and it grows again slowly", async () => {
  const gate = new Gate({ most: 8 });
  for (let answer = 0; answer < 8; answer += 1) gate.widen();
  expect(gate.limit).toBe(8);
  const limits = [1, 2, 3, 4].map(() => {
    gate.halve();
    return gate.limit;
  });
  expect(limits).toEqual([4, 2, 1, 1]);
  let answers = 0;
  for (; gate.limit < 3; answers += 1) gate.widen();
  expect(answers).toBe(4 + 8);
});

test("who waits is let in by turn when another leaves, and not before there is room for him", async () => {
  const gate = new Gate({ most: 4 });
  await fill(gate);
  gate.halve();
  const order: number[] = [];
  const waiting = [1, 2].map((each) => gate.enter(signal).then(() => order.push(each)));
  gate.leave();
  gate.leave();
  await new Promise(setImmediate);
  expect(order).toEqual([]);
  gate.leave();
  await waiting[0];
  expect(order).toEqual([1]);
  gate.leave();
  await waiting[1];
});

test("one by one until it is let go", async () => {
  const gate = new Gate({ most: 8, oneByOne: true });
  for (let answer = 0; answer < 20; answer += 1) gate.widen();
  expect(await fill(gate)).toBe(1);
  gate.letGo();
  expect(await fill(gate)).toBe(3);
});
