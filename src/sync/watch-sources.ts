import type { Settings, SourceRow, SourceStore, TargetStore } from "../store/store.ts";
import { type AlertParts, alertName, clearAlert, raiseAlert } from "./alerts.ts";

const hourMs = 3_600_000;

/**
 * How long a source may be without a good sync, in milliseconds; null for one that nobody expects to be synced by itself.
 * What the source says counts, then what the bridge says, then 26 hours or twice the interval.
 */
export function staleAfterMs(
  { type, status, settings }: Pick<SourceRow, "type" | "status" | "settings">,
  { alertAfterHours }: Pick<Settings, "alertAfterHours">,
): number | null {
  const { automatic, intervalHours, alertAfterHours: own } = settings.sync;
  if (type !== "wecom" || status !== "enabled" || settings.leaving !== undefined) return null;
  if (own !== undefined) return own * hourMs;
  return automatic ? (alertAfterHours ?? Math.max(26, 2 * intervalHours)) * hourMs : null;
}

/** Tells of sources that were not synced for too long, and of those that are again. What is gone is out of order no more. */
export async function watchSources(
  parts: AlertParts & { readonly store: Pick<SourceStore, "listSources"> & Pick<TargetStore, "listTargets"> },
  settings: Pick<Settings, "alertAfterHours">,
  now: number,
): Promise<void> {
  const open = await parts.store.openAlerts();
  const sources = await parts.store.listSources();
  const targets = (await parts.store.listTargets()).filter(({ status }) => status === "enabled");
  const known = new Set([
    ...sources.map(({ id }) => alertName("source", id)),
    ...targets.map(({ id }) => alertName("target", id)),
  ]);
  for (const name of open.keys()) if (!known.has(name)) await parts.store.closeAlert(name, null);
  for (const source of sources) {
    const isOpen = open.has(alertName("source", source.id));
    const limit = staleAfterMs(source, settings);
    // Who changes it is at work on it, and an enabled one is given its time.
    const since = Math.max(source.syncedAt ?? 0, source.updatedAt);
    const isStale = limit !== null && now - since > limit;
    const lastGood = source.syncedAt === null ? null : new Date(source.syncedAt).toISOString();
    if (isStale && !isOpen) {
      await raiseAlert(parts, "source", source, { lastGoodSyncAt: lastGood, alertAfterHours: limit / hourMs });
    } else if (isOpen && limit === null) {
      await parts.store.closeAlert(alertName("source", source.id), null);
    } else if (isOpen && (source.syncedAt ?? 0) > (open.get(alertName("source", source.id)) ?? 0)) {
      await clearAlert(parts, "source", source, { lastGoodSyncAt: lastGood });
    }
  }
}
