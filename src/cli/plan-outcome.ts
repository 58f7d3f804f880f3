import type { TargetAnswer, TaskAnswer } from "./answers.ts";
import { countFailed } from "./task-records.ts";

/** What a plan came to: what of it is to be done, and what it could not see. */
export interface PlanOutcome {
  /** People and groups that would change, as the lines of its report count them: in the directory, and at each target. */
  readonly changes: number;
  readonly requests: number;
  /** What safeguards would hold, in words; null: nothing. */
  readonly wouldHold: string | null;
  /** Records that could not be mapped, or that a target could not be given. */
  readonly failed: number;
  /** Why its sync would not end well: of a source that could not be read whole, say. */
  readonly error: string | null;
  /** Targets that could not be looked at, by their ids, and why. */
  readonly unseen: ReadonlyMap<string, string>;
  /** Targets that are paused, by their ids: what is pending there is not part of the plan. */
  readonly waiting: ReadonlyMap<string, string>;
  /** Ids of targets whose quarantine this plan has made due for its next try. */
  readonly tried: readonly string[];
}

/** Null: the task ended without a plan. */
export function outcomeOf(
  { plan, counts, targets, error }: TaskAnswer,
  views: ReadonlyMap<string, TargetAnswer | null>,
): PlanOutcome | null {
  if (plan === null) return null;
  const at = (state: string): ReadonlyMap<string, string> =>
    new Map(
      targets.flatMap((each): [string, string][] =>
        each.state === state ? [[each.target, each.error?.detail ?? state]] : [],
      ),
    );
  return {
    changes: countChanges([counts, ...targets.map((target) => target.counts)]),
    requests: plan.requests,
    wouldHold: plan.wouldHold?.reason ?? null,
    failed: countFailed({ counts, targets }),
    error: error?.detail ?? null,
    unseen: at("failed"),
    waiting: at("paused"),
    tried: targets.flatMap(({ target, state }) =>
      state !== "failed" && state !== "paused" && views.get(target)?.quarantine ? [target] : [],
    ),
  };
}

/** How many people and groups change, of counts as a report shows them. */
export function countChanges(counts: readonly TaskAnswer["counts"][]): number {
  const all = counts.flatMap(({ users, groups }) => [...Object.entries(users), ...Object.entries(groups)]);
  return all.reduce((sum, [what, count]) => sum + (notToBeDone.has(what) ? 0 : count), 0);
}

const notToBeDone: ReadonlySet<string> = new Set(["read", "unchanged", "failed"]);

/** Whether the plan is one of everything, and nothing of it went wrong. */
export function isGood({ failed, unseen, error }: PlanOutcome): boolean {
  return failed === 0 && unseen.size === 0 && error === null;
}

/** Whether something is to be done, or waits. Of a target that is paused that is not known, so it counts. */
export function isPending({ changes, requests, wouldHold, waiting }: PlanOutcome): boolean {
  return changes + requests + waiting.size > 0 || wouldHold !== null;
}
