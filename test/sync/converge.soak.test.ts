import { test } from "vitest";
import { liveThrough } from "./converge.ts";

const seeds = Number(process.env["SOAK_SEEDS"] ?? 200);

test.each(Array.from({ length: seeds }, (_, index) => 1000 + index))(
  "whatever happens on the way, in the end the target is exactly right (seed %i)",
  async (seed) => {
    await liveThrough(seed, 10);
  },
  600_000,
);
