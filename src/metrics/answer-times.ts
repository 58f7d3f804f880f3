import type { MetricObject } from "prom-client";
import { childOf } from "../lib/child-of.ts";

/** How long the answers of an endpoint took, by method, route and status: what a histogram of Prometheus says. */
export interface AnswerTimes {
  observe(method: string, route: string, status: number, seconds: number): void;
  read(): MetricObject;
}

/** The answers of one method, route and status. */
interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** How many took no longer than each bound, but longer than the one before; the last: longer than all. */
  readonly counts: number[];
  sum: number;
}

/**
 * A histogram of our own: an endpoint that answers ten thousand times a second notices what prom-client's costs, which is
 * made for any labels.
 *
 * @param buckets upper bounds in seconds, ascending
 * @param methodOf what stands for a method: anybody can send any, and each would be a series
 */
export function makeAnswerTimes(
  name: string,
  help: string,
  buckets: readonly number[],
  methodOf: (method: string) => string,
): AnswerTimes {
  const byStatus = new Map<number, Map<string, Map<string, Series>>>();

  const seriesOf = (method: string, route: string, status: number): Series => {
    const byRoute = childOf(byStatus, status, () => new Map<string, Map<string, Series>>());
    const byMethod = childOf(byRoute, route, () => new Map<string, Series>());
    return childOf(byMethod, methodOf(method), (known) => ({
      labels: { method: known, route, status: String(status) },
      counts: [...buckets.map(() => 0), 0],
      sum: 0,
    }));
  };

  return {
    observe(method, route, status, seconds) {
      const series = seriesOf(method, route, status);
      let bucket = 0;
      while (bucket < buckets.length && seconds > (buckets[bucket] ?? 0)) bucket += 1;
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
      series.sum += seconds;
    },
    read() {
      const all = [...byStatus.values()].flatMap((byRoute) =>
        [...byRoute.values()].flatMap((each) => [...each.values()]),
      );
      const values = all.flatMap((series) => valuesOf(name, buckets, series));
      return { name, help, type: "histogram", values, aggregator: "sum" } as unknown as MetricObject;
    },
  };
}

/** Each bucket holds those below it too, as Prometheus wants it. */
function valuesOf(name: string, buckets: readonly number[], { labels, counts, sum }: Series): readonly object[] {
  let count = 0;
  const ofBuckets = counts.map((own, index) => {
    count += own;
    return { labels: { le: buckets[index] ?? "+Inf", ...labels }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...ofBuckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
