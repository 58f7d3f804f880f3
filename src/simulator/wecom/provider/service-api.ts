import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { ApiError, errmsgOf } from "../errors.ts";
import type { Gate } from "../gate.ts";
import { tokenSeconds } from "../tokens.ts";
import type { Authorization } from "./model.ts";
import type { ServiceProvider } from "./service-provider.ts";

type Ctx = Context<{ Bindings: HttpBindings }>;
type Body = Readonly<Record<string, unknown>>;

interface ServiceCall {
  readonly provider: ServiceProvider;
  /** Of the token; empty where the call needs none of a suite. */
  readonly suiteId: string;
  readonly body: Body;
  /** How this WeCom is reached. */
  readonly origin: string;
}

interface ServiceEndpoint {
  readonly method: "GET" | "POST";
  readonly token: "none" | "suite" | "provider";
  /** Fields of the answer; some calls leave out errcode (doc path/97162, path/96237). */
  readonly answer: (call: ServiceCall) => object;
}

/** `/cgi-bin/service/…`: the calls of a service provider, in the order token, IP, permission, object. */
export function serviceApi(provider: ServiceProvider, gate: Gate): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const endpoints: Readonly<Record<string, ServiceEndpoint>> = {
    get_provider_token: { method: "POST", token: "none", answer: getProviderToken },
    get_suite_token: { method: "POST", token: "none", answer: getSuiteToken },
    get_pre_auth_code: { method: "GET", token: "suite", answer: getPreAuthCode },
    set_session_info: { method: "POST", token: "suite", answer: setSessionInfo },
    get_customized_auth_url: { method: "POST", token: "provider", answer: getCustomizedAuthUrl },
    get_permanent_code: { method: "POST", token: "suite", answer: (call) => permanentCode(call, "v1") },
    "v2/get_permanent_code": { method: "POST", token: "suite", answer: (call) => permanentCode(call, "v2") },
    get_auth_info: { method: "POST", token: "suite", answer: getAuthInfo },
    "v2/get_auth_info": { method: "POST", token: "suite", answer: getAuthInfo },
    get_corp_token: { method: "POST", token: "suite", answer: (call) => getCorpToken(call, gate) },
  };
  for (const [name, endpoint] of Object.entries(endpoints)) {
    app.all(`/cgi-bin/service/${name}`, (c) => serve(c, provider, name, endpoint));
  }
  return app;
}

async function serve(c: Ctx, provider: ServiceProvider, name: string, endpoint: ServiceEndpoint): Promise<Response> {
  const ip = (c.env.incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  provider.requests.set(name, (provider.requests.get(name) ?? 0) + 1);
  try {
    const refusal = provider.refusals.get(name);
    if (refusal !== undefined && refusal.times > 0) {
      refusal.times -= 1;
      throw new ApiError(refusal.errcode);
    }
    const suiteId = endpoint.token === "none" ? null : tokenOf(c, provider, endpoint.token);
    if (provider.trustedIps !== null && !provider.trustedIps.includes(ip)) throw new ApiError(60020);
    if (endpoint.method === "POST" && c.req.method !== "POST") throw new ApiError(40058);
    const body = endpoint.method === "POST" ? await bodyOf(c) : {};
    return c.json(endpoint.answer({ provider, suiteId: suiteId ?? "", body, origin: new URL(c.req.url).origin }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return c.json({ errcode: error.errcode, errmsg: errmsgOf(error.errcode, error.message, ip) });
  }
}

function tokenOf(c: Ctx, provider: ServiceProvider, of: "suite" | "provider"): string | null {
  const token = c.req.query(`${of}_access_token`);
  if (!token) throw new ApiError(of === "suite" ? 41022 : 41001);
  return provider.findToken(token, of);
}

async function bodyOf(c: Ctx): Promise<Body> {
  try {
    const value: unknown = JSON.parse(await c.req.text());
    if (typeof value === "object" && value !== null) return value as Body;
  } catch {
    // As any body of another form.
  }
  throw new ApiError(40058);
}

/** Doc path/96237. */
function getProviderToken({ provider, body }: ServiceCall): object {
  if (body["corpid"] !== provider.corpId) throw new ApiError(40013);
  if (body["provider_secret"] !== provider.providerSecret) throw new ApiError(40001);
  const { token, seconds } = provider.issueToken(null);
  return { provider_access_token: token, expires_in: seconds };
}

/** Doc path/97162. */
function getSuiteToken({ provider, body }: ServiceCall): object {
  const suite = provider.suites.get(String(body["suite_id"]));
  if (suite === undefined) throw new ApiError(40083);
  if (body["suite_secret"] !== suite.secret) throw new ApiError(40001);
  if (!provider.isTicketGood(suite.suiteId, body["suite_ticket"])) throw new ApiError(40085);
  const { token, seconds } = provider.issueToken(suite.suiteId);
  return { suite_access_token: token, expires_in: seconds };
}

/** Doc path/90601. */
function getPreAuthCode({ provider, suiteId }: ServiceCall): object {
  const { key, seconds } = provider.openPage(suiteId, null);
  return { errcode: 0, errmsg: "ok", pre_auth_code: key, expires_in: seconds };
}

/** Doc path/90602. */
function setSessionInfo({ provider, suiteId, body }: ServiceCall): object {
  const page = provider.pages.get(String(body["pre_auth_code"]));
  if (page === undefined || page.suiteId !== suiteId || page.expiresAt <= provider.now()) throw new ApiError(42007);
  return { errcode: 0, errmsg: "ok" };
}

/** Doc path/98744: up to 32 letters and digits, up to 9 templates (one here). */
function getCustomizedAuthUrl({ provider, body, origin }: ServiceCall): object {
  const { state, templateid_list: templates } = body;
  if (typeof state !== "string" || !/^[A-Za-z0-9]{1,32}$/.test(state)) throw new ApiError(40058);
  const [templateId] = Array.isArray(templates) ? (templates as readonly unknown[]) : [];
  const suite = provider.suites.get(String(templateId));
  if (suite?.kind !== "customised") throw new ApiError(40083);
  const { key, seconds } = provider.openPage(suite.suiteId, state);
  return { errcode: 0, errmsg: "ok", qrcode_url: `${origin}/provider/authorize?key=${key}`, expires_in: seconds };
}

/** Doc path/90603 (v1), path/100776 (v2): of a customised app there is no access_token in either. */
function permanentCode({ provider, suiteId, body }: ServiceCall, version: "v1" | "v2"): object {
  const authorization = provider.exchange(suiteId, body["auth_code"]);
  const answer = {
    ...{ errcode: 0, errmsg: "ok", permanent_code: authorization.permanentCode },
    auth_corp_info: corpInfo(authorization),
    ...(authorization.state === null ? {} : { state: authorization.state }),
  };
  return version === "v2" ? answer : { ...answer, auth_info: authInfo(authorization) };
}

/** Doc path/90604, path/100795. */
function getAuthInfo({ provider, suiteId, body }: ServiceCall): object {
  const authorization = provider.findByCode(suiteId, body["auth_corpid"], body["permanent_code"]);
  return {
    ...{ errcode: 0, errmsg: "ok", auth_corp_info: corpInfo(authorization), auth_info: authInfo(authorization) },
  };
}

/** Doc path/90605. What a customised app gets with it is good for nothing (doc path/90313, 48002). */
function getCorpToken({ provider, suiteId, body }: ServiceCall, gate: Gate): object {
  const { kind, corpId } = provider.findByCode(suiteId, body["auth_corpid"], body["permanent_code"]);
  if (kind === "customised") throw new ApiError(48002);
  const corp = provider.corp(corpId);
  const { token, expiresAt } = gate.tokens.issue(corp, "suite", corp.now());
  const left = Math.max(1, Math.floor((expiresAt - corp.now()) / 1000));
  return { errcode: 0, errmsg: "ok", access_token: token, expires_in: Math.min(left, tokenSeconds) };
}

function corpInfo({ corpId }: Authorization): object {
  return { corpid: corpId, corp_name: `企业 ${corpId.slice(-4)}` };
}

function authInfo({ agentId, kind, scope }: Authorization): object {
  const { departments, users, tags } = scope;
  const privilege = {
    ...{ level: 1, allow_party: departments, allow_user: users, allow_tag: tags },
    ...{ extra_party: [], extra_user: [], extra_tag: [] },
  };
  const isCustomised = kind === "customised";
  return { agent: [{ agentid: agentId, name: "通讯录", auth_mode: 0, is_customized_app: isCustomised, privilege }] };
}
