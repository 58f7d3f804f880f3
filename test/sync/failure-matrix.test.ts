import { describe, test } from "vitest";
import { type FaultName, faults, liveThrough, type StepName, steps, type WorldName, worlds } from "./failure-matrix.ts";

// Each fault at each step, each fault and each step with each kind of target; every combination of the three:
// `npm run test:soak`.
const names = Object.keys(faults) as FaultName[];
const kinds = Object.keys(worlds) as WorldName[];

describe.each((Object.keys(steps) as StepName[]).map((step, index) => ({ step, index })))(
  "$step",
  ({ step, index }) => {
    test.each(kinds.map((world, turn) => ({ world, turn })))(
      "whatever befalls it, the target ($world) is right in the end",
      async ({ world, turn }) => {
        const mine = names.filter((_, nth) => (nth + index) % kinds.length === turn);
        await liveThrough(step, world, mine);
      },
      120_000,
    );
  },
);
