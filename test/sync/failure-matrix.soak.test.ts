import { describe, test } from "vitest";
import { type FaultName, faults, liveThrough, type StepName, steps, type WorldName, worlds } from "./failure-matrix.ts";

// Every fault at every step with every kind of target.
describe.each(Object.keys(steps) as StepName[])("%s", (step) => {
  test.each(Object.keys(worlds) as WorldName[])(
    "whatever befalls it, the target (%s) is right in the end",
    async (world) => {
      await liveThrough(step, world, Object.keys(faults) as FaultName[]);
    },
    600_000,
  );
});
