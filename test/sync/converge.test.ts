import { test } from "vitest";
import { liveThrough } from "./converge.ts";

// Many more seeds: `npm run test:soak`.
test.each([2, 3, 4, 5, 18])(
  "whatever happens on the way, in the end the target is exactly right (seed %i)",
  async (seed) => {
    await liveThrough(seed, 6);
  },
  120_000,
);
