import type { Quarantine, TaskError } from "../store/store.ts";
import type { Outage } from "./push/target-down.ts";
import type { OpenTask } from "./run-task.ts";

// A target that is down is left alone, and tried again by itself: after half a minute, then after longer and longer. Each
// try sends one request first. So it costs a target nothing to be down, and nobody has to notice that it is back.

/** Until the first try, in milliseconds: of credentials a person must change something first. */
const firstWaitMs = 30_000;
const credentialsWaitMs = 300_000;
const longestWaitMs = 3_600_000;
/** One that refuses everything answers, and may take what it was not asked for yet: who has left is not to wait for long. */
const longestRefusedMs = 900_000;

/** Changes of each kind that a target which refused everything is tried with at most: by itself, and when somebody asks. */
const mostTried = 32;
const mostAsked = 256;

/**
 * The quarantine of a target that could not be pushed to, or not again.
 *
 * @param outage null: the try came to nothing for another reason
 * @param random from 0 to 1: that not all targets behind one proxy are tried at the same moment
 */
export function quarantineAfter(
  before: Quarantine | null,
  outage: Outage | null,
  { now, random = Math.random() }: { readonly now: number; readonly random?: number },
): Quarantine {
  const { code, detail } = outage ?? before ?? unknown;
  // A try that somebody asked for before its time makes nobody wait longer.
  const isEarly = before !== null && before.nextTryAt > now;
  const tries = before === null ? 0 : before.tries + (isEarly ? 0 : 1);
  const first = code === "target.unauthorized" ? credentialsWaitMs : firstWaitMs;
  const longest = code === "target.refused" ? longestRefusedMs : longestWaitMs;
  const wait = Math.min(longest, first * 2 ** tries) * (0.9 + 0.1 * random);
  const planned = isEarly ? before.nextTryAt : now + Math.round(wait);
  const asked = now + Math.min(longestWaitMs, outage?.retryAfterMs ?? 0);
  return { since: before?.since ?? now, code, detail, tries, nextTryAt: Math.max(planned, asked) };
}

const unknown = { code: "internal", detail: "the push ended with an unexpected error" };

/** Whether a task may try a target that is in quarantine: its time has come, or a person wants it. */
export function mayTry(
  task: Pick<OpenTask, "trigger" | "approved">,
  { nextTryAt }: Quarantine,
  { isEnding, now }: { /** A source ends, at its own pace. */ readonly isEnding: boolean; readonly now: number },
): boolean {
  return task.trigger === "manual" || task.approved || isEnding || nextTryAt <= now;
}

/**
 * With how many changes of each kind a target is tried that refused everything. One, and more with each try that failed:
 * those that are refused may all be wrong, and must not stand in the way of others for long. Null: it was not for refusals.
 */
export function changesTried({ code, tries }: Quarantine, isAsked: boolean): number | null {
  if (code !== "target.refused") return null;
  return isAsked ? mostAsked : Math.min(mostTried, 2 ** tries);
}

/** Why a task sent nothing to a target. */
export function quarantinedError({ since, code, detail, nextTryAt }: Quarantine): TaskError {
  const [began, next] = [since, nextTryAt].map((time) => new Date(time).toISOString());
  return {
    code: "target.quarantined",
    detail: `in quarantine since ${began} (${code}): ${detail}. What is pending waits for the next try, at ${next}; a push that somebody asks for tries at once`,
  };
}
