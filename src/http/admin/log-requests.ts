import type { MiddlewareHandler } from "hono";
import type { Log } from "../../lib/log.ts";
import { type RequestVariables, requestLog } from "../middleware/request-log.ts";
import { toProblem } from "../problem.ts";
import { callerIfKnown, firstAdministrator } from "./caller.ts";

const reading: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * An id for each request to the management API, and log lines: what an administrator does at `info`, what he looks at at
 * `debug`.
 */
export function logAdminRequests(log: Log): MiddlewareHandler<{ Variables: RequestVariables }> {
  return requestLog(
    log,
    (c) => {
      const problem = c.error === undefined ? null : (toProblem(c.error)?.code ?? "internal");
      const id = callerIfKnown(c)?.id ?? null;
      const caller = id === firstAdministrator ? "administrator" : id;
      return { caller, fields: problem === null ? {} : { problem } };
    },
    { levelOf: (method) => (reading.has(method) ? "debug" : "info") },
  );
}
