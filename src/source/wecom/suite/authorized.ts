import type { Check, TestResult } from "../../../lib/check.ts";
import type { SourceError } from "../../source.ts";
import { makeWecomApi, type WecomApi } from "../api.ts";
import type { FetchToken, WecomClient } from "../client.ts";
import type { AgentScope } from "../parse.ts";

/** What a corp authorised, in the place of a secret. */
export interface AuthorizedAccess {
  /** Throws a `WecomFault`. */
  readonly fetchToken: FetchToken;
  /** The app's visible scope, asked for in the provider's name. Throws a `WecomFault`. */
  readonly scope: (signal: AbortSignal) => Promise<AgentScope>;
  /** Asks for the same, and says what is in the way, and of what kind the app is. */
  readonly check: (
    signal: AbortSignal,
  ) => Promise<{ readonly error: SourceError | null; readonly kind: "customised" | "third-party" | null }>;
}

/** The API under an authorisation. */
export function authorizedApi(client: WecomClient, { scope }: Pick<AuthorizedAccess, "scope">): WecomApi {
  return { ...makeWecomApi(client), agent: (_, signal) => scope(signal) };
}

const whitelist =
  "For an app of a service provider it is the provider's list that counts: 服务商管理后台 → 服务商信息 → 基本信息 → IP白名单.";

/** Of a third-party suite WeCom shows ids alone, to everybody and for good (WeCom doc path/96067). */
const idsAlone =
  "A third-party suite (第三方应用) is shown ids alone: in the place of a person's name his userid, in the place of a department's name its id, never a mobile or an e-mail, and userids are the provider's own (ciphertext). Names need an app from a template (代开发).";

/** A connection test of such a source: first whether the authorisation holds. */
export async function testAuthorized(
  { check }: AuthorizedAccess,
  { checks }: TestResult,
  signal: AbortSignal,
): Promise<TestResult> {
  const { error, kind } = await check(signal);
  const authorization: Check =
    error === null
      ? {
          name: "authorization",
          ok: true,
          detail: `The suite ticket is fresh, and WeCom knows the authorisation.${kind === "third-party" ? ` ${idsAlone}` : ""}`,
        }
      : { name: "authorization", ok: false, detail: error.message };
  const all = [authorization, ...checks.map(sayWhose)];
  return { ok: all.every(({ ok }) => ok), checks: all };
}

/** There is no secret to copy, and the trusted addresses are the provider's. */
function sayWhose(check: Check): Check {
  if (check.ok || check.name !== "ip") return check;
  return { ...check, detail: `${check.detail} ${whitelist}` };
}
