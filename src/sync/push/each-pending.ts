import { concurrently } from "../../lib/concurrently.ts";
import type { PendingResource, PushOutcome, TurnPage } from "../../store/store.ts";
import { holdersOf } from "./find-match.ts";
import { type PushParts, retryDelayMs } from "./push-parts.ts";
import { type ChangeKind, KindRefusedError } from "./watch-changes.ts";

/** One step of a push: which resources it is about, and what is done with each. */
export interface Step {
  readonly kind: ChangeKind;
  readonly pageOf: (page: TurnPage) => Promise<readonly PendingResource[]>;
  /** Who of a page is dealt with now; all, if absent. */
  readonly choose?: (page: readonly PendingResource[]) => Promise<readonly PendingResource[]>;
  /** @param parts those of the push, with the target as this kind of change is sent to it */
  readonly work: (resource: PendingResource, parts: PushParts) => Promise<PushOutcome | readonly PushOutcome[]>;
}

/**
 * Resources that are read, and written down as about to be sent, at once: few at first, and more for a target that deals
 * with a page in less than {@link pageMs} milliseconds. What is written down is what a crash leaves in doubt.
 */
const pageSizes = { fewest: 64, most: 512 } as const;
const pageMs = 1000;
/** Outcomes that are saved at once. The more there are, the fewer pages of the indexes are written for each. */
const saveAfter = 256;
/** A target that is slow has its outcomes saved, and shown, so many milliseconds after the last ones were. */
const saveAfterMs = 1000;

/**
 * Works on all resources of a step, some at a time: first those that never failed, and else in the order of their pages.
 * What came of them is saved as it comes, also when the target gives up in the middle: a crash leaves a page and some
 * outcomes in doubt, never more. A target that refuses each of them ends the step, and not the push.
 *
 * @returns how many resources there were; 0 also when no other of the kind is to be tried
 */
export async function eachPending(parts: PushParts, { kind, pageOf, choose, work }: Step): Promise<number> {
  const { watched } = parts;
  if (watched.isOver(kind)) return 0;
  const ofKind = { ...parts, target: watched.of(kind) };
  let count = 0;
  async function* resources(): AsyncGenerator<PendingResource, void> {
    for (const turn of parts.turns) yield* resourcesOf((page) => pageOf({ ...page, ...turn }));
  }
  async function* resourcesOf(pageOf: Step["pageOf"]): AsyncGenerator<PendingResource, void> {
    let limit: number = pageSizes.fewest;
    for (let after = ""; ; ) {
      const askedAt = performance.now();
      const found = await pageOf({ after, limit });
      const last = found.at(-1);
      if (last === undefined) return;
      after = last.id;
      count += found.length;
      const page = choose === undefined ? found : await choose(found);
      if (page.length === 0) continue;
      // Before the first request: what may have arrived is looked for there by whoever goes on after a crash.
      await parts.store.intend(
        parts.lease,
        parts.row.id,
        page.map(({ id }) => id),
      );
      yield* page;
      const isQuick = performance.now() - askedAt < pageMs;
      limit = isQuick ? Math.min(pageSizes.most, limit * 2) : Math.max(pageSizes.fewest, limit / 2);
    }
  }
  const outcomes = keepOutcomes(parts);
  try {
    // While one worker waits for the next page, or for what is saved, the others' requests are on their way.
    await concurrently(resources(), parts.target.concurrency, async (resource) => {
      await outcomes.add([await work(resource, ofKind)].flat());
    });
  } catch (error) {
    if (!(error instanceof KindRefusedError)) throw error;
    count = 0;
  } finally {
    await outcomes.save();
  }
  return count;
}

interface KeptOutcomes {
  /** Saves them with others that wait, once there are enough. */
  add(outcomes: readonly PushOutcome[]): Promise<void>;
  /** Saves what waits. @throws what the store throws, a lost lease for instance */
  save(): Promise<void>;
}

function keepOutcomes(parts: PushParts): KeptOutcomes {
  let waiting: PushOutcome[] = [];
  let before: Promise<void> = Promise.resolve();
  let savedAt = performance.now();
  const saveWaiting = async (): Promise<void> => {
    const outcomes = waiting;
    waiting = [];
    if (outcomes.length === 0) return;
    const sound = await refuseSharedIds(parts, outcomes);
    await parts.store.saveOutcomes(parts.lease, parts.taskId, parts.row.id, sound);
    parts.onProgress(outcomes.length);
  };
  // One after the other: each sees what belongs to whom by the one before.
  const save = (): Promise<void> => {
    savedAt = performance.now();
    before = before.then(saveWaiting, saveWaiting);
    return before;
  };
  return {
    save,
    async add(outcomes) {
      waiting.push(...outcomes);
      if (waiting.length >= saveAfter || performance.now() - savedAt >= saveAfterMs) await save();
    },
  };
}

/**
 * One account there is one resource here. A server that answers two creates with one id, or an account that fits two
 * of our people, must not tie them together.
 */
async function refuseSharedIds(parts: PushParts, outcomes: readonly PushOutcome[]): Promise<readonly PushOutcome[]> {
  const ids = outcomes.flatMap(({ link }) => (link?.state === "linked" ? [link.remoteId] : []));
  const type = outcomes[0]?.resourceType ?? "User";
  const taken = new Map([...(await holdersOf(parts, type, ids))].map(([id, each]) => [id, each.resourceId]));
  const refused = new Set<string>();
  return outcomes.flatMap((outcome): PushOutcome[] => {
    // What came after its create was about an account that is not its own.
    if (refused.has(outcome.resourceId)) return [];
    if (outcome.link?.state !== "linked") return [outcome];
    const holder = taken.get(outcome.link.remoteId);
    if (holder === undefined || holder === outcome.resourceId) {
      taken.set(outcome.link.remoteId, outcome.resourceId);
      return [outcome];
    }
    refused.add(outcome.resourceId);
    const error = "the account that the target names for it belongs to another resource already";
    const record = outcome.record === null ? null : ({ ...outcome.record, status: "failed", error } as const);
    const link = { state: "failed", error, attempts: 1, nextTryAt: parts.clock() + retryDelayMs(1) } as const;
    return [{ ...outcome, record, link }];
  });
}
