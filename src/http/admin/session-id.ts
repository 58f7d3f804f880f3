import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

// A browser session: a random id in a cookie that no script can read. What is kept of it is a hash; that of the
// environment's administrator is keyed with his token, so that another token ends his sessions.

/** How long a session lasts after it was used last, and after it was made at most. */
export const sessionMs = 12 * 3_600_000;
export const longestSessionMs = 24 * 3_600_000;

export function makeSessionId(): string {
  return randomBytes(32).toString("base64url");
}

export function hashOfAccountSession(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}

export function hashOfFirstSession(id: string, adminToken: string): string {
  return createHmac("sha256", adminToken).update(id).digest("base64url");
}

/** Follows from the id, which another site's page can neither read nor guess. */
export function csrfTokenOf(id: string): string {
  return createHash("sha256").update(`csrf ${id}`).digest("base64url");
}

/** Whether two texts are the same, in a time that does not depend on how much of them is. */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** `__Host-`: browsers take it over TLS alone, and from no other host of the domain (RFC 6265bis §4.1.3.2). */
function cookieName(publicUrl: string): string {
  return publicUrl.startsWith("https:") ? "__Host-bridge_session" : "bridge_session";
}

export function sessionIdOf(c: Context, publicUrl: string): string | null {
  return getCookie(c, cookieName(publicUrl)) ?? null;
}

/** Whether a browser sent a session with this; whether that one still lasts is not looked at. */
export function isSignedIn(c: Context, publicUrl: string): boolean {
  return sessionIdOf(c, publicUrl) !== null;
}

/** @param id null takes the cookie away */
export function setSessionCookie(c: Context, publicUrl: string, id: string | null): void {
  setCookie(c, cookieName(publicUrl), id ?? "", {
    ...{ path: "/", httpOnly: true, sameSite: "Strict", secure: publicUrl.startsWith("https:") },
    maxAge: id === null ? 0 : longestSessionMs / 1000,
  });
}

/**
 * Whether a request that a browser sends comes from a page of this server. Without TLS a server is reached by names that it
 * does not know of (`localhost`): there the name that was asked for counts too.
 *
 * @param origin of the header; absent where none was sent
 */
export function isOurOrigin(origin: string | undefined, host: string | undefined, publicUrl: string): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const [sent, ours] = [new URL(origin), new URL(publicUrl)];
  return sent.origin === ours.origin || (ours.protocol === "http:" && sent.host === host?.toLowerCase());
}
