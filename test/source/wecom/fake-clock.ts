import type { Clock } from "../../../src/source/wecom/clock.ts";

/** A clock that jumps: a wait is over at once, and time has passed. */
export class FakeClock implements Clock {
  time = 1_700_000_000_000;
  readonly waits: number[] = [];

  now(): number {
    return this.time;
  }

  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.waits.push(milliseconds);
    const due = this.time + milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
    this.time = Math.max(this.time, due);
    signal.throwIfAborted();
  }
}
