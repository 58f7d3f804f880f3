import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { html, raw } from "hono/html";
import type { Corp } from "./corp.ts";
import type { MemberEntry } from "./directory.ts";
import { ApiError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { Person } from "./oauth.ts";
import { seesMember } from "./sight.ts";

/** What the address of the page says (WeCom doc path/96441). */
interface Asked {
  readonly corp: Corp;
  readonly redirectUri: URL;
  readonly state: string;
  /** With the scope `snsapi_privateinfo` and the app's agentid; without that it is as if only the userid was asked for. */
  readonly isPrivate: boolean;
}

const mostShown = 50;

/**
 * What `https://open.weixin.qq.com/connect/oauth2/authorize` is in WeCom's client: there it knows who looks at it; here one
 * chooses who one is. It sends the browser back with a code, and shows a page where WeCom would.
 */
export function authorizePage(gate: Gate): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (!(error instanceof ApiError)) return c.text("the simulator failed", 500);
    return c.html(page("Refused", html`<h1>${error.errcode}</h1><p>${error.message}</p>`));
  });

  app.get("/authorize", (c) => {
    const asked = judge(gate, (name) => c.req.query(name));
    const sought = (c.req.query("who") ?? "").toLowerCase();
    const found = [...asked.corp.directory.members.values()]
      .filter(({ raw: { userid, name } }) => `${userid} ${name}`.toLowerCase().includes(sought))
      .slice(0, mostShown);
    const address = Object.entries(c.req.query()).filter(([name]) => name !== "who");
    const hidden = address.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
    const fields = asked.isPrivate ? asked.corp.settings.consentFields.join(", ") || "nothing" : "your userid alone";
    return c.html(
      page(
        "Who are you?",
        html`<h1>Who are you?</h1>
<p>In WeCom's client this page knows. The app asks to see: ${fields}. Back to: <code>${asked.redirectUri.host}</code></p>
<form method="get">${hidden}<label>Find <input name="who" value="${sought}"></label> <button>Find</button></form>
<form method="post">${hidden}
<p><label>I am <select name="as">${found.map(option)}
<option value="outsider">somebody who is in no corp</option>
<option value="linked">a member of a linked corp</option></select></label></p>
<p><button name="decision" value="agree">Agree</button>
<button name="decision" value="bare">Go on without agreeing</button>
<button name="decision" value="refuse">Refuse</button></p></form>`,
      ),
    );
  });

  app.post("/authorize", async (c) => {
    const form = await c.req.parseBody();
    const given = (name: string) => (typeof form[name] === "string" ? form[name] : undefined);
    const asked = judge(gate, given);
    const { redirectUri, state } = asked;
    const decision = given("decision");
    if (decision !== "refuse") {
      const person = personOf(asked, given("as") ?? "");
      redirectUri.searchParams.set("code", codeFor(asked, person, decision === "agree"));
    }
    if (state !== "") redirectUri.searchParams.set("state", state);
    return back(c, redirectUri);
  });
  return app;
}

function back(c: Context, to: URL): Response {
  return c.redirect(to.href, 302);
}

/** Throws {@link ApiError} for what WeCom shows a page about. */
function judge(gate: Gate, given: (name: string) => string | undefined): Asked {
  const corp = gate.corpOf(given("appid"));
  if (corp === undefined) throw new ApiError(40013);
  const address = given("redirect_uri") ?? "";
  const { trustedDomain, appEnabled } = corp.settings;
  if (!URL.canParse(address)) throw new ApiError(50001);
  const redirectUri = new URL(address);
  if (trustedDomain !== null && redirectUri.host !== trustedDomain) throw new ApiError(50001);
  if (given("response_type") !== "code") throw new ApiError(40058);
  const state = given("state") ?? "";
  if (!/^[a-zA-Z0-9]{0,128}$/.test(state)) throw new ApiError(40058);
  if (!appEnabled) throw new ApiError(50003);
  const agent = given("agentid");
  if (agent !== undefined && agent !== String(corp.credentials.agentId)) throw new ApiError(40056);
  const scope = given("scope");
  if (scope !== "snsapi_base" && scope !== "snsapi_privateinfo") throw new ApiError(40058);
  return { corp, redirectUri, state, isPrivate: scope === "snsapi_privateinfo" && agent !== undefined };
}

function personOf({ corp }: Asked, as: string): Person {
  if (as === "outsider") return { kind: "outsider", openid: `o${randomBytes(14).toString("base64url")}` };
  if (as === "linked") return { kind: "linked", userid: "wwlinkedcorp0000/zhang.san" };
  const entry = corp.directory.members.get(as.toLowerCase());
  if (entry === undefined) throw new ApiError(60111);
  return { kind: "member", entry };
}

function codeFor({ corp, isPrivate }: Asked, person: Person, agreed: boolean): string {
  if (isPrivate && person.kind === "member") {
    const isSeen = seesMember(corp.view("app").sight, person.entry);
    if (!isSeen && corp.settings.consentOutOfScope === "page-error") throw new ApiError(60011);
    if (isSeen && agreed) corp.setAgreed(person.entry, true);
  }
  return corp.oauth.issueCode({ person, isPrivate, agreed }, corp.now());
}

function option({ raw: { userid, name } }: MemberEntry) {
  return html`
<option value="${userid}">${name} (${userid})</option>`;
}

function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${raw(style)}</style></head><body>
<p><small>Simulator of WeCom's authorisation page</small></p>
${body}
</body></html>`;
}

const style =
  ":root{color-scheme:light dark}body{font:16px system-ui,sans-serif;margin:1.5em;max-width:40em}select,input,button{font:inherit;max-width:100%}button{padding:.4em 1em}";
