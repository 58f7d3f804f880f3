import type { Log } from "../../lib/log.ts";
import { backoffMs } from "../../lib/wait.ts";
import type { SourceMeter } from "../source.ts";
import type { Clock } from "./clock.ts";
import { WecomFault } from "./fault.ts";
import type { RateLimiter, Slot } from "./rate-limit.ts";

export interface Patience {
  /** How often a passing trouble is tried again. The vendor asks for three times at most. */
  readonly retries: number;
  /** How long a minute's limit (45009) blocks. Milliseconds. */
  readonly limitWindowMs: number;
  /** The most that one call waits for limits; one that lasts longer is reported. Milliseconds. */
  readonly maxLimitWaitMs: number;
}

export interface PersistParts {
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly log?: Log | undefined;
  readonly meter?: SourceMeter | undefined;
}

/** How often a call backs away from 45033 before that is reported: some two minutes in all. */
const slowDowns = 10;

/**
 * Makes a call until it succeeds or until its fault says that there is no use in it; throws that fault.
 *
 * @param path as in `user/list`: whose limit it counts against, and for the log
 * @param attempt one try, under a slot of the limiter
 * @param renewToken replaces the token that the last try used; without it a refused token is final. So is the second
 *   refusal. Called while no slot is held, since fetching a token takes one
 */
export async function persist<T>(
  { limiter, clock, patience, log, meter }: PersistParts,
  path: string,
  attempt: () => Promise<T>,
  signal: AbortSignal,
  renewToken?: () => Promise<void>,
): Promise<T> {
  let retried = 0;
  let slowed = 0;
  let waitedMs = 0;
  let renewed = false;
  for (;;) {
    const slot = await limiter.acquire(path, signal);
    const fault = await outcomeOf(attempt, slot);
    if (!(fault instanceof WecomFault)) {
      limiter.succeeded(path);
      return fault.value;
    }
    log?.debug({ path, code: fault.code, errcode: fault.errcode, reaction: fault.reaction }, "a call to WeCom failed");
    switch (fault.reaction) {
      case "renew-token":
        if (renewed || renewToken === undefined) throw fault;
        renewed = true;
        await renewToken();
        break;
      case "retry":
        if (retried >= patience.retries) throw fault;
        await clock.wait(backoffMs(retried, 500, 8_000), signal);
        retried += 1;
        break;
      case "slow-down":
        if (slowed >= slowDowns) throw fault;
        await clock.wait(backoffMs(slowed, 500, 16_000), signal);
        slowed += 1;
        break;
      case "wait": {
        const waitMs = limiter.refused(path, patience.limitWindowMs);
        waitedMs += waitMs;
        if (waitedMs > patience.maxLimitWaitMs) throw fault;
        log?.warn({ path, waitMs }, "WeCom's limit of calls is used up: waiting");
        break;
      }
      default:
        throw fault;
    }
    meter?.retried(path);
  }
}

/** One try; the slot is free again before anything is waited for. Throws only what is not a fault (an abort). */
async function outcomeOf<T>(attempt: () => Promise<T>, slot: Slot): Promise<{ readonly value: T } | WecomFault> {
  try {
    return { value: await attempt() };
  } catch (error) {
    if (!(error instanceof WecomFault)) throw error;
    if (error.reaction === "slow-down") slot.tooMany();
    return error;
  } finally {
    slot.release();
  }
}
