import { Hono } from "hono";
import { bearerAuth, makeTokenCheck } from "./middleware/bearer-auth.ts";
import { ProblemError, problemResponse, toProblem } from "./problem.ts";

export interface MetricsParts {
  /** The text that Prometheus reads. */
  readonly read: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Who asks has to send it; null: anybody may ask. */
  readonly token: () => Promise<string | null>;
}

/** `GET /metrics`, for Prometheus. */
export function makeMetricsRoute({ read, token }: MetricsParts): Hono {
  const app = new Hono({ strict: false });
  app.onError((error, c) =>
    problemResponse(c, toProblem(error) ?? new ProblemError(503, "internal", "The metrics can't be read just now.")),
  );
  app.get("/metrics", async (c, next) => {
    const expected = await token();
    return expected === null ? next() : bearerAuth(makeTokenCheck(expected), "the metrics' token")(c, next);
  });
  app.get("/metrics", async (c) => {
    const { contentType, text } = await read();
    return c.body(text, 200, { "Content-Type": contentType, "Cache-Control": "no-store" });
  });
  return app;
}
