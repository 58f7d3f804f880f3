import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../problem.ts";

/**
 * Lets a request through when `isKnown` says so of its bearer token (RFC 6750); else 401.
 *
 * @param whose how the answer calls the token
 */
export function bearerAuth(isKnown: (token: string) => boolean, whose: string): MiddlewareHandler {
  return async (c, next) => {
    const token = bearerToken(c.req.header("authorization"));
    if (token === null || !isKnown(token)) {
      const error = token === null ? "" : ', error="invalid_token"';
      c.header("WWW-Authenticate", `Bearer realm="wecom-scim-bridge"${error}`);
      throw new ProblemError(
        401,
        "unauthorized",
        token === null ? `Send ${whose}: Authorization: Bearer <token>.` : "This token is not known here.",
      );
    }
    await next();
  };
}

/** Whether a token is the expected one, in a time that does not depend on how much of it is right. */
export function makeTokenCheck(expected: string): (token: string) => boolean {
  const digest = sha256(expected);
  return (token) => timingSafeEqual(sha256(token), digest);
}

/** The token of an `Authorization` header (RFC 6750 §2.1); null where it has none. */
export function bearerToken(header: string | undefined): string | null {
  return /^Bearer +([^\s]+) *$/i.exec(header ?? "")?.[1] ?? null;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
