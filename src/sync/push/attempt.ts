import { backoffMs, wait } from "../../lib/wait.ts";
import { TargetError } from "../../target/target.ts";
import { Gate } from "./gate.ts";
import { TargetDownError } from "./target-down.ts";

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
  /** Most requests at once; absent: as many as there are. */
  readonly concurrency?: number;
  /** One request at a time, until {@link Attempts.letGo}. */
  readonly oneByOne?: boolean;
}

/** A target is given up after so many requests without an answer in a row, */
const mostUnanswered = 20;
/** but not for one moment in which many were on their way: these are from so many bursts. */
const fewestBursts = 4;

/**
 * Runs requests against one target, as many at once as it bears. Waits where it says so, tries again what may pass, and
 * gives the target up after many requests in a row that it did not answer.
 *
 * Requests that were on their way together when one of them failed are one burst: together they say once that the target is
 * in trouble, so that the limit is halved once for all of them.
 */
export class Attempts {
  readonly #signal: AbortSignal;
  readonly #ensureHeld: () => Promise<void>;
  readonly #tries: number;
  readonly #maxWaitMs: number;
  readonly #passTime: Pause;
  readonly #gate: Gate;
  /** Why nothing is sent any more. */
  #down: TargetDownError | null = null;
  /** Requests sent so far. */
  #sent = 0;
  /** The last one that was on its way when the current burst of failures began. */
  #burstEnd = 0;
  /** Failures without an answer since the last answer, the bursts that they came in, and since when. */
  #unanswered = 0;
  #bursts = 0;
  #silentSince = 0;
  /** While the target asked everybody to wait. */
  #pausedUntil = 0;
  /** Since when the target does nothing but ask to wait; null after anything that it took. */
  #throttledSince: number | null = null;

  constructor(options: AttemptOptions) {
    const { signal, ensureHeld, tries = 4, maxWaitMs = 120_000, pause = wait } = options;
    const { concurrency = Number.POSITIVE_INFINITY, oneByOne = false } = options;
    this.#signal = signal;
    this.#ensureHeld = ensureHeld;
    this.#tries = tries;
    this.#maxWaitMs = maxWaitMs;
    this.#passTime = pause;
    this.#gate = new Gate({ signal, most: concurrency, oneByOne });
  }

  /** Requests that may be on their way at once now. */
  get concurrency(): number {
    return this.#gate.limit;
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
      await this.#enter();
      const number = ++this.#sent;
      let failure: TargetError;
      try {
        await this.#ensureHeld();
        const result = await send();
        this.#noteAnswer();
        this.#gate.widen();
        return result;
      } catch (error) {
        if (!(error instanceof TargetError)) throw error;
        failure = error;
      } finally {
        this.#gate.leave();
      }
      await this.#judge(failure, attempt, number);
      if (failure.doubt && beforeRetry) {
        const arrived = await beforeRetry();
        if (arrived !== undefined) return arrived;
      }
    }
  }

  /** Nothing is sent any more: whatever is tried from now on throws this. */
  giveUp(error: TargetDownError): TargetDownError {
    this.#down ??= error;
    return this.#down;
  }

  /** @throws {TargetDownError} when the target was given up */
  ensureUp(): void {
    if (this.#down !== null) throw this.#down;
  }

  /** From here on several requests may go at once. */
  letGo(): void {
    this.#gate.letGo();
  }

  /** Returns when a request may be sent. */
  async #enter(): Promise<void> {
    for (let waitedUntil = 0; ; ) {
      this.#signal.throwIfAborted();
      this.ensureUp();
      const until = this.#pausedUntil;
      const left = until - Date.now();
      if (left > 0 && until > waitedUntil) {
        await this.#passTime(left, this.#signal);
        waitedUntil = until;
        continue;
      }
      await this.#gate.enter();
      // While it stood there the target may have been given up, or have asked to wait.
      if (this.#down === null && this.#pausedUntil <= Math.max(waitedUntil, Date.now())) return;
      this.#gate.leave();
    }
  }

  #noteAnswer(): void {
    this.#unanswered = 0;
    this.#bursts = 0;
    this.#throttledSince = null;
  }

  /** Returns when the request may be tried again, throws otherwise. @param number of the request, as they were sent */
  async #judge(error: TargetError, attempt: number, number: number): Promise<void> {
    const isBurst = number > this.#burstEnd;
    switch (error.code) {
      case "unauthorized":
        // Its words say already to check the credentials.
        throw this.giveUp(new TargetDownError("target.unauthorized", error.message, error));
      case "throttled": {
        if (isBurst) this.#halve();
        const asked = error.retryAfterMs ?? backoffMs(attempt, 1000);
        const now = Date.now();
        this.#throttledSince ??= now;
        if (asked > this.#maxWaitMs || now + asked - this.#throttledSince > this.#maxWaitMs) {
          const text =
            asked > this.#maxWaitMs
              ? `the target asks to wait ${Math.round(asked / 1000)} s; what is left is pushed later`
              : `the target has asked to wait for ${Math.round((now - this.#throttledSince) / 1000)} s and taken nothing; what is left is pushed later`;
          throw this.giveUp(new TargetDownError("target.throttled", text, error));
        }
        if (attempt + 1 >= this.#tries * 2) throw error;
        this.#pausedUntil = Math.max(this.#pausedUntil, now + asked);
        return;
      }
      case "unavailable":
      case "nonsense":
        this.#noteSilence(isBurst);
        if (isBurst && isOverload(error)) this.#halve();
        else if (isBurst) this.#burstEnd = this.#sent;
        if (this.#isSilent()) {
          const text = `the target does not answer: ${error.message}`;
          throw this.giveUp(new TargetDownError("target.unavailable", text, error));
        }
        if (attempt + 1 >= this.#tries) throw error;
        await this.#passTime(backoffMs(attempt, 200, 5000), this.#signal);
        return;
      default:
        this.#noteAnswer();
        this.#gate.widen();
        throw error;
    }
  }

  #noteSilence(isBurst: boolean): void {
    if (this.#unanswered === 0) this.#silentSince = Date.now();
    this.#unanswered += 1;
    if (isBurst) this.#bursts += 1;
  }

  /**
   * A push that was halved sends few requests at once, of which each may take as long as a timeout: it is not to wait for
   * twenty of them one after another.
   */
  #isSilent(): boolean {
    if (this.#bursts < fewestBursts) return false;
    return this.#unanswered >= mostUnanswered || Date.now() - this.#silentSince >= this.#maxWaitMs;
  }

  #halve(): void {
    this.#gate.halve();
    this.#burstEnd = this.#sent;
  }
}

/** No answer in time, or a gateway that says so; a 500 is about the one request. */
function isOverload({ code, status }: TargetError): boolean {
  return code === "unavailable" && (status === null || status === 408 || status === 502 || status === 504);
}
