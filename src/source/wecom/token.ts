import { type JsonObject, member } from "../../lib/json.ts";
import type { Clock } from "./clock.ts";
import { nonsense, WecomFault, withoutToken } from "./fault.ts";
import { SharedFlight } from "./shared-flight.ts";

interface Token {
  readonly value: string;
  /** From then on a fresh one is asked for. Milliseconds since the epoch. */
  readonly refreshAt: number;
}

/** How long before its end a token is replaced. */
const earlyMs = 5 * 60_000;
/** What `expires_in` normally is (WeCom doc path/91039), in seconds. */
const usualLifetime = 7200;

/**
 * The access token of one secret: fetched when first needed, once for all who ask at the same time, replaced a few
 * minutes early, and dropped when WeCom refuses it.
 */
export class TokenKeeper {
  readonly #clock: Clock;
  readonly #flight: SharedFlight<Token>;
  #token: Token | null = null;

  /** @param fetchToken calls gettoken and gives its judged answer */
  constructor(fetchToken: (signal: AbortSignal) => Promise<JsonObject>, clock: Clock) {
    this.#clock = clock;
    this.#flight = new SharedFlight(async (signal) => {
      try {
        this.#token = toToken(await fetchToken(signal), clock.now());
        return this.#token;
      } catch (error) {
        throw error instanceof WecomFault ? withoutToken(error) : error;
      }
    });
  }

  async get(signal: AbortSignal): Promise<string> {
    const held = this.#token;
    if (held !== null && this.#clock.now() < held.refreshAt) return held.value;
    return (await this.#flight.join(signal)).value;
  }

  /** Forgets a token that was refused, unless another one has taken its place already. */
  drop(value: string): void {
    if (this.#token?.value === value) this.#token = null;
  }
}

function toToken(answer: JsonObject, now: number): Token {
  const value = member(answer, "access_token");
  if (typeof value !== "string" || value === "") throw nonsense("no access_token in the answer of gettoken");
  const seconds = Number(member(answer, "expires_in") ?? usualLifetime);
  const lifetimeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : usualLifetime) * 1000;
  // WeCom hands out the same token again until it expires: near its end, asking for every call would help nobody.
  return { value, refreshAt: now + Math.max(lifetimeMs - earlyMs, lifetimeMs / 2) };
}
