import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes, routePath } from "hono/route";
import type { Log } from "../../lib/log.ts";
import { makeLineBudget } from "./line-budget.ts";
import { requestIdOf } from "./request-id.ts";

export interface RequestVariables {
  readonly requestId: string;
  /** Set by a handler that put the id into its answer by itself. */
  readonly tellsRequestId: true | undefined;
}

/**
 * The headers of an answer with the request's id among them. Handlers that are asked often make their answer with them:
 * set from outside, a header costs as much as logging and counting the request do.
 */
export function tellRequestId(
  c: Context,
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  c.set("tellsRequestId", true);
  return { ...headers, "x-request-id": c.get("requestId") };
}

/** What a log line says beside method, route, status and time. */
export interface RequestNotes {
  /** Who asked: an id, never a name. Null for somebody whom nobody knows. */
  readonly caller: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Hears of an answer. @param route as it is declared: never the path, which has ids in it */
export type OnAnswered = (method: string, route: string, status: number, seconds: number) => void;

/** What a Node server hands over beside the request; absent where there is no server, as in a test. */
interface Edge {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  readonly outgoing?: { setHeader(name: string, value: string): unknown };
}

type Level = "debug" | "info" | "warn";

/**
 * Gives each request an id, `X-Request-Id` of its answer: the client's own where it sent a sensible one. And a line in the
 * log: refusals at `info`, failures at `warn`, all else at `debug` or as `levelOf` says. A line has the pattern of the route
 * and ids out of its path: what else stands in a path or a query can be somebody's name.
 *
 * @param log absent: no lines
 * @param notesOf asked only when there is a line to write
 */
export function requestLog(
  log: Log | undefined,
  notesOf: (c: Context) => RequestNotes,
  {
    levelOf = () => "debug",
    onAnswered,
  }: {
    readonly levelOf?: (method: string) => Level;
    /** Hears of each answer; in here, for each function around a handler costs a busy endpoint some of its speed. */
    readonly onAnswered?: OnAnswered | undefined;
  } = {},
): MiddlewareHandler<{ Variables: RequestVariables }> {
  const budget = makeLineBudget();

  const write = (c: Context, level: Level, requestId: string, startedAt: number): void => {
    const { status } = c.res;
    const { caller, fields } = notesOf(c);
    // What anybody can cause, or a client without end, is counted once there is much of it.
    const key = caller === null ? "" : status === 429 ? caller : null;
    const leftOut = key === null || level === "debug" ? 0 : budget(key);
    if (leftOut === null) return;
    const ids = Object.values(c.req.param() as Record<string, string>).filter((value) => isId.test(value));
    const peer = status === 401 ? (c.env as Edge | undefined)?.incoming?.socket?.remoteAddress : undefined;
    const line = {
      requestId,
      ...fields,
      ...(peer === undefined ? {} : { peer }),
      method: c.req.method,
      route: routeOf(c),
      ...(ids.length === 0 ? {} : { ids }),
      status,
      ms: Math.round(performance.now() - startedAt),
      ...(leftOut === 0 ? {} : { leftOut }),
    };
    log?.[level](line, "request");
  };

  return async (c, next) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    c.set("requestId", requestId);
    const startedAt = performance.now();
    // Where it stands `inOne` with others, one of them may have answered.
    const answer: unknown = await next();
    if (!c.finalized && answer instanceof Response) c.res = answer;
    // The route of the handler that answered: the last one that was come to.
    onAnswered?.(c.req.method, routePath(c), c.res.status, (performance.now() - startedAt) / 1000);
    if (c.get("tellsRequestId") !== true) addRequestId(c, requestId);
    if (log === undefined) return;
    const { status } = c.res;
    const level = status >= 500 ? "warn" : status >= 400 ? "info" : levelOf(c.req.method);
    if (log.isLevelEnabled(level)) write(c, level, requestId, startedAt);
  };
}

/** Where there is a server, not on the answer itself: that would become a whole Response with Headers. */
function addRequestId(c: Context, requestId: string): void {
  const outgoing = (c.env as Edge | undefined)?.outgoing;
  if (outgoing === undefined) c.res.headers.set("X-Request-Id", requestId);
  else outgoing.setHeader("X-Request-Id", requestId);
}

/** The form of the bridge's own ids. */
const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The pattern that the path was matched with: of the handler, or of what was mounted where none was found. */
function routeOf(c: Context): string {
  const routes = matchedRoutes(c);
  return (routes.find(({ path }) => !path.endsWith("*")) ?? routes.at(-1))?.path ?? "";
}
