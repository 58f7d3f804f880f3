import { backoffMs, wait } from "../../lib/wait.ts";
import { TargetError } from "../../target/target.ts";

/** The target cannot be pushed to now: what is left stays pending. */
export class TargetDownError extends Error {
  readonly code: string;

  constructor(code: string, detail: string, cause: unknown) {
    super(detail, { cause });
    this.name = "TargetDownError";
    this.code = code;
  }
}

/** Lets so many milliseconds pass, or rejects with the signal's reason. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export interface AttemptOptions {
  readonly signal: AbortSignal;
  /** Called before each request: throws when it must not be sent any more, for another process works on this target. */
  readonly ensureHeld: () => Promise<void>;
  /** Tries at one request, the first included. */
  readonly tries?: number;
  /**
   * Longest that a target may make everybody wait without taking anything; beyond it the push ends and goes on later.
   * Milliseconds.
   */
  readonly maxWaitMs?: number;
  /** How time passes between tries; `wait` if absent. */
  readonly pause?: Pause;
}

/**
 * Runs requests against one target. Waits where it says so, tries again what may pass, and gives the target up after
 * several requests in a row that it did not answer.
 */
export class Attempts {
  readonly #signal: AbortSignal;
  readonly #ensureHeld: () => Promise<void>;
  readonly #tries: number;
  readonly #maxWaitMs: number;
  readonly #passTime: Pause;
  #unanswered = 0;
  /** While the target asked everybody to wait. */
  #pausedUntil = 0;
  /** Since when the target does nothing but ask to wait; null after anything that it took. */
  #throttledSince: number | null = null;

  constructor({ signal, ensureHeld, tries = 4, maxWaitMs = 120_000, pause = wait }: AttemptOptions) {
    this.#signal = signal;
    this.#ensureHeld = ensureHeld;
    this.#tries = tries;
    this.#maxWaitMs = maxWaitMs;
    this.#passTime = pause;
  }

  /**
   * @param send one request; called again after a failure that may pass
   * @param beforeRetry called before a repetition that follows a request in doubt; an answer other than undefined ends
   * the attempt with it (what was sent had arrived)
   * @throws {TargetError} what the target says about this one change
   * @throws {TargetDownError} when there is no sense in going on with this target now
   */
  async run<T>(send: () => Promise<T>, beforeRetry?: () => Promise<T | undefined>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#pause();
      await this.#ensureHeld();
      try {
        const result = await send();
        this.#unanswered = 0;
        this.#throttledSince = null;
        return result;
      } catch (error) {
        if (!(error instanceof TargetError)) throw error;
        await this.#judge(error, attempt);
        if (error.doubt && beforeRetry) {
          const arrived = await beforeRetry();
          if (arrived !== undefined) return arrived;
        }
      }
    }
  }

  /** Returns when the request may be tried again, throws otherwise. */
  async #judge(error: TargetError, attempt: number): Promise<void> {
    switch (error.code) {
      case "unauthorized":
        throw new TargetDownError(
          "target.unauthorized",
          `${error.message}; check the credentials of the target`,
          error,
        );
      case "throttled": {
        const asked = error.retryAfterMs ?? backoffMs(attempt, 1000);
        const now = Date.now();
        this.#throttledSince ??= now;
        if (asked > this.#maxWaitMs || now + asked - this.#throttledSince > this.#maxWaitMs) {
          throw new TargetDownError(
            "target.throttled",
            asked > this.#maxWaitMs
              ? `the target asks to wait ${Math.round(asked / 1000)} s; what is left is pushed later`
              : `the target has asked to wait for ${Math.round((now - this.#throttledSince) / 1000)} s and taken nothing; what is left is pushed later`,
            error,
          );
        }
        if (attempt + 1 >= this.#tries * 2) throw error;
        this.#pausedUntil = Math.max(this.#pausedUntil, now + asked);
        return;
      }
      case "unavailable":
      case "nonsense":
        this.#unanswered += 1;
        if (this.#unanswered >= 20) {
          throw new TargetDownError("target.unavailable", `the target does not answer: ${error.message}`, error);
        }
        if (attempt + 1 >= this.#tries) throw error;
        await this.#passTime(backoffMs(attempt, 200, 5000), this.#signal);
        return;
      default:
        this.#unanswered = 0;
        this.#throttledSince = null;
        throw error;
    }
  }

  async #pause(): Promise<void> {
    this.#signal.throwIfAborted();
    const left = this.#pausedUntil - Date.now();
    if (left > 0) await this.#passTime(left, this.#signal);
  }
}
