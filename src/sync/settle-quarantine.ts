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
  /** It is about one source, or one person: whatever else waited is left. */
  readonly isPart: boolean;
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
  // Of one that refused everything that it answers says nothing: it is free once it took a change.
  const isUnproven = quarantine?.code === "target.refused" && isPush;
  if (isPush && quarantine !== null && outage === null && result.isIdle && state !== "failed") {
    // Of a source, or a person, there was nothing to try it with. Of nothing at all it refuses nothing; and left as it is a
    // try that is due would be due again at once.
    if (!visit.isPart) {
      await freeTarget(parts, lease, visit);
      await tellRecovered(parts, visit);
    }
  } else if (outage !== null || (quarantine !== null && (state === "failed" || isUnproven))) {
    // One that is disabled is only looked at: nobody waits for it.
    if (row.status === "enabled") await quarantineTarget(parts, lease, visit, outage);
  } else if (isPush && state !== "failed") {
    await freeTarget(parts, lease, visit);
    await tellRecovered(parts, visit);
  } else if (quarantine !== null) {
    await parts.store.tryAtOnce(row.id);
  }
}

/**
 * It takes changes again. With it, in one write, whatever else waited is queued: nobody else knows of it, should this task be
 * cut off.
 */
export async function freeTarget({ store }: QuarantineParts, lease: Lease, visit: Visit): Promise<void> {
  if (visit.quarantine !== null) await store.freeTarget(lease, visit.row.id, { pushRest: visit.isPart });
  visit.quarantine = null;
}

/**
 * At the end of a push that went well, and not with the first change: a target that takes a few, and is gone again, would be
 * told of each time. Where a part set it free the rest is on its way, and tells.
 */
async function tellRecovered(parts: QuarantineParts, { row, isPart }: Visit): Promise<void> {
  if (isPart && row.quarantine !== null) return;
  if ((await parts.store.openAlerts()).has(alertName("target", row.id))) await clearAlert(parts, "target", row, {});
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
