import type { AddressPolicy } from "../../../lib/address.ts";
import type { Log } from "../../../lib/log.ts";
import { type ProviderDesk, SourceError } from "../../source.ts";
import type { ClientParts } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import { CallBook } from "../corp-calls.ts";
import { isHostAllowed, makeDispatcher } from "../dispatcher.ts";
import { toSourceError, WecomFault } from "../fault.ts";
import { RateLimiter } from "../rate-limit.ts";
import type { AuthorizedAccess } from "./authorized.ts";
import { makeCorpAccess } from "./corp-access.ts";
import { type KeptProviders, readAuthorization, readProviderAccess } from "./kept.ts";
import { makeProviderApi, type ProviderApi } from "./provider-api.ts";
import { type ProviderAccess, ProviderClient, type TicketAccess } from "./provider-client.ts";
import { testProvider } from "./provider-test.ts";

export interface DeskParts {
  readonly kept: KeptProviders;
  /** Says whether an address may be connected to; asked after DNS. */
  readonly allowAddress?: AddressPolicy | undefined;
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
  /** How often each corp was called, for as long as the program runs; a book of its own when absent. */
  readonly calls?: CallBook | undefined;
}

/** The desk, and what sources need of it. */
export interface WecomDesk extends ProviderDesk {
  /** How a source is read that a corp authorised. */
  accessOf(authorizationId: string): AuthorizedAccess;
}

/** Other programs of the provider call too. */
const usualShares = { bulk: 0.8, urgent: 0.1 };
const limits = { requestsPerSecond: 20, burst: 200, concurrency: 5 };
const patience = { retries: 3, limitWindowMs: 61_000, maxLimitWaitMs: 70_000 };

interface Opened {
  readonly access: ProviderAccess;
  readonly client: ProviderClient;
  readonly api: ProviderApi;
  close(): Promise<void>;
}

/** WeCom in the name of providers. Tokens are remembered for as long as the settings of a provider stay the same. */
export function makeProviderDesk(given: DeskParts): WecomDesk {
  const parts = { ...given, calls: given.calls ?? new CallBook(usualShares) };
  const { kept } = parts;
  const opened = new Map<string, Opened>();
  const readTicket = async (providerId: string, suiteId: string) =>
    (await kept.readTickets(providerId)).get(suiteId) ?? null;

  const open = async (id: string): Promise<Opened> => {
    const access = await readProviderAccess(kept, id);
    if (access === null) {
      throw new WecomFault("wecom.provider-unknown", "The service provider is not there any more.", {
        reaction: "connection",
      });
    }
    const held = opened.get(id);
    if (held?.access.version === access.version) return held;
    const made = openProvider(access, (suiteId) => readTicket(id, suiteId), parts);
    opened.set(id, made);
    // Whoever still calls in its name has a moment to end.
    if (held !== undefined) setTimeout(() => void held.close().catch(() => undefined), 60_000).unref();
    return made;
  };
  const apiOf = async (id: string): Promise<ProviderApi> => (await open(id)).api;

  return {
    authUrl: ({ providerId, suiteId }, { state, redirectUri, isTrial }, signal) =>
      asSourceErrors(async () => {
        const { access, api } = await open(providerId);
        const now = (parts.clock ?? systemClock).now();
        if (access.suites[suiteId]?.kind !== "third-party") {
          const { url, seconds } = await api.customisedUrl(suiteId, state, signal);
          return { url, expiresAt: now + seconds * 1000 };
        }
        const { code, seconds } = await api.preAuthCode(suiteId, signal);
        if (isTrial) await api.markTrial(suiteId, code, signal);
        const query = new URLSearchParams({ suite_id: suiteId, pre_auth_code: code, redirect_uri: redirectUri, state });
        const base = (access.installBaseUrl ?? "https://open.work.weixin.qq.com").replace(/\/+$/, "");
        return { url: `${base}/3rdapp/install?${query}`, expiresAt: now + seconds * 1000 };
      }),
    exchange: ({ providerId, suiteId }, code, signal) =>
      asSourceErrors(async () => (await apiOf(providerId)).permanentCode(suiteId, code, signal)),
    look: ({ providerId, suiteId }, corp, signal) =>
      asSourceErrors(async () => (await apiOf(providerId)).authInfo(suiteId, corp, signal)),
    async test(providerId, signal) {
      const { access, client } = await asSourceErrors(() => open(providerId));
      const now = (parts.clock ?? systemClock).now();
      return testProvider(access, client, (suiteId) => readTicket(providerId, suiteId), now, signal);
    },
    accessOf: (id) =>
      makeCorpAccess(
        () => readAuthorization(kept, id),
        () => kept.askSoon(id),
        apiOf,
      ),
    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map((each) => each.close()));
    },
  };
}

function openProvider(
  access: ProviderAccess,
  readTicket: (suiteId: string) => Promise<TicketAccess | null>,
  { allowAddress, calls, clock = systemClock, log }: DeskParts & { readonly calls: CallBook },
): Opened {
  const baseUrl = new URL(access.apiBaseUrl ?? "https://qyapi.weixin.qq.com");
  for (const [setting, url] of [
    ["apiBaseUrl", baseUrl.href],
    ["proxy", access.proxy],
  ] as const) {
    if (url !== undefined && !isHostAllowed(new URL(url), allowAddress)) throw addressRefused(setting);
  }
  const dispatcher = makeDispatcher({ connections: limits.concurrency, proxy: access.proxy, allowAddress });
  const clientParts: ClientParts = {
    transport: { dispatcher, baseUrl, timeoutMs: 30_000, maxAnswerBytes: 4 * 1024 * 1024 },
    limiter: new RateLimiter({
      calls: calls.of({ origin: baseUrl.origin, corpId: access.corpId, proxy: access.proxy }),
      ...{ limits, clock },
    }),
    clock,
    patience,
    log,
  };
  const client = new ProviderClient(clientParts, access, readTicket);
  return { access, client, api: makeProviderApi(client), close: () => dispatcher.destroy() };
}

function addressRefused(setting: string): SourceError {
  return new SourceError(
    "wecom.address-refused",
    `${setting} of the provider leads to an address that this bridge may not connect to. If that is intended, allow it with BRIDGE_ALLOW_PRIVATE_ADDRESSES.`,
  );
}

async function asSourceErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof WecomFault ? toSourceError(error) : error;
  }
}
