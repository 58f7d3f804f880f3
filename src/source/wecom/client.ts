import type { JsonObject } from "../../lib/json.ts";
import { judgeAnswer } from "./answer.ts";
import { type PersistParts, persist } from "./persist.ts";
import { TokenKeeper } from "./token.ts";
import { exchange, type TransportOptions } from "./transport.ts";

export interface ClientParts extends PersistParts {
  readonly transport: TransportOptions;
}

export interface Credential {
  readonly corpId: string;
  readonly secret: string;
}

/** Makes one call without a token. */
export type SendCall = (path: string, query: Readonly<Record<string, string>>, body?: unknown) => Promise<JsonObject>;

/** Asks for an access token, and gives the judged answer: `access_token` and `expires_in`. */
export type FetchToken = (send: SendCall, signal: AbortSignal) => Promise<JsonObject>;

/** By gettoken, with a secret. */
function bySecret({ corpId, secret }: Credential): FetchToken {
  return (send) => send("gettoken", { corpid: corpId, corpsecret: secret });
}

/** WeCom's API under one secret, or what a corp authorised in the place of one. */
export class WecomClient {
  readonly #parts: ClientParts;
  readonly #tokens: TokenKeeper;

  constructor(parts: ClientParts, credential: Credential | FetchToken) {
    this.#parts = parts;
    const fetchToken = typeof credential === "function" ? credential : bySecret(credential);
    this.#tokens = new TokenKeeper(
      (signal) => persist(parts, "gettoken", () => this.#fetchToken(fetchToken, signal), signal),
      parts.clock,
    );
  }

  /** Fetches a token if none is held. Throws a `WecomFault`. */
  async authenticate(signal: AbortSignal): Promise<void> {
    await this.#tokens.get(signal);
  }

  /**
   * Makes a call; a GET without `body`. Throws a `WecomFault` when it is refused or nothing usable comes back, and the
   * signal's reason when that is aborted.
   *
   * @param path as in `user/list`
   */
  async call(
    path: string,
    parameters: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<JsonObject> {
    const query = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    let token = await this.#tokens.get(signal);
    const renewToken = async (): Promise<void> => {
      this.#tokens.drop(token);
      token = await this.#tokens.get(signal);
    };
    const attempt = (): Promise<JsonObject> => this.#send(path, { access_token: token, ...query }, body, signal);
    return persist(this.#parts, path, attempt, signal, renewToken);
  }

  #fetchToken(fetchToken: FetchToken, signal: AbortSignal): Promise<JsonObject> {
    return fetchToken((path, query, body) => this.#send(path, query, body, signal), signal);
  }

  async #send(
    path: string,
    query: Readonly<Record<string, string>>,
    body: unknown,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    return judgeAnswer(await exchange(this.#parts.transport, { path, query, body }, signal));
  }
}
