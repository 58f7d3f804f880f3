import type { MiddlewareHandler, Next } from "hono";

/**
 * Several functions around a handler as one. Each that Hono calls by itself costs some promises, which a busy endpoint
 * notices. A function that answers by itself, without calling `next`, hands its answer to the one before it, which has to
 * make it the context's own, as `requestLog` does; of the first one Hono does it.
 */
export function inOne(...steps: readonly MiddlewareHandler[]): MiddlewareHandler {
  return steps.reduceRight<MiddlewareHandler>(
    (inner, outer) => (context, next) => outer(context, (() => inner(context, next)) as Next),
    (_context, next) => next(),
  );
}
