import { createHash, randomBytes } from "node:crypto";
import type { Corp } from "../corp.ts";
import { ApiError } from "../errors.ts";
import type { Gate } from "../gate.ts";
import { RuleError } from "../rules.ts";
import type { Scope } from "../settings.ts";
import type { ContactChange } from "../telling-directory.ts";
import { SuiteMessages } from "./messages.ts";
import type { Authorization, AuthorizePage, IssuedCode, ProviderOptions, SuiteKind, SuiteOptions } from "./model.ts";

const ticketMs = 30 * 60_000;
const codeMs = 600_000;
const qrMs = 864_000_000;
const preAuthMs = 1_200_000;
const tokenMs = 7_200_000;

interface Ticket {
  readonly text: string;
  readonly expiresAt: number;
}

interface ServiceToken {
  /** Null: the provider's own. */
  readonly suiteId: string | null;
  readonly expiresAt: number;
}

/** One service provider: its suites, and what corps of this WeCom authorised. */
export class ServiceProvider {
  readonly corpId: string;
  readonly providerSecret: string;
  readonly suites: ReadonlyMap<string, SuiteOptions>;
  readonly messages: SuiteMessages;
  readonly pages = new Map<string, AuthorizePage>();
  /** Calls by endpoint. */
  readonly requests = new Map<string, number>();
  /** Errcodes that calls are answered with instead, by endpoint. */
  readonly refusals = new Map<string, { errcode: number; times: number }>();
  readonly authorizations: Authorization[] = [];
  trustedIps: readonly string[] | null;
  clockOffset = 0;
  readonly #corps: readonly Corp[];
  readonly #gate: Gate;
  readonly #clock: () => number;
  readonly #tickets = new Map<string, Ticket[]>();
  readonly #codes = new Map<string, IssuedCode>();
  readonly #tokens = new Map<string, ServiceToken>();

  constructor(options: ProviderOptions, corps: readonly Corp[], gate: Gate, clock: () => number) {
    const seed = corps[0]?.credentials.corpId ?? "";
    const derive = (what: string) => createHash("sha256").update(`${what} ${seed}`).digest();
    const idOf = (prefix: string, what: string) => `${prefix}${derive(what).toString("hex").slice(0, 16)}`;
    this.corpId = options.corpId ?? idOf("ww", "provider");
    this.providerSecret = options.providerSecret ?? derive("provider secret").toString("base64url");
    const suites: readonly SuiteOptions[] = options.suites ?? [
      { suiteId: idOf("dk", "template"), kind: "customised", secret: derive("template secret").toString("base64url") },
      { suiteId: idOf("ww", "suite"), kind: "third-party", secret: derive("suite secret").toString("base64url") },
    ];
    this.suites = new Map(suites.map((suite) => [suite.suiteId, suite]));
    this.trustedIps = options.trustedIps ?? null;
    this.#corps = corps;
    this.#gate = gate;
    this.#clock = clock;
    this.messages = new SuiteMessages(this.corpId, () => this.now());
    for (const corp of corps) corp.listeners.push((change) => this.#tellOfContacts(corp, change));
    gate.permanentCodes = (corp, secret) => this.#hasCode(corp, secret);
  }

  now(): number {
    return this.#clock() + this.clockOffset;
  }

  corp(corpId: string): Corp {
    const found = this.#gate.corpOf(corpId);
    if (found === undefined) throw new RuleError(40013, "no such corp");
    return found;
  }

  corps(): readonly Corp[] {
    return this.#corps;
  }

  suite(suiteId: string): SuiteOptions {
    const found = this.suites.get(suiteId);
    if (found === undefined) throw new RuleError(40083, "no such suite");
    return found;
  }

  // Tickets and tokens.

  pushTicket(suiteId: string): void {
    const ticket = { text: randomBytes(48).toString("base64url"), expiresAt: this.now() + ticketMs };
    const held = (this.#tickets.get(suiteId) ?? []).filter(({ expiresAt }) => expiresAt > this.now());
    this.#tickets.set(suiteId, [...held, ticket]);
    this.messages.send(suiteId, "suite_ticket", { SuiteTicket: ticket.text });
  }

  isTicketGood(suiteId: string, text: unknown): boolean {
    const now = this.now();
    return (this.#tickets.get(suiteId) ?? []).some((ticket) => ticket.text === text && ticket.expiresAt > now);
  }

  /** The same token again while it is good. `suiteId` null: of the provider. */
  issueToken(suiteId: string | null): { readonly token: string; readonly seconds: number } {
    const now = this.now();
    for (const [token, issued] of this.#tokens) {
      if (issued.suiteId !== suiteId || issued.expiresAt <= now) continue;
      return { token, seconds: Math.max(1, Math.floor((issued.expiresAt - now) / 1000)) };
    }
    const token = randomBytes(96).toString("base64url");
    this.#tokens.set(token, { suiteId, expiresAt: now + tokenMs });
    return { token, seconds: tokenMs / 1000 };
  }

  /** Whose token it is. Throws {@link ApiError}: 40082, 42009; 40014, 42001 of the provider. */
  findToken(token: string | undefined, of: "suite" | "provider"): string | null {
    const issued = token === undefined ? undefined : this.#tokens.get(token);
    const isSuites = issued !== undefined && issued.suiteId !== null;
    if (issued === undefined || isSuites !== (of === "suite")) throw new ApiError(of === "suite" ? 40082 : 40014);
    if (issued.expiresAt <= this.now()) throw new ApiError(of === "suite" ? 42009 : 42001);
    return issued.suiteId;
  }

  forgetTokens(): void {
    this.#tokens.clear();
  }

  // Authorisations.

  /** Makes the page at which a corp's administrator authorises. */
  openPage(suiteId: string, state: string | null): { readonly key: string; readonly seconds: number } {
    const key = randomBytes(16).toString("hex");
    const lasts = this.suite(suiteId).kind === "customised" ? qrMs : preAuthMs;
    this.pages.set(key, { key, suiteId, state, expiresAt: this.now() + lasts });
    return { key, seconds: lasts / 1000 };
  }

  /** Throws {@link RuleError} where it is gone. */
  page(key: string): AuthorizePage {
    const page = this.pages.get(key);
    if (page === undefined || page.expiresAt <= this.now()) throw new RuleError(42007, "the page has expired");
    return page;
  }

  find(suiteId: string, corpId: string): Authorization {
    const found = this.authorizations.find((each) => each.suiteId === suiteId && each.corpId === corpId);
    if (found === undefined) throw new RuleError(40084, "the corp has not authorised this suite");
    return found;
  }

  /**
   * A corp authorises: gives the code. Of a template, or by the app market, `create_auth` is sent with it; by the page of an
   * installation it goes back in the redirect alone (doc path/90642).
   */
  authorise(
    suiteId: string,
    corpId: string,
    { state = null, scope, tells = true }: { state?: string | null; scope?: Scope | undefined; tells?: boolean } = {},
  ): string {
    const { kind } = this.suite(suiteId);
    const corp = this.corp(corpId);
    const seen = scope ?? corp.scope();
    corp.setScope(seen);
    const before = this.authorizations.findIndex((each) => each.suiteId === suiteId && each.corpId === corpId);
    if (before >= 0) this.authorizations.splice(before, 1);
    const authorization: Authorization = {
      ...{ suiteId, kind, corpId: corp.credentials.corpId, agentId: corp.credentials.agentId },
      ...{ permanentCode: newCode(), scope: seen, state },
    };
    this.authorizations.push(authorization);
    const code = this.#issueCode(authorization);
    if (tells) {
      this.messages.send(suiteId, "create_auth", { AuthCode: code, ...(state === null ? {} : { State: state }) });
    }
    return code;
  }

  changeScope(suiteId: string, corpId: string, scope: Scope): void {
    const found = this.find(suiteId, corpId);
    this.corp(corpId).setScope(scope);
    found.scope = scope;
    this.messages.send(suiteId, "change_auth", { AuthCorpId: found.corpId });
  }

  cancel(suiteId: string, corpId: string): void {
    const found = this.find(suiteId, corpId);
    this.authorizations.splice(this.authorizations.indexOf(found), 1);
    this.#endTokens(found);
    this.messages.send(suiteId, "cancel_auth", { AuthCorpId: found.corpId });
  }

  /** The secret of a customised app is fetched anew: what was good before is good no more. */
  resetCode(suiteId: string, corpId: string): void {
    const found = this.find(suiteId, corpId);
    found.permanentCode = newCode();
    this.#endTokens(found);
    this.messages.send(suiteId, "reset_permanent_code", { AuthCode: this.#issueCode(found) });
  }

  /** Exchanges a code, once. Throws {@link ApiError} 40078. */
  exchange(suiteId: string, code: unknown): Authorization {
    const issued = typeof code === "string" ? this.#codes.get(code) : undefined;
    const isGood = issued !== undefined && !issued.isUsed && issued.expiresAt > this.now();
    if (!isGood || issued.authorization.suiteId !== suiteId) throw new ApiError(40078);
    issued.isUsed = true;
    return issued.authorization;
  }

  /** Throws {@link ApiError} 40084 for a permanent code that is none of that corp's. */
  findByCode(suiteId: string, corpId: unknown, permanentCode: unknown): Authorization {
    const found = this.authorizations.find((each) => each.suiteId === suiteId && each.corpId === corpId);
    if (found === undefined || found.permanentCode !== permanentCode) throw new ApiError(40084);
    return found;
  }

  #hasCode(corp: Corp, secret: string): boolean {
    return this.authorizations.some(
      (each) => each.kind === "customised" && each.corpId === corp.credentials.corpId && each.permanentCode === secret,
    );
  }

  #issueCode(authorization: Authorization): string {
    const code = randomBytes(48).toString("base64url");
    this.#codes.set(code, { code, authorization, expiresAt: this.now() + codeMs, isUsed: false });
    return code;
  }

  /** The tokens of a corp's app are good no more. */
  #endTokens({ corpId, kind }: Authorization): void {
    const corp = this.corp(corpId);
    this.#gate.tokens.end(corp, credentialOf(kind), "revoke", corp.now());
  }

  #tellOfContacts(corp: Corp, { type, ids }: ContactChange): void {
    if (ids === null) return;
    const { corpId } = corp.credentials;
    for (const { suiteId, corpId: of } of this.authorizations) {
      if (of === corpId)
        this.messages.send(suiteId, "change_contact", { AuthCorpId: corpId, ChangeType: type, ...ids });
    }
  }
}

export function credentialOf(kind: SuiteKind): "app" | "suite" {
  return kind === "customised" ? "app" : "suite";
}

function newCode(): string {
  return randomBytes(32).toString("base64url");
}
