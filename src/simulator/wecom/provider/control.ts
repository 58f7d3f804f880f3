import type { CallbackCounts, CallbackFaults } from "../callbacks.ts";
import type { Scope } from "../settings.ts";
import type { SentMessage } from "./messages.ts";
import type { Authorization, SuiteCallback } from "./model.ts";
import type { ServiceProvider } from "./service-provider.ts";

/** The hand on a service provider, and on what corps do with its apps. Over HTTP under `/_control/provider/`. */
export interface ProviderControl {
  /** Enters the address of a suite's commands, once it has answered as WeCom wants it, and sends the first ticket there. */
  setCallback(suiteId: string, callback: SuiteCallback | null): Promise<void>;
  /** What happens every ten minutes by itself. */
  pushTicket(suiteId: string): void;
  /**
   * An administrator of the corp opens the URL of a QR code and authorises. Throws a {@link RuleError} where the page is gone.
   *
   * @param scope the visible range that he picks; the app's as it is, if not said
   */
  scan(url: string, corpId: string, scope?: Scope): void;
  /** A corp authorises without having been asked: by an old poster with the template's QR code, or the app market. */
  authorise(suiteId: string, corpId: string, scope?: Scope): void;
  changeScope(suiteId: string, corpId: string, scope: Scope): void;
  cancel(suiteId: string, corpId: string): void;
  resetCode(suiteId: string, corpId: string): void;
  /** As they stand. They hold permanent codes. */
  authorizations(): readonly Authorization[];
  setTrustedIps(ips: readonly string[] | null): void;
  setMessageFaults(faults: Partial<CallbackFaults>): void;
  messages(): CallbackCounts;
  /** Resolves when every message was delivered, or given up. */
  messagesIdle(): Promise<void>;
  /** What was sent, oldest first. */
  sent(): readonly SentMessage[];
  /** Posts one once more; gives the status of the answer. */
  again(message: SentMessage): Promise<number>;
  /** Calls below `/cgi-bin/service/` are answered with an errcode instead, so often. */
  refuse(endpoint: string, errcode: number, times: number): void;
  /** Tokens of the provider and its suites are good no more. */
  forgetTokens(): void;
  advanceClock(ms: number): void;
  /** Calls by endpoint below `/cgi-bin/service/`. */
  requests(): Readonly<Record<string, number>>;
}

export function controlOfProvider(provider: ServiceProvider): ProviderControl {
  return {
    async setCallback(suiteId, callback) {
      provider.suite(suiteId);
      await provider.messages.enter(suiteId, callback);
      if (callback !== null) provider.pushTicket(suiteId);
    },
    pushTicket: (suiteId) => provider.pushTicket(provider.suite(suiteId).suiteId),
    scan(url, corpId, scope) {
      const { suiteId, state } = provider.page(new URL(url).searchParams.get("key") ?? "");
      provider.authorise(suiteId, corpId, { state, scope });
    },
    authorise: (suiteId, corpId, scope) => void provider.authorise(suiteId, corpId, { scope }),
    changeScope: (suiteId, corpId, scope) => provider.changeScope(suiteId, corpId, scope),
    cancel: (suiteId, corpId) => provider.cancel(suiteId, corpId),
    resetCode: (suiteId, corpId) => provider.resetCode(suiteId, corpId),
    authorizations: () => provider.authorizations,
    setTrustedIps(ips) {
      provider.trustedIps = ips;
    },
    setMessageFaults: (faults) => provider.messages.setFaults(faults),
    messages: () => provider.messages.counts(),
    messagesIdle: () => provider.messages.idle(),
    sent: () => provider.messages.sent,
    again: (message) => provider.messages.again(message),
    refuse: (endpoint, errcode, times) => void provider.refusals.set(endpoint, { errcode, times }),
    forgetTokens: () => provider.forgetTokens(),
    advanceClock(ms) {
      provider.clockOffset += ms;
    },
    requests: () => Object.fromEntries(provider.requests),
  };
}
