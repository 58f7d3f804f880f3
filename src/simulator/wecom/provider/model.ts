import type { Scope } from "../settings.ts";

/** `customised`: a template of apps that look like the corp's own (代开发); `third-party`: a suite (第三方应用). */
export type SuiteKind = "customised" | "third-party";

export interface SuiteOptions {
  readonly suiteId: string;
  readonly kind: SuiteKind;
  readonly secret: string;
}

/** A service provider (服务商) of the simulated WeCom. What is not given follows from the seed of the first corp. */
export interface ProviderOptions {
  readonly corpId?: string;
  readonly providerSecret?: string;
  readonly suites?: readonly SuiteOptions[];
  /** IPs that may call in its name; null (default) for any. */
  readonly trustedIps?: readonly string[] | null;
}

/** Where commands of a suite are sent to. */
export interface SuiteCallback {
  readonly url: string;
  readonly token: string;
  /** 43 characters. */
  readonly encodingAesKey: string;
}

/** What a corp authorised. */
export interface Authorization {
  readonly suiteId: string;
  readonly kind: SuiteKind;
  readonly corpId: string;
  readonly agentId: number;
  permanentCode: string;
  scope: Scope;
  readonly state: string | null;
}

/** A code that was given out, once to be exchanged. */
export interface IssuedCode {
  readonly code: string;
  readonly authorization: Authorization;
  readonly expiresAt: number;
  isUsed: boolean;
}

/** A page at which somebody authorises. */
export interface AuthorizePage {
  readonly key: string;
  readonly suiteId: string;
  readonly state: string | null;
  readonly expiresAt: number;
}
