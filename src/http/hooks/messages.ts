import type { Context } from "hono";
import type { EventQuery, Opened } from "../../source/source.ts";
import type { RequestVariables } from "../middleware/request-log.ts";
import { ProblemError } from "../problem.ts";

interface Env {
  readonly Variables: RequestVariables & { readonly why?: string };
}

export function queryOf({ req }: Context<Env>): EventQuery {
  const { msg_signature, timestamp, nonce, echostr } = req.query();
  return { msg_signature, timestamp, nonce, echostr };
}

/** What was in a message. Throws the problem to answer with where it was not opened; the log says why, the answer does not. */
export function valueIn<T>(c: Context<Env>, opened: Opened<T>): T {
  if ("value" in opened) return opened.value;
  c.set("why", opened.why);
  if (opened.refused === "malformed") {
    throw new ProblemError(400, "invalid-request", "This is no message of WeCom.");
  }
  throw new ProblemError(403, "forbidden", "This message can't be shown to come from WeCom.");
}

/** For the log of requests. */
export function whyOf(c: Context): Readonly<Record<string, unknown>> {
  const why: unknown = c.get("why");
  return why === undefined ? {} : { why };
}
