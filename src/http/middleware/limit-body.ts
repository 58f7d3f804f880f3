import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";

/**
 * Refuses bodies beyond a size. Where the request says how long it is, Node sees to it that it is no longer, and the body is
 * left alone: even to look for it costs more than a small write, for it becomes a stream then. And once it is one, what is left
 * of a refused body is not read, and the connection is closed under the client's next request.
 *
 * @param maxSize bytes
 * @param refuse throws the error to answer with
 */
export function limitBodySize(maxSize: number, refuse: () => never): MiddlewareHandler {
  const counting = bodyLimit({ maxSize, onError: refuse });
  return (context, next) => {
    const length = context.req.header("content-length");
    if (length === undefined || context.req.header("transfer-encoding") !== undefined) return counting(context, next);
    return Number(length) > maxSize ? refuse() : next();
  };
}
