import { afterEach, expect, it } from "vitest";
import { changeAndSync, type Line, makeLine } from "../support/e2e-line.ts";

/** How many corps are made and changed. */
const seeds = Number(process.env["SOAK_SEEDS"] ?? 20);

let line: Line | null = null;
afterEach(() => line?.close());

it.each(Array.from({ length: seeds }, (_, index) => 1000 + index))(
  "200 random changes, in steps of every size, arrive with the fewest requests there can be (seed %i)",
  async (seed) => {
    line = await makeLine({ members: 100 + (seed % 7) * 150, departments: 3 + (seed % 11) * 7, seed });
    expect((await line.sync()).state).toBe("succeeded");
    const sizes = [1, 3, 9, 27, 60, 100];
    for (const [step, size] of sizes.entries()) await changeAndSync(line, size, `${seed}.${step}`);
  },
);
