import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import type { z } from "zod";
import type { Control } from "./control.ts";
import * as bodies from "./control-schemas.ts";
import type { Truth } from "./model.ts";
import { RuleError } from "./rules.ts";
import type { Credential } from "./settings.ts";

type Env = { Variables: { control: Control } };

/**
 * {@link Control} over HTTP, JSON in and out, below `/_control/{corpId}`. 400 `{error, errcode?}` for what the corp's
 * rules or the form of the body forbid, 404 for an unknown corp.
 */
export function controlApi(corps: readonly { readonly control: Control }[]): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, c) => {
    if (error instanceof RuleError) return c.json({ errcode: error.errcode, error: error.message }, 400);
    if (error instanceof BadBody) return c.json({ error: error.message }, 400);
    return c.json({ error: "the simulator failed" }, 500);
  });
  const findCorp = createMiddleware<Env>(async (c, next) => {
    const found = corps.find(({ control }) => control.corpId.toLowerCase() === c.req.param("corp")?.toLowerCase());
    if (!found) return c.json({ error: "no such corp" }, 404);
    c.set("control", found.control);
    return next();
  });
  app.use("/:corp/*", findCorp);

  app.get("/:corp/truth", (c) => streamTruth(c.var.control.truth()));
  app.get("/:corp/visible-truth", (c) =>
    streamTruth(c.var.control.visibleTruth(credentialOf(c.req.query("credential")))),
  );
  app.get("/:corp/members", (c) => {
    const limit = Math.min(10_000, Number(c.req.query("limit") ?? 1000) || 1000);
    return c.json(c.var.control.membersAfter(Number(c.req.query("after") ?? -1), limit));
  });

  app.post("/:corp/members", async (c) => c.json(c.var.control.createMember(await body(c, bodies.newMemberBody)), 201));
  app.patch("/:corp/members/:userid", async (c) =>
    c.json(c.var.control.patchMember(c.req.param("userid"), await body(c, bodies.memberPatchBody))),
  );
  app.delete("/:corp/members/:userid", (c) => done(c, c.var.control.deleteMember(c.req.param("userid"))));
  app.post("/:corp/members/:userid/move", async (c) => {
    const { departments, mainDepartment } = await body(c, bodies.moveBody);
    return c.json(c.var.control.moveMember(c.req.param("userid"), departments, mainDepartment));
  });
  app.post("/:corp/members/:userid/rename", async (c) => {
    const { userid, told } = await body(c, bodies.renameBody);
    return done(c, c.var.control.renameUserid(c.req.param("userid"), userid, { told }));
  });

  app.post("/:corp/departments", async (c) =>
    c.json({ id: c.var.control.createDepartment(await body(c, bodies.newDepartmentBody)) }, 201),
  );
  app.patch("/:corp/departments/:id", async (c) =>
    done(c, c.var.control.patchDepartment(Number(c.req.param("id")), await body(c, bodies.departmentPatchBody))),
  );
  app.delete("/:corp/departments/:id", (c) => done(c, c.var.control.deleteDepartment(Number(c.req.param("id")))));

  app.post("/:corp/tags", async (c) => c.json({ id: c.var.control.createTag(await body(c, bodies.newTagBody)) }, 201));
  app.patch("/:corp/tags/:id", async (c) => {
    const { tagname, ...members } = await body(c, bodies.tagPatchBody);
    const id = Number(c.req.param("id"));
    if (tagname !== undefined) c.var.control.renameTag(id, tagname);
    return done(c, c.var.control.changeTagMembers(id, members));
  });
  app.delete("/:corp/tags/:id", (c) => done(c, c.var.control.deleteTag(Number(c.req.param("id")))));

  app.get("/:corp/consents", (c) => c.json(c.var.control.consents()));
  app.put("/:corp/consents/:userid", async (c) =>
    done(c, c.var.control.setConsent(c.req.param("userid"), (await body(c, bodies.consentBody)).agreed)),
  );

  app.get("/:corp/scope", (c) => c.json(c.var.control.scope()));
  app.put("/:corp/scope", async (c) => done(c, c.var.control.setScope(await body(c, bodies.scopeBody))));
  app.get("/:corp/settings", (c) => c.json(c.var.control.settings()));
  app.patch("/:corp/settings", async (c) =>
    done(c, c.var.control.setSettings(given(await body(c, bodies.settingsBody)))),
  );
  app.get("/:corp/limits", (c) => c.json(c.var.control.limits()));
  app.patch("/:corp/limits", async (c) => done(c, c.var.control.setLimits(given(await body(c, bodies.limitsBody)))));
  app.put("/:corp/trusted-ips", async (c) => {
    const { credential, ips } = await body(c, bodies.trustedIpsBody);
    return done(c, c.var.control.setTrustedIps(credential, ips));
  });

  app.post("/:corp/tokens/expire", async (c) =>
    done(c, c.var.control.expireTokens((await body(c, bodies.credentialBody)).credential)),
  );
  app.post("/:corp/tokens/revoke", async (c) =>
    done(c, c.var.control.revokeTokens((await body(c, bodies.credentialBody)).credential)),
  );
  app.post("/:corp/clock/advance", async (c) =>
    done(c, c.var.control.advanceClock((await body(c, bodies.clockBody)).ms)),
  );
  app.post("/:corp/forgive", (c) => done(c, c.var.control.forgive()));

  app.get("/:corp/callback", (c) => c.json(c.var.control.callbacks()));
  app.put("/:corp/callback", async (c) => done(c, await c.var.control.setCallback(await body(c, bodies.callbackBody))));
  app.delete("/:corp/callback", async (c) => done(c, await c.var.control.setCallback(null)));
  app.patch("/:corp/callback/faults", async (c) =>
    done(c, c.var.control.setCallbackFaults(given(await body(c, bodies.callbackFaultsBody)))),
  );

  app.get("/:corp/faults", (c) => c.json(c.var.control.faults()));
  app.post("/:corp/faults", async (c) => done(c, c.var.control.addFault(await body(c, bodies.faultBody))));
  app.delete("/:corp/faults", (c) => done(c, c.var.control.clearFaults()));

  app.post("/:corp/random-changes", async (c) => {
    const { count, seed } = await body(c, bodies.randomChangesBody);
    return c.json(c.var.control.randomChanges(count, seed));
  });
  app.get("/:corp/requests", (c) => c.json(c.var.control.requests()));
  app.delete("/:corp/requests", (c) => done(c, c.var.control.resetRequests()));
  return app;
}

class BadBody extends Error {}

/** The body, if it has the form; no body at all counts as `{}`. */
async function body<T>(c: Context<Env>, schema: z.ZodType<T>): Promise<T> {
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

/** Without the members that are undefined. */
function given<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

function done(c: Context, _nothing: unknown): Response {
  return c.body(null, 204);
}

function credentialOf(given: string | undefined): Credential {
  return given === "contacts" ? "contacts" : "app";
}

/** A large corp's truth is longer than one string may be: it goes out member by member. */
function streamTruth({ corpId, departments, tags, members }: Truth): Response {
  const head = `{"corpId":${JSON.stringify(corpId)},"departments":${JSON.stringify(departments)},"tags":${JSON.stringify(tags)},"members":[`;
  const encoder = new TextEncoder();
  let next = 0;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(head)),
    pull(controller) {
      const text = members
        .slice(next, next + 1000)
        .map((member) => JSON.stringify(member))
        .join(",");
      if (text !== "") controller.enqueue(encoder.encode((next > 0 ? "," : "") + text));
      next += 1000;
      if (next < members.length) return;
      controller.enqueue(encoder.encode("]}"));
      controller.close();
    },
  });
  return new Response(stream, { headers: { "content-type": "application/json; charset=UTF-8" } });
}
