import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { RuleError } from "../rules.ts";
import type { Scope } from "../settings.ts";
import type { AuthorizePage } from "./model.ts";
import type { ServiceProvider } from "./service-provider.ts";

/**
 * What an administrator of a corp sees: the page behind a QR code (`/provider/authorize`), the page of an installation
 * (`/3rdapp/install`), and what his corp authorised, with buttons to change that (`/provider`). Nobody signs in here: whoever
 * reaches the page is the administrator of whichever corp he says.
 */
export function providerPages(provider: ServiceProvider): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (!(error instanceof RuleError)) throw error;
    return c.html(layout(html`<p>${error.message} (${error.errcode})</p>`), 400);
  });

  app.get("/provider", (c) => c.html(layout(overview(provider))));
  app.post("/provider/change", async (c) => {
    const form = await c.req.parseBody();
    const of = [String(form["suite"]), String(form["corp"])] as const;
    if (form["what"] === "cancel") provider.cancel(...of);
    else if (form["what"] === "reset") provider.resetCode(...of);
    else if (form["what"] === "scope") provider.changeScope(...of, scopeIn(form));
    else if (form["what"] === "ticket") provider.pushTicket(of[0]);
    return c.redirect("/provider", 303);
  });

  app.get("/provider/authorize", (c) => {
    const page = provider.page(c.req.query("key") ?? "");
    return c.html(layout(authorizeForm(provider, page, c)));
  });
  app.post("/provider/authorize", async (c) => {
    const page = provider.page(c.req.query("key") ?? "");
    const form = await c.req.parseBody();
    const { state } = page;
    provider.authorise(page.suiteId, String(form["corp"]), { state, scope: scopeIn(form) });
    return c.html(layout(html`<p>授权成功 — the app is authorised. The provider is told of it.</p>`));
  });

  app.get("/3rdapp/install", (c) => c.html(layout(authorizeForm(provider, installPage(provider, c), c))));
  app.post("/3rdapp/install", async (c) => {
    const page = installPage(provider, c);
    const form = await c.req.parseBody();
    const { redirect_uri: redirectUri = "", state = "" } = c.req.query();
    const made = { state, scope: scopeIn(form), tells: false };
    const code = provider.authorise(page.suiteId, String(form["corp"]), made);
    const query = new URLSearchParams({ auth_code: code, expires_in: "600", state });
    return c.redirect(`${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}`, 302);
  });
  return app;
}

function installPage(provider: ServiceProvider, c: Context): AuthorizePage {
  const page = provider.page(c.req.query("pre_auth_code") ?? "");
  if (page.suiteId !== c.req.query("suite_id")) throw new RuleError(40083, "another suite than the code's");
  return page;
}

/** Ids of departments, with commas. */
function scopeIn(form: Readonly<Record<string, unknown>>): Scope {
  const departments = String(form["departments"] ?? "")
    .split(/[\s,]+/)
    .filter((text) => text !== "")
    .map(Number);
  if (departments.some((id) => !Number.isSafeInteger(id))) throw new RuleError(60123, "departments: ids, with commas");
  return { departments, users: [], tags: [] };
}

function authorizeForm(provider: ServiceProvider, page: AuthorizePage, c: Context) {
  const { kind } = provider.suite(page.suiteId);
  const corps = provider.corps().map(({ credentials }) => credentials.corpId);
  const what = kind === "customised" ? "代开发应用 (an app from a template)" : "第三方应用 (a third-party suite)";
  return html`<h1>授权 — authorise ${what}</h1>
<p>${page.suiteId}</p>
<form method="post" action="${new URL(c.req.url).pathname}${new URL(c.req.url).search}">
<p><label>企业 — as an administrator of <select name="corp">
${corps.map((corpId) => html`<option value="${corpId}">${corpId}</option>`)}
</select></label></p>
<p><label>可见范围 — visible range, ids of departments: <input name="departments" value="1"></label></p>
<p><button>同意 — authorise</button></p>
</form>`;
}

function overview(provider: ServiceProvider) {
  const button = (suite: string, corp: string, what: string, text: string, more: unknown = "") =>
    html`<form method="post" action="/provider/change" style="display:inline"><input type="hidden" name="suite" value="${suite}"><input type="hidden" name="corp" value="${corp}"><input type="hidden" name="what" value="${what}">${more}<button>${text}</button></form> `;
  const input = html`<input name="departments" value="1" size="8" aria-label="departments">`;
  return html`<h1>服务商 ${provider.corpId}</h1>
${[...provider.suites.values()].map(
  ({ suiteId, kind }) => html`<h2>${suiteId} (${kind})</h2>
<p>${button(suiteId, "", "ticket", "send suite_ticket")}</p>
<ul>${provider.authorizations
    .filter((each) => each.suiteId === suiteId)
    .map(
      ({ corpId, scope }) =>
        html`<li>${corpId}, departments ${scope.departments.join(", ")} ${button(suiteId, corpId, "scope", "change range", input)}${button(suiteId, corpId, "reset", "fetch secret anew")}${button(suiteId, corpId, "cancel", "cancel")}</li>`,
    )}</ul>`,
)}`;
}

function layout(content: unknown) {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>企业微信 — simulated</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }</style></head>
<body>${content}</body></html>`;
}
