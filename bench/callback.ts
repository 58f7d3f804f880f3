import { setTimeout as wait } from "node:timers/promises";
import { alone, duration, type Figure, percentile } from "./figures.ts";
import { startBridge } from "./lib/bridge.ts";
import { type Corp, startCorp } from "./lib/corp.ts";
import { startTarget } from "./lib/target.ts";
import { startTimedProxy } from "./lib/timed-proxy.ts";

const perSecond = 50;
/** What WeCom needs to send its events. */
const callback = { token: "benchToken", encodingAesKey: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ" };
/** How long after the last event its change is waited for. */
const patienceMs = 60_000;

/**
 * How long it takes from a change in WeCom, of which it tells by an event, to the answer of the target that was given it:
 * so many events a second, each about another person.
 */
export async function benchCallback(dist: string, members: number, seconds: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, members);
  const target = await startTarget(dist);
  const bridge = await startBridge(dist);
  const proxy = await startTimedProxy(target.url);
  try {
    const source = await bridge.createSource(corp, { callback });
    await bridge.createTarget({ ...target, url: proxy.url }, source, { groups: true, concurrency: 8 });
    await bridge.sync(source);
    await corp.sendEvents({ url: `${bridge.url}/wecom/callback/${source}`, ...callback });
    // What it does for the first time it does slower: a second that is not counted.
    await change(corp, 0, perSecond, proxy.expect);
    const latencies = await change(corp, perSecond, perSecond * seconds, proxy.expect);
    const arrived = latencies.filter((ms) => ms !== null);
    const lost = latencies.length - arrived.length;
    const p50 = percentile(arrived, 0.5);
    const p99 = percentile(arrived, 0.99);
    const path = `${perSecond} events a second for ${seconds} s, ${members.toLocaleString("en")} members`;
    return [
      alone(`${path}: to the target's answer, p50`, duration(p50), "< 500 ms", p50 < 500),
      alone("    p99", duration(p99), "< 1 s", p99 < 1000),
      alone("    changes that did not arrive", String(lost), "0", lost === 0),
    ];
  } finally {
    await proxy.stop();
    await bridge.stop();
    await target.stop();
    await corp.stop();
  }
}

/** Gives one person after the other another position. @returns how long each took, in milliseconds; null: it never came */
async function change(
  corp: Corp,
  first: number,
  count: number,
  expect: (text: string, withinMs: number) => Promise<number | null>,
): Promise<readonly (number | null)[]> {
  const people = (await corp.visibleTruth()).members.slice(first, first + count);
  const arrivals: Promise<number | null>[] = [];
  const startedAt = performance.now();
  for (const [index, { userid }] of people.entries()) {
    await wait(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
    const position = `Position ${first + index}.`;
    const changedAt = performance.now();
    arrivals.push(expect(position, patienceMs).then((at) => (at === null ? null : at - changedAt)));
    await corp.changeMember(userid, { position });
  }
  return Promise.all(arrivals);
}
