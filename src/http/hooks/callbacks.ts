import { type Context, Hono } from "hono";
import type { Log } from "../../lib/log.ts";
import type { EventDoor, Opened, SourceEvent } from "../../source/source.ts";
import type { SourceDoor, SourceRow, SourceStore } from "../../store/store.ts";
import { inOne } from "../middleware/in-one.ts";
import { limitBodySize } from "../middleware/limit-body.ts";
import { makeLineBudget } from "../middleware/line-budget.ts";
import { type RequestVariables, requestLog } from "../middleware/request-log.ts";
import { secureHeaders } from "../middleware/secure-headers.ts";
import { notFound, ProblemError, problemResponse, toProblem } from "../problem.ts";
import { queryOf, valueIn, whyOf } from "./messages.ts";

export interface CallbackParts {
  readonly store: Pick<SourceStore, "findSource">;
  /** What opens the messages to an address of a source; null where no token and key are set for it. */
  readonly openDoor: (source: SourceRow, door: SourceDoor) => EventDoor | null;
  /** Writes down what is to be looked at again. From then on it is not lost. */
  readonly keepEvent: (source: SourceRow, door: SourceDoor, event: SourceEvent) => Promise<void>;
  readonly log: Log;
}

/** An event about a tag names all the people that came to it, up to 30,000. */
const maxBytes = 4 * 1024 * 1024;

interface Env {
  readonly Variables: RequestVariables & { readonly why?: string };
}

/**
 * Where WeCom sends its events: `/wecom/callback/{source id}` those of the contacts, `…/app` those of the app itself. A GET
 * asks whether somebody is there who has the token and the key, and is answered in the clear. A POST is answered once what
 * it is about is written down, and before anything is done about it: WeCom waits five seconds, and tries three times.
 */
export function makeCallbackRoutes({ store, openDoor, keepEvent, log }: CallbackParts): Hono<Env> {
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

  /** A source that is not there, or is switched off, hears of nothing. */
  const findOpen = async (c: Context<Env>, door: SourceDoor) => {
    const id = c.req.param("source") ?? "";
    const source = await store.findSource(id);
    if (source?.id !== id || source.status !== "enabled" || source.settings.leaving !== undefined) {
      throw notFound("source", id);
    }
    return { source, opens: openDoor(source, door) };
  };

  const verify = (door: SourceDoor) => async (c: Context<Env>) => {
    const { opens } = await findOpen(c, door);
    // Only the text itself, or WeCom does not take it for an answer.
    return c.text(valueIn(c, opens?.verify(queryOf(c)) ?? noKeys(door)));
  };

  const receive = (door: SourceDoor) => async (c: Context<Env>) => {
    const { source, opens } = await findOpen(c, door);
    const event = valueIn(c, opens?.receive(queryOf(c), await c.req.text()) ?? noKeys(door));
    await keepEvent(source, door, event);
    const leftOut = budget(source.id);
    if (leftOut !== null) {
      const what = { source: source.id, door, event: event.name, about: event.subjects.length };
      log.info({ ...what, ...(leftOut > 0 && { leftOut }) }, "event received");
    }
    return c.text("success");
  };

  for (const [path, door] of [["/:source", "contacts"] as const, ["/:source/app", "app"] as const]) {
    app.get(path, verify(door));
    app.post(path, receive(door));
  }
  return app;
}

function noKeys(door: SourceDoor): Opened<never> {
  const setting = door === "app" ? "wecom.appCallback" : "wecom.callback";
  return { refused: "unverifiable", why: `the source has no ${setting}` };
}
