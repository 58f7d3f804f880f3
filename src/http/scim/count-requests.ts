import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";

/** Hears of each answer. @param route as it is declared: never the path, which has ids in it */
export type OnAnswered = (method: string, route: string, status: number, seconds: number) => void;

/** Tells how long each request took, and what came of it. */
export function countRequests(onAnswered: OnAnswered): MiddlewareHandler {
  return async (context, next) => {
    const startedAt = performance.now();
    await next();
    // The route of the handler that answered: the last one that was come to.
    onAnswered(context.req.method, routePath(context), context.res.status, (performance.now() - startedAt) / 1000);
  };
}
