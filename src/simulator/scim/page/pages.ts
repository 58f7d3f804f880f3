import { Hono } from "hono";
import type { Control } from "../control.ts";
import type { Directory } from "../directory.ts";
import type { Journal } from "../journal.ts";
import type { Models } from "../model.ts";
import { overviewPage, requestsPage, violationsPage } from "./activity.ts";
import { groupPage, listPage, missingPage, userPage } from "./resources.ts";

/** Pages on which a person sees what has arrived. They only show. */
export function pages(parts: {
  readonly directory: Directory;
  readonly models: Models;
  readonly journal: Journal;
  readonly control: Control;
}): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    // Nothing on these pages needs a script; what a directory holds must not become one.
    context.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
    context.header("x-content-type-options", "nosniff");
    context.header("cache-control", "no-store");
  });
  app.get("/", (context) => context.html(overviewPage(parts)));
  app.get("/requests", (context) => context.html(requestsPage(parts, context.req.query("page"))));
  app.get("/violations", (context) => context.html(violationsPage(parts, context.req.query("page"))));
  app.get("/users", (context) => context.html(listPage(parts, "User", ...searchOf(context.req.query()))));
  app.get("/groups", (context) => context.html(listPage(parts, "Group", ...searchOf(context.req.query()))));
  app.get("/users/:id", (context) => {
    const entry = parts.directory.get("User", context.req.param("id"));
    return entry ? context.html(userPage(parts, entry)) : context.html(missingPage(), 404);
  });
  app.get("/groups/:id", (context) => {
    const entry = parts.directory.get("Group", context.req.param("id"));
    return entry ? context.html(groupPage(parts, entry, context.req.query("page"))) : context.html(missingPage(), 404);
  });
  return app;
}

function searchOf({ q, page }: Record<string, string>): [search: string, page: string | undefined] {
  return [q ?? "", page];
}
