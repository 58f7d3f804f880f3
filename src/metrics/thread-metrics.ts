import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { Gauge, Registry } from "prom-client";
import type { Metrics } from "./metrics.ts";

/** How often the event loop is looked at. */
const everyMs = 20;

/** What the engine's thread says of itself: its event loop and its heap are others than those of the thread that answers. */
export function makeEngineThreadMetrics(): Pick<Metrics, "read"> {
  const registers = [new Registry()];
  const delay = monitorEventLoopDelay({ resolution: everyMs });
  delay.enable();
  new Gauge({
    name: "bridge_engine_event_loop_delay_seconds",
    help: "How late the engine's thread came to its work since it was last asked.",
    labelNames: ["quantile"],
    registers,
    collect() {
      for (const quantile of [0.5, 0.99, 1]) {
        const nanoseconds = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
        // What is measured is the time between two looks, of which so much was meant.
        this.set({ quantile: String(quantile) }, Math.max(0, nanoseconds / 1e9 - everyMs / 1000));
      }
      delay.reset();
    },
  });
  new Gauge({
    name: "bridge_engine_heap_used_bytes",
    help: "Heap of the engine's thread that is in use.",
    registers,
    collect() {
      this.set(getHeapStatistics().used_heap_size);
    },
  });
  const [registry] = registers as [Registry];
  return { read: () => registry.getMetricsAsJSON() };
}
