import { Attempts } from "./attempt.ts";
import type { PushRequest } from "./push-target.ts";
import type { TargetDownError } from "./target-down.ts";
import { mostRefused, notWatched, type WatchedTarget, watchChanges } from "./watch-changes.ts";

/** This push tries a target that is in quarantine. */
export interface Probation {
  /**
   * Of one that refused everything: so many changes of each kind it is given, one after another, until it takes one. Null: it
   * was out of reach, and it is enough that it answers.
   */
  readonly mayRefuse: number | null;
  /** It takes changes again, or answers and there is nothing to send. */
  readonly onPassed: () => Promise<void>;
}

/** The cheapest request that shows whether a target lets us in: sent once, and nothing else if it fails. */
export async function probe({ target, signal, ensureHeld }: PushRequest): Promise<void> {
  await new Attempts({ signal, ensureHeld, tries: 1, maxWaitMs: 0 }).run(() => target.probe(signal));
}

/** As many requests at once as the target bears; one that refused everything is asked one thing at a time. */
export function attemptsOf({ signal, ensureHeld, pause, target, probation }: PushRequest): Attempts {
  return new Attempts({
    ...{ signal, ensureHeld, concurrency: target.concurrency, oneByOne: isSuspect(probation) },
    ...(pause && { pause }),
  });
}

/** Whether a target refused everything that it was sent. */
export function isSuspect(probation: Probation | undefined): boolean {
  return typeof probation?.mayRefuse === "number";
}

/** Watches what the target takes, and what it refuses. */
export function watchTarget({ target, probation }: PushRequest, attempts: Attempts): WatchedTarget {
  // What is only noted is never refused, and never taken.
  if (target.notesWrites) return notWatched(target);
  return watchChanges(target, {
    mayRefuse: probation?.mayRefuse ?? mostRefused,
    async onTaken() {
      attempts.letGo();
      await probation?.onPassed();
    },
  });
}

/** At the end of a push: that the target refused everything. With a suspect it takes one refusal to say so again. */
export function refusalOf(watched: WatchedTarget, probation: Probation | undefined): TargetDownError | null {
  return watched.refusal(isSuspect(probation) ? 1 : mostRefused);
}
