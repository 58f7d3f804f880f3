import type { Corp } from "./corp.ts";
import { ApiError } from "./errors.ts";
import { Frequency, hourMs, minuteMs } from "./frequency.ts";
import type { Credential } from "./settings.ts";
import { Tokens, tokenSeconds } from "./tokens.ts";

/** What a caller says about himself. */
export interface Caller {
  readonly ip: string;
  readonly query: (name: string) => string | undefined;
}

/**
 * The checks that come before a call is answered, in the order token, IP, frequency (the API's permission and the
 * object's come after). They count per corp and per IP, over all corps of the simulator.
 */
export class Gate {
  readonly corps: readonly Corp[];
  readonly tokens = new Tokens<Corp>();
  /** Whether a corp gave a customised app this permanent code: it is a secret of the app then (WeCom doc path/97164). */
  permanentCodes: (corp: Corp, secret: string) => boolean = () => false;
  readonly #frequency = new Frequency();

  constructor(corps: readonly Corp[]) {
    this.corps = corps;
  }

  /** The corp whose id this is (plain corp ids ignore case), if it is here. */
  corpOf(corpId: string | undefined): Corp | undefined {
    return this.corps.find(({ credentials }) => credentials.corpId.toLowerCase() === corpId?.toLowerCase());
  }

  /** Throws {@link ApiError}: 45009 while this IP is banned for wrong secrets or tokens. */
  checkBan({ ip }: Caller, now: number): void {
    if (this.#frequency.isBlocked(`secrets ${ip}`, now) || this.#frequency.isBlocked(`tokens ${ip}`, now)) {
      throw new ApiError(45009);
    }
  }

  /** Answers gettoken: the JSON text with the secret's token. Throws {@link ApiError}. */
  getToken(caller: Caller): string {
    const { query } = caller;
    if (!query("corpid")) throw new ApiError(41002);
    if (!query("corpsecret")) throw new ApiError(41004);
    const corp = this.corpOf(query("corpid"));
    if (!corp) throw new ApiError(40013);
    const now = corp.now();
    const isPermanentCode = this.permanentCodes(corp, query("corpsecret") ?? "");
    const credential = isPermanentCode ? "app" : credentialOf(corp, query("corpsecret"));
    if (credential === null || (credential === "app" && !corp.settings.appEnabled)) {
      this.#countWrong(`secrets ${caller.ip}`, corp.limits.wrongSecrets, now);
      const foreign = this.corps.some((other) => credentialOf(other, query("corpsecret")) !== null);
      throw new ApiError(credential === null && foreign ? 40091 : 40001);
    }
    if (corp.settings.gettokenChecksIp && !isPermanentCode) checkIp(corp, credential, caller.ip);
    this.checkFrequency(corp, "gettoken", caller);
    const issued = this.tokens.issue(corp, credential, now);
    const left = Math.max(1, Math.floor((issued.expiresAt - now) / 1000));
    return JSON.stringify({
      errcode: 0,
      errmsg: "ok",
      access_token: issued.token,
      expires_in: Math.min(left, tokenSeconds),
    });
  }

  /** Whose token it is. Throws {@link ApiError}: 41001, 40014, 42001, 50003. */
  authenticate(caller: Caller): { readonly corp: Corp; readonly credential: Credential } {
    const token = caller.query("access_token");
    if (!token) throw new ApiError(41001);
    const issued = this.tokens.find(token);
    if (!issued || issued.revoked) {
      const corp = issued?.corp ?? this.corps[0];
      if (corp) this.#countWrong(`tokens ${caller.ip}`, corp.limits.wrongTokens, corp.now());
      throw new ApiError(40014);
    }
    const { corp, credential } = issued;
    if (corp.now() >= issued.expiresAt) throw new ApiError(42001);
    if (credential === "app" && !corp.settings.appEnabled) throw new ApiError(50003);
    return { corp, credential };
  }

  /** Throws {@link ApiError} 45009 when the corp or the IP has called this API too often. */
  checkFrequency(corp: Corp, endpoint: string, { ip, query }: Caller): void {
    const now = corp.now();
    const { limits, credentials } = corp;
    const ofCorp = `${credentials.corpId} ${endpoint}`;
    const ofIp = `ip ${ip} ${endpoint}`;
    const allowed = [
      this.#frequency.allows(`${ofCorp} minute`, limits.perMinute, minuteMs, now),
      this.#frequency.allows(`${ofCorp} hour`, limits.perHour, hourMs, now),
      this.#frequency.allows(`${ofIp} minute`, limits.ipPerMinute, minuteMs, now),
      this.#frequency.allows(`${ofIp} hour`, limits.ipPerHour, hourMs, now),
      // The debugging mode is good for five calls a minute.
      query("debug") !== "1" || this.#frequency.allows(`${credentials.corpId} debug`, 5, minuteMs, now),
    ];
    if (allowed.includes(false)) throw new ApiError(45009);
  }

  /** Ends all bans and blocks of all corps. */
  forgiveAll(): void {
    this.#frequency.forgetAll();
  }

  #countWrong(key: string, ceiling: number, now: number): void {
    if (!this.#frequency.allows(key, ceiling, hourMs, now)) throw new ApiError(45009);
  }
}

/** Throws {@link ApiError} 60020 unless the IP may use this secret, and has been allowed to for a minute. */
export function checkIp(corp: Corp, credential: Credential, ip: string): void {
  const trusted = corp.trustedIps[credential];
  if (trusted && !((trusted.get(ip) ?? Number.POSITIVE_INFINITY) <= corp.now())) throw new ApiError(60020);
}

function credentialOf({ credentials }: Corp, secret: string | undefined): Credential | null {
  if (secret === credentials.appSecret) return "app";
  return secret === credentials.contactsSecret ? "contacts" : null;
}
