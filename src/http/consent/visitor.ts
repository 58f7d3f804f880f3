import { createHash, randomBytes } from "node:crypto";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

// A browser is known by a random id in a cookie that no script can read. What is kept of it is a hash. Lax: WeCom's page leads
// back here by a link, and with Strict the cookie would not come along.

/** How long somebody may be on his way, and how long he is remembered once he is back. Milliseconds. */
export const visitMs = 600_000;
export const sessionMs = 900_000;

const cookieSeconds = 1800;

export function makeVisitorId(): string {
  return randomBytes(32).toString("base64url");
}

/** Unguessable, in the characters that WeCom takes: `[a-zA-Z0-9]{1,128}` (WeCom doc path/96441). */
export function makeState(): string {
  return randomBytes(32).toString("hex");
}

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Follows from the id, which another site's page can neither read nor guess. */
export function tokenOf(visitorId: string): string {
  return hashOf(`consent ${visitorId}`);
}

/** `__Host-`: browsers take it over TLS alone, and from no other host of the domain (RFC 6265bis §4.1.3.2). */
function cookieName(publicUrl: string): string {
  return isTls(publicUrl) ? "__Host-bridge_consent" : "bridge_consent";
}

export function visitorIdOf(c: Context, publicUrl: string): string | null {
  const id = getCookie(c, cookieName(publicUrl));
  return id !== undefined && /^[\w-]{43}$/.test(id) ? id : null;
}

export function setVisitor(c: Context, publicUrl: string, id: string): void {
  setCookie(c, cookieName(publicUrl), id, {
    ...{ path: "/", httpOnly: true, sameSite: "Lax", secure: isTls(publicUrl), maxAge: cookieSeconds },
  });
}

const languageCookie = "bridge_consent_language";

export type Language = "zh" | "en";

/** The language that somebody has chosen, else the first of his browser's that there is. */
export function languageOf(c: Context, publicUrl: string): Language {
  const chosen = c.req.query("lang");
  if (chosen === "zh" || chosen === "en") {
    setCookie(c, languageCookie, chosen, {
      ...{ path: "/wecom/consent", httpOnly: true, sameSite: "Lax", secure: isTls(publicUrl), maxAge: 31_536_000 },
    });
    return chosen;
  }
  const kept = getCookie(c, languageCookie);
  if (kept === "zh" || kept === "en") return kept;
  return preferred(c.req.header("accept-language") ?? "");
}

/** By RFC 9110 §12.5.4; Chinese where neither is wanted. */
function preferred(header: string): Language {
  const wanted = header
    .split(",")
    .map((part) => part.trim().split(/\s*;\s*/))
    .map(([tag = "", ...parameters]) => ({
      language: tag.toLowerCase().split("-")[0],
      quality: Number(parameters.find((each) => each.startsWith("q="))?.slice(2) ?? 1),
    }))
    .filter(({ language, quality }) => (language === "zh" || language === "en") && quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  return wanted[0]?.language === "en" ? "en" : "zh";
}

function isTls(publicUrl: string): boolean {
  return publicUrl.startsWith("https:");
}

/** WeCom's client says so in its User-Agent. A hint for people, and nothing that is relied on. */
export function isInClient(c: Context): boolean {
  return /wxwork|micromessenger/i.test(c.req.header("user-agent") ?? "");
}
