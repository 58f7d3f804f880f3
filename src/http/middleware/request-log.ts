import type { MiddlewareHandler } from "hono";
import type { Log } from "../../lib/log.ts";
import { uuidv7 } from "../../lib/uuid.ts";

export interface RequestVariables {
  readonly requestId: string;
}

/**
 * One log line a request, and an id that finds it: taken from `X-Request-Id` where a proxy set a sensible one, sent
 * back in the same header. Query strings are left out: they can hold what somebody searched for.
 */
export function requestLog(log: Log, clock: () => number): MiddlewareHandler<{ Variables: RequestVariables }> {
  return async (c, next) => {
    const given = c.req.header("x-request-id") ?? "";
    const requestId = /^[\w.-]{8,64}$/.test(given) ? given : uuidv7(clock());
    c.set("requestId", requestId);
    const startedAt = clock();
    await next();
    c.res.headers.set("X-Request-Id", requestId);
    const line = { requestId, method: c.req.method, path: c.req.path, status: c.res.status, ms: clock() - startedAt };
    if (c.res.status >= 500) log.warn(line, "request");
    else log.info(line, "request");
  };
}
