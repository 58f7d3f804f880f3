import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Control } from "./control.ts";
import { controlRoutes } from "./control-routes.ts";
import type { Directory } from "./directory.ts";
import type { Faults } from "./fault.ts";
import type { Journal } from "./journal.ts";
import type { Models } from "./model.ts";
import { pages } from "./page/pages.ts";
import { type ScimRequest, type Service, typeOf } from "./service.ts";
import { reset, send, spoil } from "./spoil.ts";

export interface ListenerParts {
  readonly service: Service;
  /** The product's own API, below `/api`; null: it has none. */
  readonly api: Service | null;
  readonly directory: Directory;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly models: Models;
  readonly control: Control;
  readonly token: string;
}

/** Where the protocol is; and the API that a product has besides. */
const base = "/scim/v2";
const apiBase = "/api";

/**
 * The protocol below `/scim/v2`, a product's own API below `/api`, the control below `/_control`, and the pages for people.
 *
 * The protocol is served on Node's own request and response: a fault reaches down to the socket, and a POST costs less
 * than half of what it costs through a web-standard Request and Response (23,000 against 9,000 a second and core,
 * with nothing behind them). The rest is Hono.
 */
export function makeListener(parts: ListenerParts): RequestListener {
  const app = new Hono();
  app.route("/_control", controlRoutes(parts.control, parts.token));
  app.route("/", pages(parts));
  const forPeople = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (incoming, outgoing) => {
    const { service, api } = parts;
    if (incoming.url?.startsWith(`${base}/`)) void onRequest(parts, { base, typeOf, service }, incoming, outgoing);
    else if (api !== null && incoming.url?.startsWith(`${apiBase}/`))
      void onRequest(parts, apiSide(api), incoming, outgoing);
    else void forPeople(incoming, outgoing);
  };
}

/** SCIM or the API: where it begins, and what its requests are about, for the counters and the faults. */
interface Side {
  readonly base: string;
  readonly typeOf: (path: string) => string;
  readonly service: Service;
}

/** The type of a request to the API is the name of what is called: `get-user`. */
function apiSide(service: Service): Side {
  return { base: apiBase, typeOf: (path) => /^\/([a-z-]{1,40})$/.exec(path)?.[1] ?? "other", service };
}

async function onRequest(
  { journal, faults, control }: ListenerParts,
  { base, typeOf, service }: Side,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = "", url = "" } = incoming;
  const queryAt = url.indexOf("?");
  const path = url.slice(base.length, queryAt < 0 ? undefined : queryAt);
  const query = queryAt < 0 ? "" : url.slice(queryAt);
  const type = typeOf(path);
  try {
    if (control.isDown()) {
      journal.request(type, method, path, reset(outgoing));
      return;
    }
    const body = await readText(incoming);
    const header = (name: string): string | undefined => incoming.headers[name]?.toString();
    const request: ScimRequest = { method, path, search: new URLSearchParams(query), header, body };
    const effect = faults.strike({ method, type, path: path + query, body });
    const answered = effect ? await spoil(effect, () => service(request), outgoing) : send(service(request), outgoing);
    journal.request(type, method, path, answered);
  } catch {
    // The client went away while it was sending, or this program has an error; a client must live with both.
    const gone = outgoing.destroyed || outgoing.headersSent;
    journal.request(type, method, path, gone ? 0 : send({ status: 500, headers: {}, body: null }, outgoing));
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () =>
      resolve((pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)).toString()),
    );
    incoming.on("error", reject);
  });
}
