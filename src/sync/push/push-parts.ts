import type { Log } from "../../lib/log.ts";
import type { TargetRules } from "../../mapping/target-rules.ts";
import type { Protection } from "../../plan/protection.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { Lease, PendingResource, PushOutcome, PushScope, PushStore, TargetRow } from "../../store/store.ts";
import type { Capabilities, Target, TargetLanguage } from "../../target/target.ts";
import { TargetError } from "../../target/target.ts";
import type { Attempts } from "./attempt.ts";
import type { HeldElsewhere } from "./held-elsewhere.ts";
import type { Turn } from "./turns.ts";
import type { Unprotected } from "./unprotected.ts";
import type { WatchedTarget } from "./watch-changes.ts";

/** What every step of a push works with. */
export interface PushParts {
  readonly store: PushStore;
  readonly lease: Lease;
  readonly taskId: string;
  readonly row: TargetRow;
  readonly target: Target;
  readonly language: TargetLanguage;
  /** What this target is given differently; null: nothing. */
  readonly rules: TargetRules | null;
  readonly capabilities: Capabilities;
  readonly attempts: Attempts;
  /** The target, for changes: each kind of them has its own. */
  readonly watched: WatchedTarget;
  readonly scope: PushScope;
  /** Of that, what may be made: of sources that the target was looked through for. */
  readonly makes: PushScope;
  /** In which order each step takes what is pending. */
  readonly turns: readonly Turn[];
  readonly signal: AbortSignal;
  readonly clock: () => number;
  readonly log: Log;
  /** What the guard holds removals of: of those, only the ones that somebody approved may be sent. */
  readonly held: ReadonlySet<ResourceType>;
  /** Groups whose deletion waits for that of people in them, by id. */
  readonly heldGroups: ReadonlyMap<string, PendingResource>;
  /** Groups whose deletion is left to the pushes of another source, for people of that are in them, by id. */
  readonly leftGroups: ReadonlySet<string>;
  /** Who stays in user groups for what another source waits for. */
  readonly heldElsewhere: HeldElsewhere;
  /** What the guard holds new names of, that the rules make: of those too. */
  readonly heldRenames: ReadonlySet<ResourceType>;
  /** Which accounts there are protected. */
  readonly protection: Protection;
  readonly unprotected: Unprotected;
  readonly onProgress: (done: number) => void;
}

/** What a record at a target always says. */
export function outcomeOf(
  resource: PendingResource,
  record: PushOutcome["record"],
  link: PushOutcome["link"],
): PushOutcome {
  const { id, type, externalId, displayName } = resource;
  return { resourceId: id, resourceType: type, externalId, displayName, record, link };
}

/**
 * Wait before the next try of one resource that a target refused, in milliseconds: 5 minutes, doubling to a day.
 *
 * @param attempts that were made, from 1
 */
export function retryDelayMs(attempts: number): number {
  return Math.min(24 * 3_600_000, 300_000 * 2 ** Math.min(attempts - 1, 9));
}

/** A failure of one change, as it is recorded; anything that is not the target's word is thrown on. */
export function failureText(error: unknown): string {
  if (error instanceof TargetError) return error.message;
  throw error;
}
