import { type Context, Hono } from "hono";
import { z } from "zod";
import { callbackBody, callbackFaultsBody, scopeBody } from "../control-schemas.ts";
import { RuleError } from "../rules.ts";
import type { ProviderControl } from "./control.ts";

const suite = z.string();
const ofCorp = z.strictObject({ suite, corp: z.string() });
const withScope = ofCorp.extend({ scope: scopeBody.optional() });

class BadBody extends Error {}

/** {@link ProviderControl} over HTTP, JSON in and out, below `/_control/provider`. */
export function providerControlApi(control: ProviderControl): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof RuleError) return c.json({ errcode: error.errcode, error: error.message }, 400);
    if (error instanceof BadBody) return c.json({ error: error.message }, 400);
    return c.json({ error: "the simulator failed" }, 500);
  });
  const done = (c: Context) => c.body(null, 204);

  app.put("/callback/:suite", async (c) => {
    const { url, token, encodingAesKey } = await body(c, callbackBody.omit({ form: true }));
    await control.setCallback(c.req.param("suite"), { url, token, encodingAesKey });
    return done(c);
  });
  app.delete("/callback/:suite", async (c) => {
    await control.setCallback(c.req.param("suite"), null);
    return done(c);
  });
  app.post("/ticket", async (c) => {
    control.pushTicket((await body(c, z.strictObject({ suite }))).suite);
    return done(c);
  });
  app.post("/scan", async (c) => {
    const form = z.strictObject({ url: z.url(), corp: z.string(), scope: scopeBody.optional() });
    const { url, corp, scope } = await body(c, form);
    control.scan(url, corp, scope);
    return done(c);
  });
  app.post("/authorise", async (c) => {
    const { suite: suiteId, corp, scope } = await body(c, withScope);
    control.authorise(suiteId, corp, scope);
    return done(c);
  });
  app.post("/scope", async (c) => {
    const { suite: suiteId, corp, scope } = await body(c, ofCorp.extend({ scope: scopeBody }));
    control.changeScope(suiteId, corp, scope);
    return done(c);
  });
  app.post("/cancel", async (c) => {
    const { suite: suiteId, corp } = await body(c, ofCorp);
    control.cancel(suiteId, corp);
    return done(c);
  });
  app.post("/reset-code", async (c) => {
    const { suite: suiteId, corp } = await body(c, ofCorp);
    control.resetCode(suiteId, corp);
    return done(c);
  });
  app.get("/authorizations", (c) => c.json(control.authorizations().map(({ permanentCode: _, ...each }) => each)));
  app.put("/trusted-ips", async (c) => {
    control.setTrustedIps((await body(c, z.strictObject({ ips: z.array(z.string()).nullable() }))).ips);
    return done(c);
  });
  app.get("/messages", (c) => c.json(control.messages()));
  app.patch("/messages/faults", async (c) => {
    const faults = Object.entries(await body(c, callbackFaultsBody)).filter(([, value]) => value !== undefined);
    control.setMessageFaults(Object.fromEntries(faults));
    return done(c);
  });
  app.post("/refuse", async (c) => {
    const form = z.strictObject({ endpoint: z.string(), errcode: z.int(), times: z.int().min(0) });
    const { endpoint, errcode, times } = await body(c, form);
    control.refuse(endpoint, errcode, times);
    return done(c);
  });
  app.post("/tokens/forget", (c) => {
    control.forgetTokens();
    return done(c);
  });
  app.post("/clock/advance", async (c) => {
    control.advanceClock((await body(c, z.strictObject({ ms: z.number().min(0) }))).ms);
    return done(c);
  });
  app.get("/requests", (c) => c.json(control.requests()));
  return app;
}

async function body<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse((await c.req.text()) || "{}");
  } catch {
    throw new BadBody("the body is no JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadBody(parsed.error.issues.map((issue) => `/${issue.path.join("/")}: ${issue.message}`).join("; "));
}
