import { type Context, Hono } from "hono";
import type { Log } from "../../lib/log.ts";
import type {
  ConsentStore,
  ConsentVisitStore,
  SettingStore,
  SourceRow,
  SourceStore,
  TargetStore,
} from "../../store/store.ts";
import type { ConsentPage } from "../../sync/consent-page.ts";
import { makeAttempts } from "../admin/attempts.ts";
import { peerOf } from "../admin/caller.ts";
import { isOurOrigin, isSameSecret } from "../admin/session-id.ts";
import { inOne } from "../middleware/in-one.ts";
import { limitBodySize } from "../middleware/limit-body.ts";
import { makeLineBudget } from "../middleware/line-budget.ts";
import { type RequestVariables, requestLog } from "../middleware/request-log.ts";
import { secureHeaders } from "../middleware/secure-headers.ts";
import { consentUrl, openState } from "./address.ts";
import { type About, introPage, minePage, troublePage } from "./page.ts";
import { pageHeaders } from "./style.ts";
import type { Trouble } from "./texts.ts";
import {
  hashOf,
  isInClient,
  languageOf,
  makeState,
  makeVisitorId,
  sessionMs,
  setVisitor,
  tokenOf,
  visitMs,
  visitorIdOf,
} from "./visitor.ts";

export interface ConsentParts {
  readonly store: Pick<SourceStore, "findSource"> &
    Pick<TargetStore, "listTargets"> &
    Pick<SettingStore, "readSettings"> &
    Pick<ConsentStore, "saveConsent" | "withdrawConsent" | "findConsent"> &
    ConsentVisitStore;
  /** WeCom's page. */
  readonly page: ConsentPage;
  /** Something is to be looked at. */
  readonly onMarked: () => void;
  readonly publicUrl: string;
  readonly clock: () => number;
  readonly log: Log;
}

interface Env {
  readonly Variables: RequestVariables;
}

/** Of one address, which may be that of a whole company: requests in a minute, and codes that came to nothing in ten. */
const limits = { requests: 600, requestsMs: 60_000, failures: 100, failuresMs: 600_000 } as const;
const maxBytes = 4096;

/** Ends a request with a page that says why it came to nothing. */
class TroubleError extends Error {
  readonly trouble: Trouble;
  readonly status: number;

  constructor(trouble: Trouble) {
    super(trouble);
    this.trouble = trouble;
    this.status = statuses[trouble];
  }
}

const statuses: Readonly<Record<Trouble, 200 | 400 | 403 | 404 | 429 | 502 | 503>> = {
  ...{ unknown: 404, off: 404, "not-set-up": 404, expired: 400, declined: 200, code: 400, domain: 502 },
  ...{ outsider: 403, "other-organization": 403, "out-of-scope": 403, later: 503, broken: 502, "too-many": 429 },
};

/**
 * Where people give fields that the credential is not shown: `/wecom/consent/{source id}`.
 *
 *     GET  /{id}            what is shared, with whom and why
 *     GET  /{id}/begin      ─► the source's own page, with a state that is this browser's, works once, and not for long
 *     GET  /{id}?code&state ◄─ back from there: who it is, and what he gives; kept if he had agreed here
 *     GET  /{id}/mine       what he shares, and since when
 *     POST /{id}/withdraw
 */
export function makeConsentRoutes(parts: ConsentParts): Hono<Env> {
  const { store, publicUrl, clock, log } = parts;
  const app = new Hono<Env>();
  const requests = makeAttempts(clock, limits.requestsMs);
  const failures = makeAttempts(clock, limits.failuresMs);
  const budget = makeLineBudget();

  const answer = async (c: Context<Env>, body: ReturnType<typeof introPage>, status = 200): Promise<Response> => {
    for (const [name, value] of Object.entries(pageHeaders)) c.header(name, value);
    return c.html(await body, status as 200);
  };

  app.onError((error, c) => {
    const known = error instanceof TroubleError ? error : null;
    const requestId: string = c.get("requestId");
    if (known === null) log.error({ requestId, err: error }, "request failed");
    const { trouble, status } = known ?? { trouble: "broken" as const, status: 500 };
    if (status === 429 || status === 503) c.header("Retry-After", "60");
    const id = c.req.param("source") ?? "";
    const path = trouble === "unknown" || trouble === "off" || trouble === "not-set-up" ? null : `/wecom/consent/${id}`;
    const shown = { path, requestId: trouble === "broken" ? requestId : null };
    return answer(c, troublePage(languageOf(c, publicUrl), trouble, shown), status);
  });

  app.use(
    inOne(
      requestLog(log, () => ({ caller: null, fields: {} })),
      secureHeaders(),
      limitBodySize(maxBytes, () => {
        throw new TroubleError("expired");
      }),
    ),
  );
  app.use(async (c, next) => {
    if (requests.take([{ key: peerOf(c) ?? "", most: limits.requests }]) > 0) throw new TroubleError("too-many");
    await next();
  });

  const findOpen = async (c: Context<Env>): Promise<SourceRow> => {
    const id = c.req.param("source") ?? "";
    const source = await store.findSource(id);
    if (source?.id !== id || source.type !== "wecom") throw new TroubleError("unknown");
    if (source.status !== "enabled" || source.settings.leaving !== undefined) throw new TroubleError("off");
    return source;
  };

  const aboutOf = async (c: Context<Env>, source: SourceRow, visitorId: string): Promise<About> => {
    const [targets, settings] = await Promise.all([store.listTargets(), store.readSettings()]);
    const fields = setUp(await parts.page.fields(source));
    const receives = targets.filter(
      (target) => target.status === "enabled" && target.settings.sources.includes(source.id),
    );
    return {
      ...{ language: languageOf(c, publicUrl), organization: source.settings.organization ?? source.name, fields },
      targets: receives.map(({ name }) => name).sort(),
      retentionDays: settings.leaverRetentionDays,
      ...{ url: consentUrl(publicUrl, source.id), path: `/wecom/consent/${source.id}`, token: tokenOf(visitorId) },
    };
  };

  app.get("/:source", async (c) => {
    const source = await findOpen(c);
    const { code, state } = c.req.query();
    if (state !== undefined && state !== openState) return comeBack(c, source, code ?? null, state);
    const visitorId = visitorIdOf(c, publicUrl) ?? makeVisitorId();
    setVisitor(c, publicUrl, visitorId);
    return answer(c, introPage(await aboutOf(c, source, visitorId), { isInClient: isInClient(c) }));
  });

  app.get("/:source/begin", async (c) => {
    const source = await findOpen(c);
    const { intent, token } = c.req.query();
    const visitorId = visitorIdOf(c, publicUrl);
    // Only a page of ours leads here: nobody is made to agree by a link.
    if (visitorId === null || !isSameSecret(token ?? "", tokenOf(visitorId))) throw new TroubleError("expired");
    const state = makeState();
    const address = setUp(await parts.page.address(source, consentUrl(publicUrl, source.id), state));
    await store.openVisit({
      ...{ stateHash: hashOf(state), visitorHash: hashOf(visitorId), sourceId: source.id },
      ...{ intent: intent === "agree" ? "agree" : "look", expiresAt: clock() + visitMs },
    });
    return c.redirect(address, 303);
  });

  const comeBack = async (c: Context<Env>, source: SourceRow, code: string | null, state: string) => {
    const visitorId = visitorIdOf(c, publicUrl);
    const visit = { stateHash: hashOf(state), sourceId: source.id };
    const intent = visitorId === null ? null : await store.takeVisit({ ...visit, visitorHash: hashOf(visitorId) });
    if (intent === null) throw new TroubleError("expired");
    if (code === null || code === "" || code.length > 512) throw new TroubleError("declined");
    const given = await receive(c, source, code);
    // Each visit of somebody who has agreed brings up to date what he gave.
    const saved = await store.saveConsent(source.id, given, given.values, { anew: intent === "agree" });
    if (saved !== null) parts.onMarked();
    // From here on he is known, by an id that nobody could have given him before.
    const sessionId = makeVisitorId();
    const expiresAt = clock() + sessionMs;
    await store.openConsentSession({ idHash: hashOf(sessionId), sourceId: source.id, key: given.key, expiresAt });
    setVisitor(c, publicUrl, sessionId);
    return c.redirect(`/wecom/consent/${source.id}/mine`, 303);
  };

  /** Counts what comes to nothing. @throws TroubleError */
  const receive = async (c: Context<Env>, source: SourceRow, code: string) => {
    const counted = [{ key: peerOf(c) ?? "", most: limits.failures }];
    if (failures.take(counted) > 0) throw new TroubleError("too-many");
    const given = setUp(await parts.page.receive(source, code, c.req.raw.signal));
    if ("failed" in given) {
      const leftOut = budget(source.id);
      const { code: reason, errcode, retryable } = given.failed;
      const line = { requestId: c.get("requestId"), source: source.id, reason, errcode };
      if (leftOut !== null) log.warn({ ...line, ...(leftOut > 0 && { leftOut }) }, "consent could not be taken");
      throw new TroubleError(retryable ? "later" : "broken");
    }
    if ("refused" in given) throw new TroubleError(given.refused);
    failures.giveBack(counted);
    return given;
  };

  app.get("/:source/mine", async (c) => {
    const source = await findOpen(c);
    const visitorId = visitorIdOf(c, publicUrl);
    const key = visitorId === null ? null : await store.findConsentSession(hashOf(visitorId), source.id);
    if (visitorId === null || key === null) return c.redirect(`/wecom/consent/${source.id}`, 303);
    setVisitor(c, publicUrl, visitorId);
    return answer(c, minePage(await aboutOf(c, source, visitorId), await store.findConsent(source.id, key)));
  });

  app.post("/:source/withdraw", async (c) => {
    const source = await findOpen(c);
    const visitorId = visitorIdOf(c, publicUrl);
    const { token } = await c.req.parseBody();
    const isOurs =
      visitorId !== null &&
      isOurOrigin(c.req.header("origin"), c.req.header("host"), publicUrl) &&
      isSameSecret(typeof token === "string" ? token : "", tokenOf(visitorId));
    if (!isOurs) throw new TroubleError("expired");
    const key = await store.findConsentSession(hashOf(visitorId), source.id);
    if (key === null) throw new TroubleError("expired");
    await store.withdrawConsent(source.id, key);
    parts.onMarked();
    return c.redirect(`/wecom/consent/${source.id}/mine`, 303);
  });
  return app;
}

/** @throws TroubleError where the source's settings do not suffice */
function setUp<T>(answer: T | null): T {
  if (answer === null) throw new TroubleError("not-set-up");
  return answer;
}
