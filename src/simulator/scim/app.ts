import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Control } from "./control.ts";
import { controlRoutes } from "./control-routes.ts";
import type { Directory } from "./directory.ts";
import type { Faults } from "./fault.ts";
import type { Journal } from "./journal.ts";
import type { Models } from "./model.ts";
import { pages } from "./page/pages.ts";
import { type ScimRequest, type Service, typeOf } from "./service.ts";
import { reset, type Sent, send, spoil } from "./spoil.ts";

export interface AppParts {
  readonly service: Service;
  readonly directory: Directory;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly models: Models;
  readonly control: Control;
  readonly token: string;
}

const base = "/scim/v2";

/** The protocol below `/scim/v2`, the control below `/_control`, and the pages for people. */
export function makeApp(parts: AppParts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all(`${base}/*`, (context) => onScim(parts, context));
  app.route("/_control", controlRoutes(parts.control, parts.token));
  app.route("/", pages(parts));
  return app;
}

async function onScim(parts: AppParts, context: Context<{ Bindings: HttpBindings }>): Promise<Response> {
  const { service, journal, faults, control } = parts;
  const { req, env } = context;
  const method = req.method;
  const path = req.path.slice(base.length);
  const type = typeOf(path);
  if (control.isDown()) return noted(journal, type, method, path, reset(env));
  const queryAt = req.url.indexOf("?");
  const query = queryAt < 0 ? "" : req.url.slice(queryAt);
  const body = method === "GET" || method === "DELETE" ? "" : await req.text();
  const request: ScimRequest = {
    method,
    path,
    search: new URLSearchParams(query),
    header: (name) => req.header(name),
    body,
  };
  const effect = faults.strike({ method, type, path: path + query, body });
  const sent = effect ? await spoil(effect, () => service(request), env) : send(service(request));
  return noted(journal, type, method, path, sent);
}

function noted(journal: Journal, type: string, method: string, path: string, { response, status }: Sent): Response {
  journal.request(type, method, path, status);
  return response;
}
