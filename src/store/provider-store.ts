import type { Secrets } from "./store.ts";

// Service providers of WeCom (服务商), and what corps authorised by QR code or install link. All times are milliseconds
// since 1970 (UTC).

/** `customised`: a template of apps that look like the corp's own (代开发); `third-party`: a suite (第三方应用). */
export type TemplateKind = "customised" | "third-party";

/** An app that corps can authorise, without its secrets. */
export interface ProviderTemplate {
  readonly kind: TemplateKind;
  readonly name?: string;
}

export interface ProviderSettings {
  /** The provider's own corp id. */
  readonly corpId: string;
  readonly apiBaseUrl?: string;
  /** Where the page is at which a third-party suite is installed; absent: WeCom's. */
  readonly installBaseUrl?: string;
  readonly proxy?: string;
  /** By suite id, or template id. */
  readonly templates: Readonly<Record<string, ProviderTemplate>>;
}

export interface ProviderRow {
  readonly id: string;
  readonly name: string;
  readonly settings: ProviderSettings;
  /** `/providerSecret`, and of each template `/templates/{id}/secret`, `…/callback/token`, `…/callback/encodingAesKey`. */
  readonly secrets: Secrets;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewProvider = Pick<ProviderRow, "name" | "settings" | "secrets">;

export interface SuiteTicket {
  readonly ticket: string;
  /** By the event that brought it. */
  readonly toldAt: number;
  readonly heardAt: number;
}

export interface ProviderStore {
  /** Throws {@link NameTakenError}. */
  createProvider(provider: NewProvider): Promise<ProviderRow>;
  /** Oldest first. */
  listProviders(): Promise<readonly ProviderRow[]>;
  /** By id or by name. */
  findProvider(idOrName: string): Promise<ProviderRow | null>;
  /** Tickets and codes of templates that it has no more are forgotten. Throws {@link NameTakenError}. */
  updateProvider(id: string, change: NewProvider): Promise<ProviderRow>;
  /** Forgets it with its tickets and all that was authorised. */
  deleteProvider(id: string): Promise<void>;
  /**
   * Keeps a ticket unless a newer one is there; codes that wait for one are due at once.
   *
   * @returns false for one that is older than what is kept
   */
  keepTicket(providerId: string, suiteId: string, ticket: string, toldAt: number): Promise<boolean>;
  /** The newest ticket of each suite that one was told for. */
  readTickets(providerId: string): Promise<ReadonlyMap<string, SuiteTicket>>;
}

export type AuthorizationStatus = "waiting" | "authorised" | "failed" | "cancelled";

/** What a corp authorised, or is asked to. */
export interface AuthorizationRow {
  readonly id: string;
  readonly providerId: string;
  readonly suiteId: string;
  readonly kind: TemplateKind;
  readonly status: AuthorizationStatus;
  /** False: nobody here asked for it. */
  readonly isInvited: boolean;
  /** The corp that is to authorise; null: any. */
  readonly wantedCorpId: string | null;
  readonly sourceName: string | null;
  readonly requestedBy: string | null;
  /** What is to be shown as QR code or link; null where nothing waits any more. */
  readonly url: string | null;
  /** When the URL is good for nothing any more. */
  readonly expiresAt: number | null;
  readonly corpId: string | null;
  readonly corpName: string | null;
  /** Of the app in that corp. */
  readonly agentId: number | null;
  /** In plain text in memory, encrypted at rest; null unless it is authorised. */
  readonly permanentCode: string | null;
  /** Why it failed, was cancelled, or has not come to its end yet. */
  readonly reason: string | null;
  readonly createdAt: number;
  readonly authorisedAt: number | null;
  readonly updatedAt: number;
}

/** A request that a corp authorise an app. */
export interface AuthorizationRequest
  extends Pick<
    AuthorizationRow,
    "providerId" | "suiteId" | "kind" | "wantedCorpId" | "sourceName" | "requestedBy" | "url" | "expiresAt"
  > {
  /** What the answer will be known by. */
  readonly state: string;
}

/** A code that is to be exchanged for a permanent one. */
export interface AuthCode {
  readonly hash: string;
  readonly providerId: string;
  readonly suiteId: string;
  readonly purpose: "create" | "reset";
  readonly code: string;
  readonly toldAt: number;
  readonly expiresAt: number;
  readonly attempts: number;
}

/** A code that was not exchanged, for people. */
export interface OpenCode extends Omit<AuthCode, "code" | "hash"> {
  readonly error: string | null;
  /** False: it is given up. */
  readonly isTried: boolean;
}

/** What an exchange brought. */
export interface Grant {
  readonly corpId: string;
  readonly corpName: string | null;
  readonly permanentCode: string;
  /** What was sent along when it was asked for, as WeCom gives it back. */
  readonly state: string | null;
}

/** Of events and redirects, and of administrators. */
export interface AuthorizationStore {
  requestAuthorization(request: AuthorizationRequest): Promise<AuthorizationRow>;
  /** Newest first. */
  listAuthorizations(providerId: string): Promise<readonly AuthorizationRow[]>;
  findAuthorization(id: string): Promise<AuthorizationRow | null>;
  /** What still waits for an answer with this state. */
  findRequest(providerId: string, state: string): Promise<AuthorizationRow | null>;
  /** Nobody waits for it any more; false where it does not wait. */
  cancelRequest(id: string): Promise<boolean>;
  /** Forgets it, its permanent code included. */
  forgetAuthorization(id: string): Promise<void>;
  /** Codes of a provider that wait for their exchange, or were given up; the newest first, the exchanged left out. */
  openCodes(providerId: string): Promise<readonly OpenCode[]>;
  /** @returns false for a code that was kept before, whatever became of it */
  keepCode(code: Omit<AuthCode, "hash" | "attempts"> & { readonly state: string | null }): Promise<boolean>;
  /** WeCom is to be asked what the corp's authorisation is about now, and its sources are due. */
  corpChanged(providerId: string, suiteId: string, corpId: string): Promise<void>;
  /**
   * The corp cancelled: permanent codes are erased and the sources that used them disabled, their people kept. What was
   * authorised at that time or later is not: an event may come late, or once more. WeCom is asked about that.
   *
   * @returns the sources that were disabled
   */
  corpCancelled(providerId: string, suiteId: string, corpId: string, toldAt: number): Promise<readonly string[]>;
}

/** Of the engine. */
export interface AuthorizationWorkStore {
  /** WeCom is to be asked about it at once, unless it is about to be. */
  askSoon(id: string): Promise<void>;
  /** Codes that are due, each put off until then for everybody else. */
  claimCodes(now: number, until: number): Promise<readonly AuthCode[]>;
  /**
   * A code was exchanged, also where another process has given it up meanwhile: for the request that it answers; for what the corp authorised before; or else for an
   * authorisation that nobody asked for, which waits for a person.
   */
  settleCode(hash: string, grant: Grant): Promise<void>;
  /** @param nextTryAt null: it is given up */
  postponeCode(hash: string, error: string, nextTryAt: number | null): Promise<void>;
  /** Authorisations about which WeCom is to be asked, each put off until then for everybody else. */
  claimLooks(
    now: number,
    until: number,
  ): Promise<readonly { readonly row: AuthorizationRow; readonly refusals: number; readonly hasOpenCodes: boolean }[]>;
  /** What WeCom says of it. */
  noteLook(
    id: string,
    found: { readonly agentId: number | null; readonly corpName: string | null },
    lookAt: number,
  ): Promise<void>;
  /** @param refusals how often in a row WeCom has refused it by now */
  postponeLook(id: string, reason: string, lookAt: number, refusals: number): Promise<void>;
  /**
   * WeCom says that it is no more.
   *
   * @param refused as WeCom was asked about it
   * @returns the sources that were disabled; null: it has another permanent code by now, or one may be on its way, so that it
   * stays
   */
  endAuthorization(
    refused: Pick<AuthorizationRow, "id" | "providerId" | "suiteId" | "permanentCode">,
    reason: string,
  ): Promise<readonly string[] | null>;
}
