import fc from "fast-check";
import { AggregatorRegistry, Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { makeAnswerTimes } from "../../src/metrics/answer-times.ts";

const [name, help, buckets] = ["answers_seconds", "Answers.", [0.001, 0.01, 0.1, 1]] as const;
const answers = fc.array(
  fc.record({
    method: fc.constantFrom("GET", "POST", "BREW", "__proto__"),
    route: fc.constantFrom("/Users", "/Users/:id", "constructor"),
    status: fc.constantFrom(200, 404, 500),
    seconds: fc.constantFrom(0, 0.0005, 0.001, 0.002, 0.01, 0.5, 1, 3),
  }),
  { maxLength: 40 },
);
const methodOf = (method: string) => (method === "GET" || method === "POST" ? method : "other");
const sorted = (text: string) => text.split("\n").sort();

it("says what a histogram of prom-client says, also when those of two threads are added up", async () => {
  await fc.assert(
    fc.asyncProperty(answers, answers, async (...threads) => {
      const expected = threads.map((list) => {
        const registry = new Registry();
        const labelNames = ["method", "route", "status"];
        const histogram = new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
        for (const { method, route, status, seconds } of list)
          histogram.observe({ method: methodOf(method), route, status: String(status) }, seconds);
        return registry.getMetricsAsJSON();
      });
      const made = threads.map((list) => {
        const times = makeAnswerTimes(name, help, buckets, methodOf);
        for (const { method, route, status, seconds } of list) times.observe(method, route, status, seconds);
        return [times.read()];
      });
      const textOf = (all: Parameters<typeof AggregatorRegistry.aggregate>[0]) =>
        AggregatorRegistry.aggregate(all).metrics();
      expect(sorted(await textOf(made))).toEqual(sorted(await textOf(await Promise.all(expected))));
    }),
  );
});
