import { expect, test } from "vitest";
import { retryDelayMs } from "../../../src/sync/push/push-parts.ts";

test("what a target refused waits five minutes, then twice as long each time, at most a day", () => {
  const minutes = [1, 2, 3, 4, 9, 10, 1000].map((attempts) => retryDelayMs(attempts) / 60_000);
  expect(minutes).toEqual([5, 10, 20, 40, 1280, 1440, 1440]);
});
