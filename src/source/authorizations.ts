import type { TestResult } from "../lib/check.ts";
import type { EventQuery, Opened, SourceEvent } from "./source.ts";

// What a service provider does for the sources that corps authorise: by QR code, or an install link.

/** An app of a provider that corps authorise. */
export interface SuiteRef {
  readonly providerId: string;
  readonly suiteId: string;
}

/** What an exchange of a code brought. */
export interface GrantedAccess {
  readonly corpId: string;
  readonly corpName: string | null;
  readonly permanentCode: string;
  /** What was sent along when it was asked for, as the source gives it back. */
  readonly state: string | null;
}

/** What a corp's authorisation is about now. */
export interface AuthorizedApp {
  readonly agentId: number | null;
  readonly corpName: string | null;
}

/** What is asked for in a provider's name. All throw a {@link SourceError}. */
export interface ProviderDesk {
  /** A URL at which an administrator of a corp authorises the app; what comes back then names `state`. */
  authUrl(
    suite: SuiteRef,
    request: {
      readonly state: string;
      readonly redirectUri: string;
      /** Of a third-party suite that is not published yet. */
      readonly isTrial: boolean;
    },
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly expiresAt: number }>;
  /** Exchanges a code, which is good for one exchange. */
  exchange(suite: SuiteRef, code: string, signal: AbortSignal): Promise<GrantedAccess>;
  look(
    suite: SuiteRef,
    corp: { readonly corpId: string; readonly permanentCode: string },
    signal: AbortSignal,
  ): Promise<AuthorizedApp>;
  /** Never throws for what is answered: that is in the checks. */
  test(providerId: string, signal: AbortSignal): Promise<TestResult>;
  close(): Promise<void>;
}

/** What a provider is told of one of its apps. */
export type SuiteMessage = {
  readonly suiteId: string;
  /** Milliseconds since 1970, in whole seconds. */
  readonly toldAt: number;
} & (
  | { readonly kind: "ticket"; readonly ticket: string }
  | {
      readonly kind: "code";
      readonly purpose: "create" | "reset";
      readonly code: string;
      readonly state: string | null;
    }
  | { readonly kind: "changed" | "cancelled"; readonly corpId: string }
  /** Of the contacts of a corp. */
  | { readonly kind: "event"; readonly corpId: string; readonly event: SourceEvent }
  | { readonly kind: "other" }
);

/** Where a provider is told of its apps. */
export interface SuiteDoor {
  verify(query: EventQuery): Opened<string>;
  receive(query: EventQuery, body: string): Opened<SuiteMessage>;
  /** The same of the address that events of one corp are sent to. */
  verifyData(query: EventQuery, corpId: string): Opened<string>;
  receiveData(
    query: EventQuery,
    body: string,
    corpId: string,
  ): Opened<{
    /** Of one of these, which have the same token and key: it names none. */
    readonly suiteIds: readonly string[];
    readonly event: SourceEvent;
  }>;
}
