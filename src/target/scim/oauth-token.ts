import { isJsonObject, member } from "../../lib/json.ts";
import { TargetError } from "../target.ts";
import { onAbort } from "./abort.ts";
import { ExchangeError, type HttpAnswer, type HttpExchange } from "./http-exchange.ts";

export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

/** Access tokens by the client credentials grant (RFC 6749 §4.4): one kept, asked for once however many wait for it. */
export interface TokenSource {
  /** @throws TargetError, or the signal's reason */
  get(signal: AbortSignal): Promise<string>;
  /** The resource server refused this token: the next `get` asks for another. */
  forget(token: string): void;
}

type Style = "basic" | "body";
interface Token {
  readonly value: string;
  readonly refreshAt: number;
}

export function makeTokenSource(client: OAuthClient, http: HttpExchange, clock: () => number): TokenSource {
  let kept: Token | null = null;
  let pending: Promise<string> | null = null;
  let style: Style = "basic";

  async function fetchToken(): Promise<string> {
    // Nobody's signal stops it, for others may be waiting too; the exchange has its own timeout.
    const never = new AbortController().signal;
    let answer = await requestToken(client, style, http, never);
    if (answer.status === 400 || answer.status === 401) {
      // RFC 6749 §2.3.1: every server takes Basic. Some take the secret in the body only, and say so by refusing.
      const other: Style = style === "basic" ? "body" : "basic";
      const second = await requestToken(client, other, http, never);
      if (second.status === 200) style = other;
      if (second.status === 200) answer = second;
    }
    kept = processTokenAnswer(answer, clock());
    return kept.value;
  }

  return {
    async get(signal) {
      if (kept !== null && clock() < kept.refreshAt) return kept.value;
      pending ??= fetchToken().finally(() => {
        pending = null;
      });
      return unlessAborted(pending, signal);
    },
    forget(token) {
      if (kept?.value === token) kept = null;
    },
  };
}

async function requestToken(
  { tokenUrl, clientId, clientSecret, scope }: OAuthClient,
  style: Style,
  http: HttpExchange,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined && scope !== "") form.set("scope", scope);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (style === "basic") {
    const credentials = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
  } else {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  }
  try {
    return await http.send({ method: "POST", url: new URL(tokenUrl), headers, body: form.toString() }, signal);
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    const code = error.kind === "answer" ? "nonsense" : "unavailable";
    throw new TargetError(code, `The token endpoint gave no token: ${error.message}.`, { cause: error });
  }
}

/** RFC 6749 §5.1. The error's text names the OAuth error code only: descriptions may repeat what was sent. */
function processTokenAnswer({ status, text }: HttpAnswer, now: number): Token {
  const body = parseObject(text);
  if (status === 429 || status >= 500) {
    throw new TargetError("unavailable", `The token endpoint answered ${status}.`, { status });
  }
  if (status >= 400) {
    const error = body === null ? undefined : member(body, "error");
    const known = typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? ` (${error})` : "";
    const advice = "Check the token URL, the client id, its secret and the scope.";
    throw new TargetError("unauthorized", `The token endpoint answered ${status}${known}. ${advice}`, { status });
  }
  const value = body === null ? undefined : member(body, "access_token");
  // RFC 6750 §2.1: the characters that a bearer token may have.
  if (status !== 200 || typeof value !== "string" || !/^[A-Za-z0-9\-._~+/]+=*$/.test(value)) {
    throw new TargetError("nonsense", `The token endpoint answered ${status} without a usable access_token.`, {
      status,
    });
  }
  const said = body === null ? undefined : Number(member(body, "expires_in"));
  // Not said: five minutes, for a token that lives longer costs one request more, and a 401 tells of a shorter life.
  const lifetimeMs = said !== undefined && Number.isFinite(said) && said > 0 ? said * 1000 : 300_000;
  return { value, refreshAt: now + lifetimeMs - Math.min(60_000, lifetimeMs / 5) };
}

function parseObject(text: string) {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
function formEncode(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2);
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let forget = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}
