import type { Dispatcher } from "undici";
import type { AddressPolicy } from "../../lib/address.ts";
import type { Log } from "../../lib/log.ts";
import { type DepartmentNode, type Source, SourceError, type SourceUse } from "../source.ts";
import { makeWecomApi, type WecomApi } from "./api.ts";
import { type ClientParts, WecomClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { testConnection } from "./connection-test.ts";
import { authorizeBaseOf, makeConsentDoor } from "./consent.ts";
import { CallBook, type RateLimits } from "./corp-calls.ts";
import { isHostAllowed, makeDispatcher } from "./dispatcher.ts";
import type { BulkParts } from "./export/bulk-read.ts";
import type { ReadingSetting } from "./export/choose-reading.ts";
import { makeIdList } from "./id-list.ts";
import { lookAgain } from "./look-again.ts";
import type { Patience } from "./persist.ts";
import { RateLimiter } from "./rate-limit.ts";
import { readTree, readWecom } from "./reader.ts";
import { type AuthorizedAccess, authorizedApi, testAuthorized } from "./suite/authorized.ts";

export interface WecomSourceOptions extends SourceUse {
  readonly corpId: string;
  /** Secret of a self-built app: what it sees is what is read. */
  readonly corpSecret?: string | undefined;
  /** What the corp authorised in the place of a secret. */
  readonly authorized?: AuthorizedAccess | undefined;
  /** Secret of the contacts synchronisation (通讯录同步): with it the lists of all ids say who exists. */
  readonly contactsSecret?: string | undefined;
  /** AgentId of the app: with it the app's visible scope is known, and people granted one by one are found. */
  readonly agentId?: number | undefined;
  readonly apiBaseUrl?: string | undefined;
  /** Scheme and host of WeCom's authorisation page; where it is left out, as `apiBaseUrl` says. */
  readonly authorizeBaseUrl?: string | undefined;
  /** URL of an HTTP proxy for all calls; it may hold a user and a password. */
  readonly proxy?: string | undefined;
  /** Says whether an address may be connected to; asked after DNS. All are allowed where it is left out. */
  readonly allowAddress?: AddressPolicy | undefined;
  /** Makes the connections instead of `proxy` and `allowAddress`. Closed with the source. */
  readonly makeDispatcher?: (() => Dispatcher) | undefined;
  /** How everybody is read; `auto` if absent. */
  readonly reading?: ReadingSetting | undefined;
  /** Where the encrypted files of an export lie while they are read. */
  readonly exportDirectory?: string | undefined;
  readonly limits?: Partial<WecomLimits> | undefined;
  /** What the calls are counted in, together with those of other sources; one of its own where it is left out. */
  readonly calls?: CallBook | undefined;
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
}

export interface WecomLimits extends RateLimits, Patience {
  /** For one exchange, from connecting to the last byte. Milliseconds. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/**
 * WeCom publishes 10,000 calls a minute per corp and API, and shares that among all programs of the corp. A minute's
 * worth of our own rate may come at once after a quiet time: small corps are then read without waiting.
 */
const defaultRate = 20;
/** Other programs of the corp call too; looks at a few people never wait for whole reads to leave something over. */
export const usualShares = { bulk: 0.8, urgent: 0.1 } as const;
const defaults: Omit<WecomLimits, "burst"> = {
  requestsPerSecond: defaultRate,
  concurrency: 5,
  retries: 3,
  limitWindowMs: 61_000,
  maxLimitWaitMs: 70_000,
  timeoutMs: 60_000,
  maxAnswerBytes: 64 * 1024 * 1024,
};

/**
 * A WeCom corp as a source of people. Nothing is sent before the first call of one of its functions.
 * Throws a {@link SourceError} (`wecom.base-url-invalid`, `wecom.address-refused`) for an address of no use.
 */
export function makeWecomSource(options: WecomSourceOptions): Source {
  const baseUrl = parseBaseUrl(options.apiBaseUrl ?? "https://qyapi.weixin.qq.com");
  const limits = limitsOf(options.limits);
  if (!isHostAllowed(baseUrl, options.allowAddress)) throw addressRefused("apiBaseUrl");
  if (options.proxy !== undefined && !isHostAllowed(parseProxy(options.proxy), options.allowAddress)) {
    throw addressRefused("proxy");
  }
  const { proxy, allowAddress } = options;
  const dispatcher =
    options.makeDispatcher?.() ?? makeDispatcher({ connections: limits.concurrency, proxy, allowAddress });
  const clock = options.clock ?? systemClock;
  const book = options.calls ?? new CallBook(usualShares);
  const calls = book.of({ origin: baseUrl.origin, corpId: options.corpId, proxy });
  const parts: ClientParts = {
    transport: { dispatcher, baseUrl, timeoutMs: limits.timeoutMs, maxAnswerBytes: limits.maxAnswerBytes },
    // One for both secrets: WeCom counts per corp.
    limiter: new RateLimiter({ calls, limits, clock, urgent: options.urgent, meter: options.meter }),
    clock,
    patience: limits,
    log: options.log,
    meter: options.meter,
  };
  const clientOf = (secret: string): WecomClient => new WecomClient(parts, { corpId: options.corpId, secret });
  const apiOf = (secret: string): WecomApi => makeWecomApi(clientOf(secret));
  const { authorized } = options;
  const appClient =
    authorized === undefined ? clientOf(options.corpSecret ?? "") : new WecomClient(parts, authorized.fetchToken);
  const app = authorized === undefined ? makeWecomApi(appClient) : authorizedApi(appClient, authorized);
  const bulk: BulkParts = {
    ...{ client: appClient, clock, meter: options.meter, setting: options.reading ?? "auto" },
    files: { dispatcher, timeoutMs: limits.timeoutMs, isAllowed: (url) => isHostAllowed(url, allowAddress) },
    directory: options.exportDirectory,
    memory: calls.exportMemory(options.agentId ?? null),
  };
  const contacts = options.contactsSecret === undefined ? null : apiOf(options.contactsSecret);
  // Of an authorised app the scope is always known: it is asked for in the provider's name.
  const agentId = authorized === undefined ? (options.agentId ?? null) : 0;
  return {
    read: (request) => readWecom({ api: app, agentId, concurrency: limits.concurrency, bulk }, request),
    lookAgain: (keys, signal) => lookAgain(app, keys, limits.concurrency, signal),
    personalFields,
    idList: contacts === null ? undefined : makeIdList(contacts),
    test: async (signal, notes) => {
      const found = await testConnection({ app, contacts, agentId, ...notes }, signal);
      return authorized === undefined ? found : testAuthorized(authorized, found, signal);
    },
    departments: async (signal) => (await readTree(app, signal)).departments.map(toNode),
    consent:
      agentId === null
        ? undefined
        : makeConsentDoor({
            ...{ app, corpId: options.corpId, agentId },
            authorizeBaseUrl: authorizeBaseOf(options.authorizeBaseUrl, baseUrl),
          }),
    close: () => dispatcher.destroy(),
  };
}

/**
 * What is unique in a corp: a mobile, a mail address; and `open_userid`, where it is shown, which is one person's for all apps
 * of a provider (WeCom doc path/90195 and path/96255).
 */
const personalFields = ["mobile", "email", "biz_mail", "open_userid"] as const;

function toNode({ key, name, parent }: { key: string; name: string; parent: string | null }): DepartmentNode {
  return { id: Number(key), name, parentId: parent === null ? null : Number(parent) };
}

function limitsOf(given: Partial<WecomLimits> = {}): WecomLimits {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const burst = 60 * (given.requestsPerSecond ?? defaultRate);
  return { ...defaults, burst, ...set };
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (plain && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new SourceError(
    "wecom.base-url-invalid",
    "apiBaseUrl is not an http or https URL without user, query and fragment.",
  );
}

function parseProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new SourceError("wecom.proxy-invalid", "proxy is not an http or https URL.");
}

function addressRefused(setting: string): SourceError {
  return new SourceError(
    "wecom.address-refused",
    `${setting} leads to an address that this bridge may not connect to. If that is intended, allow it with BRIDGE_ALLOW_PRIVATE_ADDRESSES.`,
  );
}
