import type { Log } from "../lib/log.ts";
import { backoffMs } from "../lib/wait.ts";
import { type ProviderDesk, SourceError } from "../source/source.ts";
import type { AuthCode, AuthorizationRow, AuthorizationWorkStore } from "../store/store.ts";

export interface AuthorizationParts {
  readonly store: AuthorizationWorkStore;
  readonly desk: Pick<ProviderDesk, "exchange" | "look">;
  readonly clock: () => number;
  readonly log: Log;
}

/** What is done about authorisations beside the syncs. Several processes may do so: each claims what it does. */
export interface AuthorizationKeeper {
  /** Begins with what is due. */
  look(signal: AbortSignal): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Longer than a call with all its tries lasts. Whoever is stopped in between leaves it to others after that. */
const claimMs = 180_000;
/** WeCom is asked so often whether what a corp authorised still stands, should the event that says so have been lost. */
const betweenLooksMs = 6 * 3_600_000;
/** Before a refusal counts it is asked for once more. */
const secondLookMs = 5_000;

const noMore =
  "WeCom does not know the authorisation any more: the corp cancelled it, or had its secret made anew and the event of that was lost. Its people stay as they are; to go on, have it authorise the app again and name the new authorisation in the source";

/** Codes of errors that say of an authorisation that it is no more. */
const isNoMore: ReadonlySet<string> = new Set(["wecom.authorization-cancelled"]);

/**
 * Exchanges codes that events and redirects brought, and asks WeCom about authorisations that changed. An exchange that fails
 * is tried until the code is too old; whoever waits for it is told why.
 */
export function makeAuthorizationKeeper({ store, desk, clock, log }: AuthorizationParts): AuthorizationKeeper {
  let running: Promise<void> | null = null;
  let again = false;

  const exchange = async (code: AuthCode, signal: AbortSignal): Promise<void> => {
    const told = { provider: code.providerId, suite: code.suiteId, purpose: code.purpose, attempts: code.attempts };
    try {
      const granted = await desk.exchange(code, code.code, signal);
      await store.settleCode(code.hash, granted);
      log.info({ ...told, corp: granted.corpId }, "an authorisation was exchanged");
    } catch (error) {
      if (signal.aborted || !(error instanceof SourceError)) throw error;
      const nextTryAt = nextTry(code, error, clock());
      await store.postponeCode(code.hash, wordsOf(error, nextTryAt), nextTryAt);
      const level = nextTryAt === null ? "error" : "warn";
      log[level]({ ...told, code: error.code, errcode: error.errcode }, "an authorisation could not be exchanged");
    }
  };

  const ask = async (row: AuthorizationRow, refusals: number, hasOpenCodes: boolean, signal: AbortSignal) => {
    const { id, corpId, permanentCode } = row;
    if (corpId === null || permanentCode === null) return;
    try {
      const found = await desk.look(row, { corpId, permanentCode }, signal);
      await store.noteLook(id, found, clock() + betweenLooksMs);
    } catch (error) {
      if (signal.aborted || !(error instanceof SourceError)) throw error;
      const isRefused = isNoMore.has(error.code);
      if (!isRefused || refusals === 0 || hasOpenCodes) {
        const waitMs = isRefused ? secondLookMs : 60_000;
        await store.postponeLook(id, error.message, clock() + waitMs, isRefused ? refusals + 1 : 0);
        return;
      }
      const sources = await store.endAuthorization(row, noMore);
      if (sources === null) return;
      log.error({ authorization: id, sources, errcode: error.errcode }, "an authorisation is no more");
    }
  };

  const work = async (signal: AbortSignal): Promise<void> => {
    const until = clock() + claimMs;
    const codes = await store.claimCodes(clock(), until);
    await settle(codes.map((code) => exchange(code, signal)));
    const looks = await store.claimLooks(clock(), until);
    await settle(looks.map(({ row, refusals, hasOpenCodes }) => ask(row, refusals, hasOpenCodes, signal)));
  };

  const settle = async (all: readonly Promise<void>[]): Promise<void> => {
    for (const outcome of await Promise.allSettled(all)) {
      if (outcome.status === "rejected") throw outcome.reason;
    }
  };

  const begin = (signal: AbortSignal): void => {
    running = work(signal)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, "authorisations could not be looked after");
      })
      .finally(() => {
        running = null;
        if (!again || signal.aborted) return;
        again = false;
        begin(signal);
      });
  };

  return {
    look(signal) {
      if (running !== null) again = true;
      else begin(signal);
    },
    async idle() {
      while (running !== null) await running;
    },
  };
}

/** When a code is tried again; null: there is no use in it. */
function nextTry({ attempts, expiresAt }: AuthCode, { retryable }: SourceError, now: number): number | null {
  const at = now + backoffMs(attempts, 2_000, 60_000);
  return retryable && at < expiresAt ? at : null;
}

function wordsOf({ message }: SourceError, nextTryAt: number | null): string {
  if (nextTryAt !== null) return `${message} It is tried again until the code is too old.`;
  return `${message} The code is good for nothing any more: have the authorisation made once more.`;
}
