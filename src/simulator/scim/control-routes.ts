import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { z } from "zod";
import type { Control } from "./control.ts";
import { faultSchema } from "./fault.ts";

const json = z.record(z.string(), z.json());
const addition = z.strictObject({
  type: z.enum(["User", "Group"]),
  attributes: json,
  members: z.array(z.string()).optional(),
});
const downSchema = z.strictObject({ down: z.boolean() });

/**
 * The control over HTTP, for programs in other processes; with the same bearer token as the protocol.
 *
 *     GET    /dump                 NDJSON: one { type, id, resource, members } a line, users first
 *     GET    /counts               users, groups, memberships
 *     GET    /violations, /noops, /requests
 *     POST   /reset                forgets everything; ?journal forgets what was recorded only
 *     GET    /faults   POST /faults (an order, 201 { id })   DELETE /faults   DELETE /faults/{id}
 *     PUT    /down                 { "down": true }
 *     PUT    /extensions           an extension schema (RFC 7643 §7), in place of the one of the same URN
 *     POST   /resources            { "type", "attributes", "members" }, 201 { id }
 *     PATCH  /resources/{id}       attributes to set, null to remove
 *     DELETE /resources/{id}       one    DELETE /resources    all
 *     PUT    /resources/{id}/members/{member}   DELETE the same
 */
export function controlRoutes(control: Control, token: string): Hono {
  const app = new Hono();
  app.use(bearerAuth({ token }));
  app.onError((error, context) => {
    if (error instanceof z.ZodError) return context.json({ error: z.prettifyError(error) }, 400);
    if (error instanceof SyntaxError) return context.json({ error: "The body is no JSON." }, 400);
    return "getResponse" in error && typeof error.getResponse === "function"
      ? error.getResponse()
      : context.json({ error: "internal error" }, 500);
  });

  app.get(
    "/dump",
    () => new Response(ndjson(control.truths()), { headers: { "content-type": "application/x-ndjson" } }),
  );
  app.get("/counts", (context) => context.json(control.counts()));
  app.get("/violations", (context) => context.json(control.violations()));
  app.get("/noops", (context) => context.json(control.noops()));
  app.get("/requests", (context) => context.json(control.requests()));
  app.post("/reset", (context) => {
    if (context.req.query("journal") === undefined) control.reset();
    else control.resetJournal();
    return context.body(null, 204);
  });

  app.get("/faults", (context) => context.json(control.faults()));
  app.post("/faults", async (context) => {
    const order = faultSchema.parse(await context.req.json());
    return context.json({ id: control.fault(order) }, 201);
  });
  app.delete("/faults", (context) => {
    control.clearFault();
    return context.body(null, 204);
  });
  app.delete("/faults/:id", (context) => {
    control.clearFault(Number(context.req.param("id")));
    return context.body(null, 204);
  });
  app.put("/down", async (context) => {
    control.setDown(downSchema.parse(await context.req.json()).down);
    return context.body(null, 204);
  });

  app.put("/extensions", async (context) => {
    control.defineExtension(json.parse(await context.req.json()));
    return context.body(null, 204);
  });

  app.post("/resources", async (context) => {
    const { type, attributes, members } = addition.parse(await context.req.json());
    return context.json({ id: control.add(type, attributes, members) }, 201);
  });
  app.delete("/resources", (context) => {
    control.loseEverything();
    return context.body(null, 204);
  });
  app.patch("/resources/:id", async (context) => {
    const attributes = json.parse(await context.req.json());
    return context.body(null, control.modify(context.req.param("id"), attributes) ? 204 : 404);
  });
  app.delete("/resources/:id", (context) => context.body(null, control.remove(context.req.param("id")) ? 204 : 404));
  app.put("/resources/:id/members/:member", (context) => {
    const { id, member } = context.req.param();
    return context.body(null, control.addMember(id, member) ? 204 : 404);
  });
  app.delete("/resources/:id/members/:member", (context) => {
    const { id, member } = context.req.param();
    return context.body(null, control.removeMember(id, member) ? 204 : 404);
  });
  return app;
}

/** One JSON text a line, in pieces of some hundred lines, made as fast as they are read. */
function ndjson(items: Generator<unknown>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      let text = "";
      for (let lines = 0; lines < 500 && text.length < 1_000_000; lines += 1) {
        const next = items.next();
        if (next.done) {
          if (text) controller.enqueue(encoder.encode(text));
          controller.close();
          return;
        }
        text += `${JSON.stringify(next.value)}\n`;
      }
      controller.enqueue(encoder.encode(text));
    },
  });
}
