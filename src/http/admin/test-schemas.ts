import { z } from "@hono/zod-openapi";

/** Answer of a connection test. */
export const testResult = z
  .object({
    ok: z.boolean(),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).readonly(),
  })
  .openapi("TestResult", { description: "Each check says what was found and, where it failed, what to do about it." });
