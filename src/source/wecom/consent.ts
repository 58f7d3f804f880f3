import { isJsonObject, type JsonObject, member } from "../../lib/json.ts";
import type { ConsentAnswer, ConsentDoor } from "../source.ts";
import type { WecomApi } from "./api.ts";
import { nonsense, toSourceError, WecomFault } from "./fault.ts";
import { userKey } from "./parse.ts";
import { sensitiveFields } from "./unseen-fields.ts";

export interface ConsentParts {
  readonly app: Pick<WecomApi, "whoHolds" | "details">;
  readonly corpId: string;
  readonly agentId: number;
  /** Scheme and host of the page that people agree on. */
  readonly authorizeBaseUrl: URL;
}

/** Where WeCom's page is, unless the API is somewhere else. */
const wecomPage = "https://open.weixin.qq.com";
const wecomApiHost = "qyapi.weixin.qq.com";

/**
 * The host of WeCom's authorisation page. It is another one than the API's; where a stand-in for the API is used, it has the
 * page too.
 */
export function authorizeBaseOf(given: string | undefined, apiBaseUrl: URL): URL {
  if (given !== undefined) return new URL(given);
  return apiBaseUrl.host === wecomApiHost ? new URL(wecomPage) : apiBaseUrl;
}

/**
 * Lets members give the fields that the app is not shown (WeCom doc path/96441 to 96443):
 *
 *     /connect/oauth2/authorize ─► code ─► auth/getuserinfo ─► user_ticket ─► auth/getuserdetail
 *
 * The AgentId is needed: without it WeCom tells who somebody is, and nothing else.
 */
export function makeConsentDoor({ app, corpId, agentId, authorizeBaseUrl }: ConsentParts): ConsentDoor {
  return {
    fields: sensitiveFields,

    address(redirectUri, state) {
      const url = new URL(authorizeBaseUrl);
      url.pathname = `${url.pathname.replace(/\/+$/, "")}/connect/oauth2/authorize`;
      const query = {
        ...{ appid: corpId, redirect_uri: redirectUri, response_type: "code" },
        ...{ scope: "snsapi_privateinfo", state, agentid: String(agentId) },
      };
      url.search = new URLSearchParams(query).toString();
      // WeCom's client goes by the fragment.
      url.hash = "wechat_redirect";
      return url.href;
    },

    async receive(code, signal) {
      try {
        return await receive(app, code, signal);
      } catch (error) {
        if (!(error instanceof WecomFault)) throw error;
        const refused = error.noToken ? undefined : refusals.get(error.errcode ?? 0);
        if (refused !== undefined) return { refused };
        throw toSourceError(error);
      }
    },
  };
}

type Refusal = Extract<ConsentAnswer, { readonly refused: unknown }>["refused"];

/** What these calls are refused with for a reason that a person can be told (WeCom doc path/90313). */
const refusals: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [40029, "code"],
  [42022, "code"],
  [84014, "code"],
  [84015, "code"],
  [50001, "domain"],
  [50002, "out-of-scope"],
  [60011, "out-of-scope"],
  [60021, "out-of-scope"],
  [60111, "out-of-scope"],
]);

async function receive(app: ConsentParts["app"], code: string, signal: AbortSignal): Promise<ConsentAnswer> {
  const who = await app.whoHolds(code, signal);
  const userid = textOf(who, "userid");
  if (userid === null) return { refused: "outsider" };
  // Of a corp that is linked with this one: `CorpId/userid` (WeCom doc path/96442). No userid has a slash.
  if (userid.includes("/")) return { refused: "other-organization" };
  const ticket = textOf(who, "user_ticket");
  if (ticket === null) return { refused: "out-of-scope" };
  const details = await app.details(ticket, signal);
  const owner = textOf(details, "userid");
  if (owner === null || userKey(owner) !== userKey(userid)) throw nonsense("the ticket is somebody else's");
  return { key: userKey(userid), userid, values: valuesOf(details) };
}

const mostCharacters = 2048;

/** What was given. Empty, or a gender of 0, stands for a field that was not (WeCom doc path/96443). */
function valuesOf(details: JsonObject): JsonObject {
  const entries = sensitiveFields.flatMap((field): [string, string][] => {
    const value = member(details, field);
    const text = typeof value === "number" ? String(value) : value;
    const isGiven = typeof text === "string" && text !== "" && text.length <= mostCharacters;
    return isGiven && !(field === "gender" && text === "0") ? [[field, text]] : [];
  });
  // Without consent there is a default picture, which looks like any other: by itself it shows nothing.
  return Object.fromEntries(entries.some(([field]) => field !== "avatar") ? entries : []);
}

function textOf(object: JsonObject, name: string): string | null {
  const value = isJsonObject(object) ? member(object, name) : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}
