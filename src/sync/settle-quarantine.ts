import type { Lease, Quarantine, QuarantineStore, TargetRow } from "../store/store.ts";
import { type AlertParts, alertName, clearAlert, raiseAlert } from "./alerts.ts";
import type { PushResult } from "./push/prepare.ts";
import type { Outage } from "./push/target-down.ts";
import { quarantineAfter } from "./quarantine.ts";

export interface QuarantineParts extends AlertParts {
  readonly store: AlertParts["store"] & QuarantineStore;
  readonly clock: () => number;
}

/** What a task found at a target, and did there. */
export interface Visit {
  /** As it was found. */
  readonly row: TargetRow;
  /** As it is by now. */
  quarantine: Quarantine | null;
  /** It came to a push: before, it was only looked at. */
  isPush: boolean;
}

/** Says what came of it for the target: into quarantine, longer in it, out of it; one that answers is tried at once. */
export async function settleVisit(
  parts: QuarantineParts,
  lease: Lease,
  visit: Visit,
  result: Pick<PushResult, "state" | "outage" | "isIdle">,
): Promise<void> {
  const { state } = result;
  const outage = result.outage ?? null;
  const { row, quarantine, isPush } = visit;
  if (outage !== null || (state === "failed" && quarantine !== null)) {
    // One that is disabled is only looked at: nobody waits for it.
    if (row.status === "enabled") await quarantineTarget(parts, lease, visit, outage);
  } else if (isPush && quarantine !== null && result.isIdle) {
    // There was nothing of a source, or a person, to try it with.
  } else if (isPush && state !== "failed") {
    await freeTarget(parts, lease, visit);
  } else if (quarantine !== null) {
    await parts.store.tryAtOnce(row.id);
  }
}

/** It takes changes again. */
export async function freeTarget(parts: QuarantineParts, lease: Lease, visit: Visit): Promise<void> {
  const { store } = parts;
  const { row, quarantine } = visit;
  if (quarantine !== null) await store.freeTarget(lease, row.id);
  visit.quarantine = null;
  if ((await store.openAlerts()).has(alertName("target", row.id))) await clearAlert(parts, "target", row, {});
}

async function quarantineTarget(
  parts: QuarantineParts,
  lease: Lease,
  { row, quarantine: before }: Visit,
  outage: Outage | null,
): Promise<void> {
  const quarantine = quarantineAfter(before, outage, { now: parts.clock() });
  await parts.store.quarantineTarget(lease, row, quarantine);
  await raiseAlert(parts, "target", row, {
    error: { code: quarantine.code },
    since: new Date(quarantine.since).toISOString(),
    nextTryAt: new Date(quarantine.nextTryAt).toISOString(),
  });
}
