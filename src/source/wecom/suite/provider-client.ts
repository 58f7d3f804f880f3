import { type JsonObject, member } from "../../../lib/json.ts";
import { judgeAnswer } from "../answer.ts";
import type { ClientParts } from "../client.ts";
import { nonsense, WecomFault } from "../fault.ts";
import { persist } from "../persist.ts";
import { TokenKeeper } from "../token.ts";
import { exchange } from "../transport.ts";

/** A provider as calls in its name need it. */
export interface ProviderAccess {
  /** Another one with each change of its settings. */
  readonly version: string;
  readonly corpId: string;
  readonly providerSecret: string;
  readonly apiBaseUrl?: string | undefined;
  readonly installBaseUrl?: string | undefined;
  readonly proxy?: string | undefined;
  readonly suites: Readonly<
    Record<string, { readonly kind: "customised" | "third-party"; readonly secret: string } | undefined>
  >;
}

/** The newest suite_ticket that came. */
export interface TicketAccess {
  readonly ticket: string;
  /** Milliseconds since 1970. */
  readonly toldAt: number;
}

/** WeCom tells of one every ten minutes, and takes each for thirty (WeCom doc path/90628). */
export const ticketValidMs = 30 * 60_000;

type ReadTicket = (suiteId: string) => Promise<TicketAccess | null>;

/** WeCom's API in the name of a provider, and of its suites: each with tokens of its own. Throws `WecomFault`s. */
export class ProviderClient {
  readonly #parts: ClientParts;
  readonly #access: ProviderAccess;
  readonly #readTicket: ReadTicket;
  readonly #ofProvider: TokenKeeper;
  readonly #ofSuites = new Map<string, TokenKeeper>();

  constructor(parts: ClientParts, access: ProviderAccess, readTicket: ReadTicket) {
    this.#parts = parts;
    this.#access = access;
    this.#readTicket = readTicket;
    const body = { corpid: access.corpId, provider_secret: access.providerSecret };
    this.#ofProvider = this.#keep("service/get_provider_token", "provider_access_token", async () => body);
  }

  async authenticateProvider(signal: AbortSignal): Promise<void> {
    await this.#ofProvider.get(signal);
  }

  async authenticateSuite(suiteId: string, signal: AbortSignal): Promise<void> {
    await this.#tokensOf(suiteId).get(signal);
  }

  /** With the provider's own token. */
  callAsProvider(path: string, body: unknown, signal: AbortSignal): Promise<JsonObject> {
    return this.#call(this.#ofProvider, "provider_access_token", path, body, signal);
  }

  /** With the token of a suite or template; a GET without `body`. */
  callAsSuite(suiteId: string, path: string, body: unknown, signal: AbortSignal): Promise<JsonObject> {
    return this.#call(this.#tokensOf(suiteId), "suite_access_token", path, body, signal);
  }

  #tokensOf(suiteId: string): TokenKeeper {
    const held = this.#ofSuites.get(suiteId);
    if (held !== undefined) return held;
    const made = this.#keep("service/get_suite_token", "suite_access_token", async () => {
      const suite = this.#access.suites[suiteId];
      if (suite === undefined) throw unknownSuite(suiteId);
      const ticket = await this.#readTicket(suiteId);
      if (ticket === null || this.#parts.clock.now() >= ticket.toldAt + ticketValidMs) {
        throw noTicket(suiteId, ticket?.toldAt ?? null);
      }
      return { suite_id: suiteId, suite_secret: suite.secret, suite_ticket: ticket.ticket };
    });
    this.#ofSuites.set(suiteId, made);
    return made;
  }

  /** The body is made for each try: a ticket that came meanwhile is the one to use. */
  #keep(path: string, name: string, makeBody: () => Promise<unknown>): TokenKeeper {
    const fetchToken = async (signal: AbortSignal): Promise<JsonObject> => {
      const answer = await persist(
        this.#parts,
        path,
        async () => this.#send(path, {}, await makeBody(), signal),
        signal,
      );
      const token = member(answer, name);
      if (typeof token !== "string") throw nonsense(`no ${name} in the answer of ${path}`);
      return { ...answer, access_token: token };
    };
    return new TokenKeeper(fetchToken, this.#parts.clock);
  }

  async #call(
    tokens: TokenKeeper,
    name: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    let token = await tokens.get(signal);
    const renewToken = async (): Promise<void> => {
      tokens.drop(token);
      token = await tokens.get(signal);
    };
    return persist(this.#parts, path, () => this.#send(path, { [name]: token }, body, signal), signal, renewToken);
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

/** The provider has no such template (any more). */
export function unknownSuite(suiteId: string): WecomFault {
  return new WecomFault(
    "wecom.suite-unknown",
    `The provider has no template or suite ${suiteId} here any more: add it to the provider again.`,
    { reaction: "connection" },
  );
}

function noTicket(suiteId: string, toldAt: number | null): WecomFault {
  const since =
    toldAt === null ? "has never come" : `last came at ${new Date(toldAt).toISOString()}, and is good for 30 minutes`;
  return new WecomFault(
    "wecom.suite-ticket-missing",
    `The suite_ticket of ${suiteId} ${since}. WeCom sends one every ten minutes to the address of the provider's callbacks (指令回调URL): see that it can reach /wecom/suite/{id of the provider}, with the same Token and EncodingAESKey. In the provider's console (服务商管理后台) it can be sent again by hand.`,
    { reaction: "connection", transient: true },
  );
}
