import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { wait } from "../../lib/wait.ts";
import type { Effect } from "./fault.ts";
import { errorBody, Refusal } from "./refusal.ts";
import type { ScimAnswer } from "./service.ts";

/**
 * Answers as the fault says. `carryOut` does the request and gives its right answer; it is called at most once.
 *
 * @returns the status that was sent; 0 for no answer, or a part of one
 */
export async function spoil(effect: Effect, carryOut: () => ScimAnswer, outgoing: ServerResponse): Promise<number> {
  if ("commit" in effect && effect.commit) carryOut();
  switch (effect.kind) {
    case "status":
      return send(failure(effect.status, effect.headers, effect.body), outgoing);
    case "throttle": {
      const date = new Date(Date.now() + effect.seconds * 1000).toUTCString();
      const retryAfter = effect.form === "date" ? date : String(effect.seconds);
      return send(failure(429, { "retry-after": retryAfter }, undefined), outgoing);
    }
    case "hang":
      if (!outgoing.destroyed) await once(outgoing, "close");
      return 0;
    case "reset":
      return reset(outgoing);
    case "html":
      return send({ status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: signInPage }, outgoing);
    case "truncated": {
      const right = carryOut();
      return send({ ...right, body: firstHalf(right.body) }, outgoing);
    }
    case "cut":
      return cut(carryOut(), outgoing);
    case "without-id":
      return send(withId(carryOut(), undefined), outgoing);
    case "wrong-id":
      return send(withId(carryOut(), randomUUID()), outgoing);
    case "delay":
      await wait(effect.ms);
      return send(carryOut(), outgoing);
  }
}

/** Sends the answer as it is, and returns its status. */
export function send({ status, headers, body }: ScimAnswer, outgoing: ServerResponse): number {
  if (body === null) {
    outgoing.writeHead(status, headers);
    outgoing.end();
  } else {
    outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    outgoing.end(body);
  }
  return status;
}

/** Ends the connection with a reset, as a crash or a firewall does. */
export function reset(outgoing: ServerResponse): number {
  outgoing.socket?.resetAndDestroy();
  return 0;
}

const signInPage = "<!doctype html><title>Sign in</title><p>Please sign in to continue.";

function failure(status: number, headers: Readonly<Record<string, string>>, body: string | undefined): ScimAnswer {
  // A 204 and a 304 have no body (RFC 9110 §15.3.5, §15.4.5).
  if (status === 204 || status === 304) return { status, headers, body: null };
  if (body !== undefined) return { status, headers, body };
  const scim = { "content-type": "application/scim+json; charset=utf-8" };
  return { status, headers: { ...scim, ...headers }, body: errorBody(new Refusal(status, undefined, "A fault.")) };
}

function cut(answer: ScimAnswer, outgoing: ServerResponse): number {
  const body = answer.body ?? "";
  outgoing.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(body) });
  outgoing.write(firstHalf(body), () => outgoing.socket?.destroy());
  return 0;
}

function firstHalf(body: string | null): string | null {
  return body === null ? null : body.slice(0, Math.floor(body.length / 2));
}

function withId(answer: ScimAnswer, id: string | undefined): ScimAnswer {
  const parsed: Json = answer.body === null ? null : JSON.parse(answer.body);
  if (!isJsonObject(parsed) || parsed["id"] === undefined) return answer;
  const { id: _id, meta: _meta, ...rest } = parsed;
  const { location: _location, ...headers } = answer.headers;
  return { ...answer, headers, body: JSON.stringify(id === undefined ? rest : { ...rest, id }) };
}
