import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObject,
  Registry,
} from "prom-client";
import type { EndedTask, Observer } from "../sync/observer.ts";
import { makeAnswerTimes } from "./answer-times.ts";

// What Prometheus reads. Labels are names of sources and targets, routes and codes: nothing of a person, and never more
// of them than there are sources and targets. Each thread has metrics of its own, which are added up when they are read.

export type ThreadMetrics = readonly MetricObject[];

/** The metrics of one thread. */
export interface Metrics {
  readonly observer: Observer;
  /** An exchange with a target. @param status null: there was no answer */
  exchanged(target: string, status: number | null, seconds: number): void;
  /** An answer of the SCIM endpoint. @param route as it was declared, never the path */
  scimAnswered(method: string, route: string, status: number, seconds: number): void;
  /** Numbers that say how things stand: replaced whole. */
  setGauges(gauges: readonly GaugeValue[]): void;
  /** As plain data, which can go from thread to thread. */
  read(): Promise<ThreadMetrics>;
}

const gaugeHelp = {
  bridge_tasks_open: "Tasks that are queued, running or held now.",
  bridge_source_last_good_sync_age_seconds: "Time since the source was last read whole and brought into the directory.",
  bridge_links: "People and groups at a target: synced, pending, failed, protected or paused. Counted once a minute.",
  bridge_target_quarantined: "1 while a target is in quarantine: nothing is pushed to it until the next try.",
  bridge_source_ending: "1 while a source is on its way out: GET /api/v1/endings says what it waits for.",
  bridge_target_paused: "1 while an administrator keeps everything from a target.",
  bridge_paused: "1 while everything is paused: no sync, push or verify goes on.",
  bridge_kept_resources: "People and groups that undos keep against what their source says. Counted once a minute.",
  bridge_webhook_deliveries_pending: "Messages to webhooks that are on their way or are tried again.",
  bridge_alerts_open: "Sources and targets that are out of order now.",
} as const;

const gaugeLabels: Readonly<Record<keyof typeof gaugeHelp, readonly string[]>> = {
  bridge_tasks_open: ["source", "target", "state"],
  bridge_source_last_good_sync_age_seconds: ["source"],
  bridge_links: ["target", "state"],
  bridge_target_quarantined: ["target"],
  bridge_source_ending: ["source"],
  bridge_target_paused: ["target"],
  bridge_paused: [],
  bridge_kept_resources: ["source"],
  bridge_webhook_deliveries_pending: [],
  bridge_alerts_open: ["event"],
};

export interface GaugeValue {
  readonly name: keyof typeof gaugeHelp;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const taskBuckets = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 43200];

export function makeMetrics(): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = (name: string, help: string, labelNames: readonly string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets, registers });

  const tasks = counter("bridge_tasks_total", "Tasks that ended, or came to be held.", [
    "source",
    "target",
    "mode",
    "state",
  ]);
  const durations = histogram(
    "bridge_task_duration_seconds",
    "From a task's start to its end.",
    ["source", "target", "state"],
    taskBuckets,
  );
  const changes = counter("bridge_changes_total", "Changes of ended tasks; those of the directory have no target.", [
    "target",
    "resource_type",
    "action",
    "status",
  ]);
  const events = counter("bridge_events_total", "Events that webhooks can hear of.", ["event"]);
  const deliveries = counter(
    "bridge_webhook_attempts_total",
    "Attempts to deliver to webhooks, by what came of them.",
    ["state"],
  );
  const exchanges = histogram(
    "bridge_target_request_duration_seconds",
    "Requests to a target, by class of status; `none`: no answer.",
    ["target", "status"],
    requestBuckets,
  );
  const answers = makeAnswerTimes(
    "bridge_scim_request_duration_seconds",
    "Requests to the SCIM endpoint.",
    requestBuckets,
    (method) => (knownMethods.has(method) ? method : "other"),
  );
  const gauges = new Map(
    Object.entries(gaugeHelp).map(([name, help]) => [
      name,
      new Gauge({ name, help, labelNames: [...gaugeLabels[name as keyof typeof gaugeHelp]], registers }),
    ]),
  );
  // A target that is only tried out may be called anything: each name would be a series for ever.
  const targetNames = new Set<string>();
  const bounded = (name: string): string => {
    if (targetNames.size < mostTargets) targetNames.add(name);
    return targetNames.has(name) ? name : "other";
  };

  return {
    observer: {
      taskEnded({ source, target, mode, state, seconds, changes: tallied }: EndedTask) {
        const of = { source: source ?? "", target: target ?? "" };
        tasks.inc({ ...of, mode, state });
        durations.observe({ ...of, state }, Math.max(0, seconds));
        for (const { target: at, resourceType, action, status, count } of tallied) {
          changes.inc({ target: at ?? "", resource_type: resourceType, action, status }, count);
        }
      },
      eventRaised: (event) => events.inc({ event }),
      deliveryTried: (state) => deliveries.inc({ state }),
    },
    exchanged(target, status, seconds) {
      exchanges.observe(
        { target: bounded(target), status: status === null ? "none" : `${Math.floor(status / 100)}xx` },
        seconds,
      );
    },
    scimAnswered: answers.observe,
    setGauges(values) {
      for (const gauge of gauges.values()) gauge.reset();
      for (const { name, labels, value } of values) gauges.get(name)?.inc(labels, value);
    },
    read: async () => [...(await registry.getMetricsAsJSON()), answers.read()],
  };
}

const mostTargets = 200;

/** Anybody can send any method: each would be a series. */
const knownMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** What a process says of itself: memory, CPU, event loop, and what it runs. */
export function makeProcessMetrics(version: string): Pick<Metrics, "read"> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labels = { version, node: process.versions.node };
  new Gauge({
    name: "bridge_build_info",
    help: "The version that runs.",
    labelNames: Object.keys(labels),
    registers: [registry],
  }).set(labels, 1);
  return { read: () => registry.getMetricsAsJSON() };
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** All of them as Prometheus reads them; what several threads counted is added up. */
export function renderMetrics(all: readonly ThreadMetrics[]): Promise<string> {
  return AggregatorRegistry.aggregate(all.map((metrics) => [...metrics])).metrics();
}
