import { readFileSync } from "node:fs";

/** What a process had resident while something was done. */
export interface WatchedRss<T> {
  readonly result: T;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The most between two moments, in MB. */
  readonly peakBetween: (from: number, until: number) => number;
}

const everyMs = 100;

/** Looks ten times a second at what a process has resident. Linux only. */
export async function watchRss<T>(pid: number, work: () => Promise<T>): Promise<WatchedRss<T>> {
  const samples: (readonly [at: number, mb: number])[] = [];
  const startedAt = Date.now();
  const timer = setInterval(() => samples.push([Date.now(), rssMb(pid)]), everyMs);
  try {
    const result = await work();
    return {
      result,
      startedAt,
      peakBetween: (from, until) =>
        samples.reduce((peak, [at, mb]) => (at >= from && at <= until ? Math.max(peak, mb) : peak), 0),
    };
  } finally {
    clearInterval(timer);
  }
}

function rssMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
