import type {
  EventStore,
  GaugeStore,
  LinkViewStore,
  SettingStore,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
} from "../store/store.ts";
import type { GaugeValue } from "./metrics.ts";

export type GaugeSource = GaugeStore &
  Pick<EventStore, "openAlerts" | "countPendingDeliveries"> &
  Pick<SourceStore, "listSources" | "listEndings"> &
  Pick<TargetStore, "listTargets"> &
  Pick<SettingStore, "readSettings"> &
  Pick<LinkViewStore, "countLinks">;

/** Counting the links of a target, or who is kept, looks at all of them: not at every look of Prometheus. */
const countEveryMs = 60_000;

/** Reads how things stand from the database. */
export function makeGaugeReader(store: GaugeSource, clock: () => number): () => Promise<readonly GaugeValue[]> {
  let countedAt = 0;
  let counts: readonly GaugeValue[] = [];

  return async () => {
    const [sources, targets] = await Promise.all([store.listSources(), store.listTargets()]);
    const now = clock();
    if (now - countedAt >= countEveryMs) {
      countedAt = now;
      counts = [...(await countLinks(store, targets)), ...(await countKept(store, sources))];
    }
    const names = new Map([...sources, ...targets].map(({ id, name }) => [id, name]));
    const nameOf = (id: string | null): string => names.get(id ?? "") ?? id ?? "";
    const tasks = (await store.countOpenTasks()).map(
      ({ sourceId, targetId, state, count }): GaugeValue => ({
        name: "bridge_tasks_open",
        labels: { source: nameOf(sourceId), target: nameOf(targetId), state },
        value: count,
      }),
    );
    const ages = sources.flatMap(({ name, type, status, syncedAt }): GaugeValue[] => {
      // Of the others nobody expects that they are read.
      if (type !== "wecom" || status !== "enabled" || syncedAt === null) return [];
      const value = (now - syncedAt) / 1000;
      return [{ name: "bridge_source_last_good_sync_age_seconds", labels: { source: name }, value }];
    });
    const alerts = [...(await store.openAlerts()).keys()].map(
      (alert): GaugeValue => ({
        name: "bridge_alerts_open",
        labels: { event: alert.split(":")[0] ?? "" },
        value: 1,
      }),
    );
    const stopped = targets.flatMap(({ name, status, quarantine, paused }): GaugeValue[] => [
      {
        name: "bridge_target_quarantined",
        labels: { target: name },
        // Of one that is disabled nobody waits for the next try.
        value: quarantine === null || status !== "enabled" ? 0 : 1,
      },
      { name: "bridge_target_paused", labels: { target: name }, value: paused === null ? 0 : 1 },
    ]);
    const ending = (await store.listEndings()).map(
      ({ name }): GaugeValue => ({ name: "bridge_source_ending", labels: { source: name }, value: 1 }),
    );
    const { paused } = await store.readSettings();
    const pending = await store.countPendingDeliveries();
    return [
      ...[...tasks, ...ages, ...counts, ...stopped, ...ending, ...alerts],
      { name: "bridge_paused", labels: {}, value: paused ? 1 : 0 },
      { name: "bridge_webhook_deliveries_pending", labels: {}, value: pending },
    ];
  };
}

async function countLinks(store: GaugeSource, targets: readonly TargetRow[]): Promise<readonly GaugeValue[]> {
  const counted = targets.map(async ({ id, name }) =>
    Object.entries(await store.countLinks(id)).map(
      ([state, value]): GaugeValue => ({ name: "bridge_links", labels: { target: name, state }, value }),
    ),
  );
  return (await Promise.all(counted)).flat();
}

async function countKept(store: GaugeSource, sources: readonly SourceRow[]): Promise<readonly GaugeValue[]> {
  const kept = await store.countKeptResources();
  return sources.flatMap(({ id, name, type }): GaugeValue[] =>
    type === "wecom" ? [{ name: "bridge_kept_resources", labels: { source: name }, value: kept.get(id) ?? 0 }] : [],
  );
}
