import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { wait } from "../../lib/wait.ts";
import type { Effect } from "./fault.ts";
import { errorBody, Refusal } from "./refusal.ts";
import type { ScimAnswer } from "./service.ts";

/** The connection that a request came on. */
export interface Connection {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** What goes out: a response, and the status that is noted (0: no answer, or half of one). */
export interface Sent {
  readonly response: Response;
  readonly status: number;
}

/** Answers as the fault says. `carryOut` does the request and gives its right answer; it is called at most once. */
export async function spoil(effect: Effect, carryOut: () => ScimAnswer, connection: Connection): Promise<Sent> {
  if ("commit" in effect && effect.commit) carryOut();
  switch (effect.kind) {
    case "status":
      return status(effect.status, effect.headers, effect.body);
    case "throttle": {
      const date = new Date(Date.now() + effect.seconds * 1000).toUTCString();
      return status(429, { "retry-after": effect.form === "date" ? date : String(effect.seconds) }, undefined);
    }
    case "hang":
      if (!connection.incoming.socket.destroyed) await once(connection.incoming.socket, "close");
      return { response: RESPONSE_ALREADY_SENT, status: 0 };
    case "reset":
      return reset(connection);
    case "html": {
      const body = "<!doctype html><title>Sign in</title><p>Please sign in to continue.";
      return { response: new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } }), status: 200 };
    }
    case "truncated": {
      const right = carryOut();
      return send({ ...right, body: firstHalf(right.body) });
    }
    case "cut":
      return cut(carryOut(), connection);
    case "without-id":
      return send(withId(carryOut(), undefined));
    case "wrong-id":
      return send(withId(carryOut(), randomUUID()));
    case "delay":
      await wait(effect.ms);
      return send(carryOut());
  }
}

/** The answer as it is. */
export function send({ status, headers, body }: ScimAnswer): Sent {
  return { response: new Response(body, { status, headers }), status };
}

/** Ends the connection with a reset, as a crash or a firewall does. */
export function reset({ incoming }: Connection): Sent {
  incoming.socket.resetAndDestroy();
  return { response: RESPONSE_ALREADY_SENT, status: 0 };
}

function status(code: number, headers: Readonly<Record<string, string>>, body: string | undefined): Sent {
  const scim = { "content-type": "application/scim+json; charset=utf-8" };
  // A 204 and a 304 have no body (RFC 9110 §15.3.5, §15.4.5).
  const text = code === 204 || code === 304 ? null : (body ?? errorBody(new Refusal(code, undefined, "A fault.")));
  return send({ status: code, headers: body === undefined ? { ...scim, ...headers } : headers, body: text });
}

function cut(answer: ScimAnswer, { incoming, outgoing }: Connection): Sent {
  const body = answer.body ?? "";
  outgoing.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(body) });
  outgoing.write(firstHalf(body), () => incoming.socket.destroy());
  return { response: RESPONSE_ALREADY_SENT, status: 0 };
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
