import { defineConfig } from "vitest/config";

// What takes long, as often as one likes: `npm run test:soak`.
export default defineConfig({
  test: {
    include: ["test/**/*.soak.test.ts"],
    exclude: ["node_modules/**"],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
