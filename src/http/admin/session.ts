import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { isPassword } from "../../lib/password.ts";
import type { SessionRow } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { makeAttempts } from "./attempts.ts";
import { accountTokenHash, checkOrigin } from "./authenticate.ts";
import { type AdminCaller, callerOf, firstAdministrator, peerOf } from "./caller.ts";
import { body, isoTime, isoTimeOrNull, json, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import {
  csrfTokenOf,
  hashOfAccountSession,
  hashOfFirstSession,
  isSameSecret,
  makeSessionId,
  sessionIdOf,
  sessionMs,
  setSessionCookie,
} from "./session-id.ts";

/** In vain, within `windowMs`. Of one address more than of one name: it may be a proxy's, with many people behind it. */
const limits = { ofName: 10, ofAddress: 30, windowMs: 300_000 } as const;

type SignInForm = z.output<typeof signInForm>;

/** Whoever signs in, and what the hash of his session is made of. */
interface SignedIn extends Pick<AdminCaller, "id" | "name" | "role"> {
  readonly account: { readonly administratorId: string; readonly credentials: number } | null;
}

/** Signing in: the one operation that needs no credentials but those in its body. */
export function makeSignIn(parts: AdminParts) {
  const { store, publicUrl, clock, adminToken } = parts;
  const attempts = makeAttempts(clock, limits.windowMs);

  return new OpenAPIHono().openapi(signIn, async (c) => {
    checkOrigin(c, publicUrl);
    const form = c.req.valid("json");
    const counted = [
      { key: `address ${peerOf(c) ?? ""}`, most: limits.ofAddress },
      ...("name" in form ? [{ key: `name ${form.name.toLowerCase()}`, most: limits.ofName }] : []),
    ];
    const wait = attempts.take(counted);
    if (wait > 0) throw tooMany(wait);
    const who = await identify(parts, form);
    await noteSignIn(parts, c, form, who);
    if (who === null) {
      c.header("WWW-Authenticate", 'Bearer realm="wecom-scim-bridge", error="invalid_token"');
      throw new ProblemError(401, "unauthorized", "Nobody is known here by these: look at what was typed.");
    }
    attempts.giveBack(counted);
    const id = makeSessionId();
    const expiresAt = clock() + sessionMs;
    const idHash = who.account === null ? hashOfFirstSession(id, adminToken) : hashOfAccountSession(id);
    // The browser forgets the session that it had, and so do we: nobody could end it any more.
    const before = await sessionBefore(parts, c);
    if (before !== null) await noteReplaced(parts, c, before);
    await store.createSession(idHash, who.account, expiresAt, before?.idHash);
    if (who.account !== null) await store.noteSeen(who.id);
    setSessionCookie(c, publicUrl, id);
    return c.json({ ...whoView(who), csrfToken: csrfTokenOf(id), expiresAt: isoTime(expiresAt) }, 200);
  });
}

/** The session of whoever asks. */
export function makeSession({ store, publicUrl }: AdminParts) {
  return new OpenAPIHono()
    .openapi(readSession, (c) => {
      const caller = callerOf(c);
      const { csrfToken = null, expiresAt = null } = caller.session ?? {};
      return c.json({ ...whoView(caller), csrfToken, expiresAt: isoTimeOrNull(expiresAt) }, 200);
    })
    .openapi(signOut, async (c) => {
      const { session } = callerOf(c);
      if (session !== null) await store.deleteSession(session.idHash);
      setSessionCookie(c, publicUrl, null);
      return c.body(null, 204);
    });
}

/** Null: unknown, disabled, or the wrong password. Which of them does not show, nor in the time that it takes. */
async function identify({ store, adminToken }: AdminParts, form: SignInForm): Promise<SignedIn | null> {
  if ("token" in form) {
    if (isSameSecret(form.token, adminToken)) return { ...first, account: null };
    return toSignedIn(await store.findCredentials({ tokenHash: accountTokenHash(form.token) }));
  }
  const found = await store.findCredentials({ name: form.name });
  return (await isPassword(form.password, found?.password ?? null)) ? toSignedIn(found) : null;
}

const first = { id: firstAdministrator, name: firstAdministrator, role: "administrator" } as const;

function toSignedIn(found: Awaited<ReturnType<AdminParts["store"]["findCredentials"]>>): SignedIn | null {
  if (found === null) return null;
  const { id, name, role } = found.administrator;
  return { id, name, role, account: { administratorId: id, credentials: found.version } };
}

/** A name that is nobody's is not written down: it may be a password that was typed into the wrong field. */
async function noteSignIn({ store }: AdminParts, c: Context, form: SignInForm, who: SignedIn | null): Promise<void> {
  const meant = who ?? ("name" in form ? await store.findAdministrator(form.name) : null);
  await store.beginAudit({
    ...{ administrator: meant?.name ?? null, role: meant?.role ?? null, action: "POST /api/v1/session" },
    subject: { kind: "session", id: null, name: null },
    ...{ status: who === null ? 401 : 200, fields: Object.keys(form).map((key) => `/${key}`), address: peerOf(c) },
  });
}

/** The session that a sign-in comes with, and takes the place of; null where it has ended. */
async function sessionBefore({ store, publicUrl, adminToken }: AdminParts, c: Context): Promise<SessionRow | null> {
  const id = sessionIdOf(c, publicUrl);
  return id === null ? null : store.findSession([hashOfAccountSession(id), hashOfFirstSession(id, adminToken)]);
}

/** As if its owner had signed out. */
async function noteReplaced({ store }: AdminParts, c: Context, { administrator }: SessionRow): Promise<void> {
  const { name, role } = administrator ?? first;
  await store.beginAudit({
    ...{ administrator: name, role, action: "DELETE /api/v1/session" },
    ...{ subject: { kind: "session", id: null, name: null }, status: 204, fields: [], address: peerOf(c) },
  });
}

function tooMany(waitMs: number): ProblemError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  const detail = `Too many attempts in vain: try again in ${retryAfterSeconds} s.`;
  return new ProblemError(429, "too-many-attempts", detail, [], { retryAfterSeconds });
}

function whoView({ id, name, role }: Pick<AdminCaller, "id" | "name" | "role">) {
  return { administrator: { id, name, role } };
}

const secret = z.string().min(1).max(1024).openapi({ format: "password" });

const signInForm = z
  .union([z.strictObject({ token: secret }), z.strictObject({ name: z.string().min(1).max(100), password: secret })])
  .openapi("SignInForm", { description: "A token, or a name with its password." });

const sessionView = z
  .object({
    administrator: z.object({ id: z.string(), name: z.string(), role: z.enum(["administrator", "auditor"]) }),
    csrfToken: z.string().nullable().openapi({
      description: "What the header X-CSRF-Token of a request that changes something has to be; null with a token.",
    }),
    expiresAt: z.string().nullable().openapi({
      format: "date-time",
      description: "Moves on with each request, up to a day after signing in; null with a token.",
    }),
  })
  .openapi("Session");

const tags = ["Administrators"];
const path = "/session";

const signIn = createRoute({
  method: "post",
  path,
  operationId: "signIn",
  summary: "Signs a browser in: answers with a cookie.",
  tags,
  security: [],
  request: { body: body(signInForm) },
  responses: { 200: json("Who it is", sessionView), ...refusals(400, 429) },
});

const readSession = createRoute({
  method: "get",
  path,
  operationId: "readSession",
  summary: "Says who asks.",
  tags,
  responses: { 200: json("Who it is", sessionView), ...refusals() },
});

const signOut = createRoute({
  method: "delete",
  path,
  operationId: "signOut",
  summary: "Ends the session that it comes with.",
  tags,
  responses: { 204: { description: "Ended" }, ...refusals() },
});
