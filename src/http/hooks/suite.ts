import { type Context, Hono } from "hono";
import { html } from "hono/html";
import type { Log } from "../../lib/log.ts";
import type { SourceEvent, SuiteDoor, SuiteMessage } from "../../source/source.ts";
import type {
  AuthorizationStore,
  ProviderRow,
  ProviderStore,
  SourceDoor,
  SourceRow,
  SourceStore,
} from "../../store/store.ts";
import { inOne } from "../middleware/in-one.ts";
import { limitBodySize } from "../middleware/limit-body.ts";
import { makeLineBudget } from "../middleware/line-budget.ts";
import { type RequestVariables, requestLog } from "../middleware/request-log.ts";
import { secureHeaders } from "../middleware/secure-headers.ts";
import { notFound, ProblemError, problemResponse, toProblem } from "../problem.ts";
import { queryOf, valueIn, whyOf } from "./messages.ts";

export interface SuiteParts {
  readonly store: Pick<ProviderStore, "findProvider" | "keepTicket"> &
    Pick<AuthorizationStore, "keepCode" | "corpChanged" | "corpCancelled" | "findRequest" | "listAuthorizations"> &
    Pick<SourceStore, "listSources">;
  readonly openSuiteDoor: (provider: ProviderRow) => SuiteDoor;
  /** Writes down what of a source is to be looked at again. */
  readonly keepEvent: (source: SourceRow, door: SourceDoor, event: SourceEvent) => Promise<void>;
  /** Wakes the engine: a code is to be exchanged, or WeCom to be asked. */
  readonly nudge: () => void;
  readonly clock: () => number;
  readonly log: Log;
}

interface Env {
  readonly Variables: RequestVariables & { readonly why?: string };
}

/** An event about a tag names all the people that came to it, up to 30,000. */
const maxBytes = 4 * 1024 * 1024;
/** A code is good for so long (WeCom doc path/90642). */
const codeMs = 600_000;

/**
 * Where WeCom tells a service provider of its templates and suites: `/wecom/suite/{provider id}`, the address of its commands
 * (指令回调); `…/data/{corp id}`, what an authorised corp's app is told (数据回调, with WeCom's placeholder `$CORPID$`); and
 * `…/installed`, where a browser comes back to from the page of an installation. A message is written down and answered with
 * `success`, for WeCom waits a second; what it leads to is done by the engine.
 */
export function makeSuiteRoutes(parts: SuiteParts): Hono<Env> {
  const { store, openSuiteDoor, clock, log } = parts;
  const app = new Hono<Env>();
  const budget = makeLineBudget();
  app.onError((error, c) => {
    const problem = toProblem(error);
    if (problem !== null) return problemResponse(c, problem);
    const requestId = c.get("requestId");
    log.error({ requestId, err: error }, "request failed");
    return problemResponse(c, new ProblemError(500, "internal", `The log says more under request ${requestId}.`));
  });
  app.use(
    inOne(
      requestLog(log, (c) => ({ caller: null, fields: whyOf(c) })),
      secureHeaders(),
      limitBodySize(maxBytes, () => {
        throw new ProblemError(413, "too-large", `A message may have ${maxBytes} bytes at most here.`);
      }),
    ),
  );

  const findProvider = async (c: Context<Env>): Promise<ProviderRow> => {
    const id = c.req.param("provider") ?? "";
    const provider = await store.findProvider(id);
    if (provider?.id !== id) throw notFound("provider", id);
    return provider;
  };
  const noteLine = (provider: ProviderRow, what: Readonly<Record<string, unknown>>): void => {
    const leftOut = budget(provider.id);
    if (leftOut === null) return;
    log.info({ provider: provider.id, ...what, ...(leftOut > 0 && { leftOut }) }, "message of a suite received");
  };

  app.get("/:provider", async (c) => {
    const door = openSuiteDoor(await findProvider(c));
    return c.text(valueIn(c, door.verify(queryOf(c))));
  });
  app.post("/:provider", async (c) => {
    const provider = await findProvider(c);
    const message = valueIn(c, openSuiteDoor(provider).receive(queryOf(c), await c.req.text()));
    await takeMessage(parts, provider, message);
    const told = message.kind === "event" ? { event: message.event.name } : {};
    noteLine(provider, { suite: message.suiteId, kind: message.kind, ...told });
    // Any other word is taken for an error (WeCom doc path/97172).
    return c.text("success");
  });

  app.get("/:provider/installed", async (c) => {
    const provider = await findProvider(c);
    const { auth_code: code, state } = c.req.query();
    const request = state ? await store.findRequest(provider.id, state) : null;
    const isOpen = request?.kind === "third-party" && (request.expiresAt ?? 0) + codeMs > clock();
    if (request === null || !isOpen || !code || code.length > 1024) {
      return c.html(answerPage("This link is not waited for any more. Ask for a new one, and open that."), 403);
    }
    const now = clock();
    const kept = { providerId: provider.id, suiteId: request.suiteId, purpose: "create" as const, code };
    await store.keepCode({ ...kept, state: state ?? null, toldAt: now, expiresAt: now + codeMs });
    parts.nudge();
    noteLine(provider, { suite: request.suiteId, kind: "installed" });
    return c.html(answerPage("Done: the app is authorised. This page can be closed."));
  });

  app.get("/:provider/data/:corp", async (c) => {
    const door = openSuiteDoor(await findProvider(c));
    return c.text(valueIn(c, door.verifyData(queryOf(c), c.req.param("corp"))));
  });
  app.post("/:provider/data/:corp", async (c) => {
    const provider = await findProvider(c);
    const corpId = c.req.param("corp");
    const opened = openSuiteDoor(provider).receiveData(queryOf(c), await c.req.text(), corpId);
    const { suiteIds, event } = valueIn(c, opened);
    await keepForSources(parts, provider, { suiteIds, corpId, event });
    noteLine(provider, { suites: suiteIds, event: event.name });
    return c.text("success");
  });
  return app;
}

/** Writes down what a message says. From then on it is not lost. */
async function takeMessage(parts: SuiteParts, provider: ProviderRow, message: SuiteMessage): Promise<void> {
  const { store, log, nudge } = parts;
  const { suiteId, toldAt } = message;
  const of = { provider: provider.id, suite: suiteId };
  switch (message.kind) {
    case "ticket":
      if (await store.keepTicket(provider.id, suiteId, message.ticket, toldAt)) nudge();
      return;
    case "code": {
      const { purpose, code, state } = message;
      const kept = { providerId: provider.id, suiteId, purpose, code, state, toldAt, expiresAt: toldAt + codeMs };
      if (!(await store.keepCode(kept))) log.info(of, "a code of an authorisation came once more");
      nudge();
      return;
    }
    case "changed":
      await store.corpChanged(provider.id, suiteId, message.corpId);
      nudge();
      return;
    case "cancelled": {
      const sources = await store.corpCancelled(provider.id, suiteId, message.corpId, toldAt);
      log.warn({ ...of, corp: message.corpId, sources }, "a corp cancelled its authorisation");
      nudge();
      return;
    }
    case "event":
      await keepForSources(parts, provider, { ...message, suiteIds: [suiteId] });
      return;
    case "other":
      return;
  }
}

/** An event of a corp is for the enabled sources that are read by what it authorised. */
async function keepForSources(
  { store, keepEvent }: SuiteParts,
  provider: ProviderRow,
  {
    suiteIds,
    corpId,
    event,
  }: { readonly suiteIds: readonly string[]; readonly corpId: string; readonly event: SourceEvent },
): Promise<void> {
  const authorizations = (await store.listAuthorizations(provider.id))
    .filter((row) => row.status === "authorised" && suiteIds.includes(row.suiteId) && row.corpId === corpId)
    .map(({ id }) => id);
  for (const source of await store.listSources()) {
    const { status, settings } = source;
    if (status !== "enabled" || settings.leaving !== undefined) continue;
    if (authorizations.includes(settings.wecom?.authorization ?? "")) await keepEvent(source, "contacts", event);
  }
}

function answerPage(text: string) {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>WeCom SCIM Bridge</title></head>
<body><p>${text}</p></body>
</html>`;
}
