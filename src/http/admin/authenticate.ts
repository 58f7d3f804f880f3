import { createHash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import type { AdministratorRow, AdministratorStore, SessionStore } from "../../store/store.ts";
import { bearerToken } from "../middleware/bearer-auth.ts";
import { ProblemError } from "../problem.ts";
import { type AdminCaller, firstAdministrator } from "./caller.ts";
import {
  csrfTokenOf,
  hashOfAccountSession,
  hashOfFirstSession,
  isOurOrigin,
  isSameSecret,
  longestSessionMs,
  sessionIdOf,
  sessionMs,
} from "./session-id.ts";

export interface AuthenticateParts {
  readonly store: AdministratorStore & SessionStore;
  /** The environment's. */
  readonly adminToken: string;
  readonly publicUrl: string;
  readonly clock: () => number;
}

/** What tokens of accounts begin with. */
const tokenPrefix = "adm_";

/** What is kept of a token: SHA-256, base64url. */
export function accountTokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

export function makeAccountToken(random: string): string {
  return `${tokenPrefix}${random}`;
}

/** `lastSeenAt` and the end of a session are written at most so often. */
const betweenNotesMs = 60_000;

/** Lets a request through that has an administrator's token, or comes with a session; else 401. */
export function authenticate(parts: AuthenticateParts): MiddlewareHandler {
  return async (c, next) => {
    c.set("caller", await findCaller(parts, c));
    await next();
  };
}

const reading: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a request of this method changes nothing. */
export function isReading(method: string): boolean {
  return reading.has(method);
}

/**
 * Refuses what changes something: to auditors, and to browsers that another site's page makes send it. Whoever was deleted
 * while his body was on its way is refused, too: it stands behind what reads the body.
 */
export function refuseChanges(parts: AuthenticateParts): MiddlewareHandler {
  return async (c, next) => {
    if (isReading(c.req.method)) return next();
    const { role, session } = await findCaller(parts, c);
    if (session !== null) checkBrowser(c, session.csrfToken, parts.publicUrl);
    const signsOut = c.req.method === "DELETE" && /^\/api\/v1\/session\/?$/.test(c.req.path);
    if (role === "administrator" || signsOut) return next();
    throw new ProblemError(
      403,
      "forbidden",
      "An auditor reads everything and changes nothing: an administrator has to do this.",
    );
  };
}

/** @throws ProblemError 403 */
function checkBrowser(c: Context, csrfToken: string, publicUrl: string): void {
  checkOrigin(c, publicUrl);
  if (isSameSecret(c.req.header("x-csrf-token") ?? "", csrfToken)) return;
  const detail = "With a session, what changes something needs the header X-CSRF-Token: GET /api/v1/session tells it.";
  throw new ProblemError(403, "forbidden", detail);
}

/** @throws ProblemError 403 for a request that a browser sends from another site's page */
export function checkOrigin(c: Context, publicUrl: string): void {
  if (isOurOrigin(c.req.header("origin"), c.req.header("host"), publicUrl)) return;
  const detail = `This comes from a page of another site than ${new URL(publicUrl).origin} (BRIDGE_PUBLIC_URL).`;
  throw new ProblemError(403, "forbidden", detail);
}

/** @throws ProblemError 401 */
async function findCaller(parts: AuthenticateParts, c: Context): Promise<AdminCaller> {
  const header = c.req.header("authorization");
  const id = header === undefined ? sessionIdOf(c, parts.publicUrl) : null;
  if (id !== null) return (await findBySession(parts, id)) ?? refuse(c, "This session has ended: sign in again.", true);
  const token = bearerToken(header);
  if (token === null) return refuse(c, "Send the administrator's token: Authorization: Bearer <token>.", false);
  return (await findByToken(parts, token)) ?? refuse(c, "This token is not known here.", true);
}

function refuse(c: Context, detail: string, isWrong: boolean): never {
  c.header("WWW-Authenticate", `Bearer realm="wecom-scim-bridge"${isWrong ? ', error="invalid_token"' : ""}`);
  throw new ProblemError(401, "unauthorized", detail);
}

async function findByToken(parts: AuthenticateParts, token: string): Promise<AdminCaller | null> {
  const { store, adminToken } = parts;
  if (isSameSecret(token, adminToken)) return { ...first, session: null };
  if (!token.startsWith(tokenPrefix)) return null;
  const found = await store.findCredentials({ tokenHash: accountTokenHash(token) });
  if (found === null) return null;
  const { id, name, role } = found.administrator;
  await noteSeen(parts, found.administrator);
  return { id, name, role, session: null };
}

const first = { id: firstAdministrator, name: firstAdministrator, role: "administrator" } as const;

async function findBySession(parts: AuthenticateParts, id: string): Promise<AdminCaller | null> {
  const { store, adminToken, clock } = parts;
  const found = await store.findSession([hashOfAccountSession(id), hashOfFirstSession(id, adminToken)]);
  if (found === null) return null;
  const { idHash, administrator, createdAt } = found;
  const wanted = Math.min(clock() + sessionMs, createdAt + longestSessionMs);
  const isLater = wanted - found.expiresAt >= betweenNotesMs;
  if (isLater) await store.extendSession(idHash, wanted);
  if (administrator !== null) await noteSeen(parts, administrator);
  const session = { idHash, csrfToken: csrfTokenOf(id), expiresAt: isLater ? wanted : found.expiresAt };
  if (administrator === null) return { ...first, session };
  return { id: administrator.id, name: administrator.name, role: administrator.role, session };
}

async function noteSeen({ store, clock }: AuthenticateParts, { id, lastSeenAt }: AdministratorRow): Promise<void> {
  if (lastSeenAt === null || clock() - lastSeenAt >= betweenNotesMs) await store.noteSeen(id);
}
