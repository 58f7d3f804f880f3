import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/postgres-setup.ts"],
    exclude: ["test/**/*.soak.test.ts", "node_modules/**"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // More than there are cores: much of the time is spent waiting for the servers under test.
    maxWorkers: 3,
    // Files that run in one process share its modules: loading them anew for each took a sixth of the time. No test may
    // replace a module, or leave something changed that another would meet.
    isolate: false,
  },
});
