import { isJsonObject, type Json, type JsonObject, member } from "../../../lib/json.ts";
import type { AuthorizedApp, GrantedAccess } from "../../source.ts";
import { nonsense } from "../fault.ts";
import type { AgentScope } from "../parse.ts";
import type { ProviderClient } from "./provider-client.ts";

/** The app of an authorised corp, with what it may see. */
export interface AuthorizedAgent extends AuthorizedApp {
  readonly scope: AgentScope;
}

/** The calls that a provider makes. All throw a `WecomFault`, or the signal's reason. */
export interface ProviderApi {
  /** A page that is to be shown as QR code, and for how many seconds it is good (WeCom doc path/98744). */
  customisedUrl(
    templateId: string,
    state: string,
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly seconds: number }>;
  /** What the page of a suite's installation is opened with (WeCom doc path/90601), and for how many seconds. */
  preAuthCode(suiteId: string, signal: AbortSignal): Promise<{ readonly code: string; readonly seconds: number }>;
  /** Only a suite that is not published is installed like that: `auth_type` 1 (WeCom doc path/90602). */
  markTrial(suiteId: string, preAuthCode: string, signal: AbortSignal): Promise<void>;
  /** WeCom doc path/100776, path/97163. */
  permanentCode(suiteId: string, authCode: string, signal: AbortSignal): Promise<GrantedAccess>;
  /** WeCom doc path/100795. */
  authInfo(
    suiteId: string,
    corp: { readonly corpId: string; readonly permanentCode: string },
    signal: AbortSignal,
  ): Promise<AuthorizedAgent>;
  /** The judged answer, with `access_token` and `expires_in`: of a third-party suite (WeCom doc path/90605). */
  corpToken(
    suiteId: string,
    corp: { readonly corpId: string; readonly permanentCode: string },
    signal: AbortSignal,
  ): Promise<JsonObject>;
}

export function makeProviderApi(client: ProviderClient): ProviderApi {
  return {
    async customisedUrl(templateId, state, signal) {
      const body = { state, templateid_list: [templateId] };
      const answer = await client.callAsProvider("service/get_customized_auth_url", body, signal);
      return { url: textIn(answer, "qrcode_url"), seconds: secondsIn(answer, 864_000) };
    },
    async preAuthCode(suiteId, signal) {
      const answer = await client.callAsSuite(suiteId, "service/get_pre_auth_code", undefined, signal);
      return { code: textIn(answer, "pre_auth_code"), seconds: secondsIn(answer, 1200) };
    },
    async markTrial(suiteId, preAuthCode, signal) {
      const body = { pre_auth_code: preAuthCode, session_info: { appid: [], auth_type: 1 } };
      await client.callAsSuite(suiteId, "service/set_session_info", body, signal);
    },
    async permanentCode(suiteId, authCode, signal) {
      const body = { auth_code: authCode };
      const answer = await client.callAsSuite(suiteId, "service/v2/get_permanent_code", body, signal);
      const corp = member(answer, "auth_corp_info");
      if (!isJsonObject(corp)) throw nonsense("no auth_corp_info in the answer of get_permanent_code");
      return {
        corpId: textIn(corp, "corpid"),
        corpName: optionalText(corp, "corp_name"),
        permanentCode: textIn(answer, "permanent_code"),
        state: optionalText(answer, "state"),
      };
    },
    async authInfo(suiteId, { corpId, permanentCode }, signal) {
      const body = { auth_corpid: corpId, permanent_code: permanentCode };
      return parseAuthInfo(await client.callAsSuite(suiteId, "service/v2/get_auth_info", body, signal));
    },
    corpToken(suiteId, { corpId, permanentCode }, signal) {
      const body = { auth_corpid: corpId, permanent_code: permanentCode };
      return client.callAsSuite(suiteId, "service/get_corp_token", body, signal);
    },
  };
}

/** One app alone is authorised by a code; who has none of it any more is shown an empty list. */
function parseAuthInfo(answer: JsonObject): AuthorizedAgent {
  const corp = member(answer, "auth_corp_info");
  const info = member(answer, "auth_info");
  const agents = isJsonObject(info) ? member(info, "agent") : undefined;
  const [agent] = Array.isArray(agents) ? (agents as readonly Json[]) : [];
  if (!isJsonObject(agent)) throw nonsense("no app in the answer of get_auth_info");
  const agentId = Number(member(agent, "agentid"));
  const privilege = member(agent, "privilege");
  // An app that is granted nobody is not one of which nothing is said: those granted one by one would seem to have left.
  if (!isJsonObject(privilege)) throw nonsense("no privilege of the app in the answer of get_auth_info");
  const listOf = (name: string): readonly string[] => {
    const lists = [member(privilege, `allow_${name}`), member(privilege, `extra_${name}`)];
    const items = lists.flatMap((list) => (Array.isArray(list) ? (list as readonly Json[]) : []));
    return [...new Set(items.filter((item) => typeof item === "string" || typeof item === "number").map(String))];
  };
  return {
    agentId: Number.isSafeInteger(agentId) && agentId > 0 ? agentId : null,
    corpName: isJsonObject(corp) ? optionalText(corp, "corp_name") : null,
    scope: { departments: listOf("party"), userids: listOf("user"), tags: listOf("tag"), closed: false },
  };
}

function textIn(object: JsonObject, name: string): string {
  const value = member(object, name);
  if (typeof value !== "string" || value === "") throw nonsense(`no ${name} in the answer`);
  return value;
}

function optionalText(object: JsonObject, name: string): string | null {
  const value = member(object, name);
  return typeof value === "string" && value !== "" ? value : null;
}

function secondsIn(answer: JsonObject, usual: number): number {
  const seconds = Number(member(answer, "expires_in") ?? usual);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : usual;
}
