import type { FetchToken, SendCall } from "../client.ts";
import { toSourceError, WecomFault } from "../fault.ts";
import type { AuthorizedAccess } from "./authorized.ts";
import type { ProviderApi } from "./provider-api.ts";

/** An authorisation as it is kept. */
export interface KeptAuthorization {
  readonly providerId: string;
  readonly suiteId: string;
  readonly kind: "customised" | "third-party";
  readonly corpId: string;
  /** Null once it was cancelled. */
  readonly permanentCode: string | null;
  /** Another permanent code is about to take its place. */
  readonly isChanging: boolean;
}

type Corp = KeptAuthorization & { readonly permanentCode: string };

/** Errcodes that say of a permanent code that it is none (any more). */
const codeRefused: ReadonlySet<number> = new Set([40001, 40084, 40091, 48004]);

/**
 * How a source is read that a corp authorised. Nothing is remembered of the authorisation: the permanent code that counts is
 * the one that is kept when a token is asked for, also when the corp has it replaced while a sync runs.
 *
 * @param read null where it is not there (any more)
 * @param askSoon WeCom did not take the permanent code: the event that would have said why may have been lost
 */
export function makeCorpAccess(
  read: () => Promise<KeptAuthorization | null>,
  askSoon: () => Promise<void>,
  apiOf: (providerId: string) => Promise<ProviderApi>,
): AuthorizedAccess {
  const readCorp = async (): Promise<Corp> => {
    const kept = await read();
    if (kept === null || kept.permanentCode === null) throw cancelled();
    return { ...kept, permanentCode: kept.permanentCode };
  };
  /** A code that is refused may just have been replaced. */
  const withCode = async <T>(call: (corp: Corp) => Promise<T>): Promise<T> => {
    const corp = await readCorp();
    try {
      return await call(corp);
    } catch (error) {
      if (!(error instanceof WecomFault) || !codeRefused.has(error.errcode ?? 0)) throw error;
      const now = await readCorp();
      if (now.permanentCode !== corp.permanentCode) return call(now);
      if (now.isChanging) throw changing(error.errcode);
      await askSoon();
      throw refused(error);
    }
  };
  const fetchToken: FetchToken = (send, signal) =>
    withCode(async (corp) => {
      // A template's app looks like the corp's own: its permanent code is a secret (WeCom doc path/97164), while
      // get_corp_token gives a token that is good for nothing (48002).
      if (corp.kind === "customised") return byCode(send, corp);
      return (await apiOf(corp.providerId)).corpToken(corp.suiteId, corp, signal);
    });
  const look = (signal: AbortSignal) =>
    withCode(async (corp) => (await apiOf(corp.providerId)).authInfo(corp.suiteId, corp, signal));
  return {
    fetchToken,
    scope: async (signal) => (await look(signal)).scope,
    async check(signal) {
      const kind = (await read())?.kind ?? null;
      try {
        await look(signal);
        return { kind, error: null };
      } catch (error) {
        if (!(error instanceof WecomFault)) throw error;
        return { kind, error: toSourceError(error) };
      }
    },
  };
}

function byCode(send: SendCall, { corpId, permanentCode }: Corp) {
  return send("gettoken", { corpid: corpId, corpsecret: permanentCode });
}

function cancelled(): WecomFault {
  return new WecomFault(
    "wecom.authorization-cancelled",
    "The corp's authorisation is not there any more: it was cancelled. Have the corp authorise the app again, and name the new authorisation in the source (wecom.authorization).",
    { reaction: "connection" },
  );
}

function refused({ errcode }: WecomFault): WecomFault {
  return new WecomFault(
    "wecom.authorization-refused",
    `WeCom does not accept the permanent code of the authorisation (errcode ${errcode}): the corp cancelled it, the app is disabled there or not online yet (上线), or its secret was fetched anew and the event of that was lost. See the app in the provider's console (服务商管理后台), or have the corp authorise it again.`,
    { reaction: "connection", ...(errcode === null ? {} : { errcode }) },
  );
}

function changing(errcode: number | null): WecomFault {
  return new WecomFault(
    "wecom.authorization-changing",
    "The permanent code of the authorisation is being replaced. The bridge will try again later.",
    { reaction: "retry", transient: true, ...(errcode === null ? {} : { errcode }) },
  );
}
