import { test } from "vitest";
import { liveThrough } from "./converge.ts";

// Many more seeds: `npm run test:soak`.
test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24])(
  "whatever happens on the way, in the end the target is exactly right (seed %i)",
  async (seed) => {
    await liveThrough(seed, 6);
  },
  120_000,
);
