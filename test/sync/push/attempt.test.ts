import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Attempts } from "../../../src/sync/push/attempt.ts";
import { TargetDownError } from "../../../src/sync/push/target-down.ts";
import { TargetError, type TargetErrorCode } from "../../../src/target/target.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Waiting costs no time here: the clock moves on by itself. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  vi.setSystemTime(Date.now() + milliseconds);
  signal.throwIfAborted();
}

const make = (more: { signal?: AbortSignal; maxWaitMs?: number; concurrency?: number } = {}): Attempts =>
  new Attempts({ signal: new AbortController().signal, ensureHeld: async () => {}, pause, ...more });

/** Fails as told, then answers "done"; a number is a wait that the target asks for. */
function script(...steps: readonly (TargetErrorCode | number | TargetError)[]) {
  const left = [...steps];
  return vi.fn(async () => {
    const step = left.shift();
    if (step === undefined) return "done";
    if (step instanceof TargetError) throw step;
    if (typeof step === "number") throw new TargetError("throttled", "wait", { status: 429, retryAfterMs: step });
    throw new TargetError(step, `it is ${step}`);
  });
}

/** Runs while time passes by itself; how it ended, and how long it took. */
async function run(attempts: Attempts, send: () => Promise<string>, beforeRetry?: () => Promise<string | undefined>) {
  const began = Date.now();
  return attempts.run(send, beforeRetry).then(
    (result) => ({ result, error: null, tookMs: Date.now() - began }),
    (error: unknown) => ({ result: null, error: error as Error & { code?: string }, tookMs: Date.now() - began }),
  );
}

describe("one request", () => {
  test("that succeeds is sent once", async () => {
    const send = script();
    expect(await run(make(), send)).toMatchObject({ result: "done", tookMs: 0 });
    expect(send).toHaveBeenCalledTimes(1);
  });

  test("that is refused, conflicts, or is about something missing is not sent again", async () => {
    for (const code of ["refused", "conflict", "missing"] as const) {
      const send = script(code);
      expect((await run(make(), send)).error).toMatchObject({ name: "TargetError", code });
      expect(send).toHaveBeenCalledTimes(1);
    }
  });

  test("that finds no answer is tried four times with growing pauses, then it is this one's failure", async () => {
    for (const code of ["unavailable", "nonsense"] as const) {
      const send = script(code, code, code, code);
      const { error, tookMs } = await run(make(), send);
      expect(error).toMatchObject({ name: "TargetError", code });
      expect(send).toHaveBeenCalledTimes(4);
      expect(tookMs).toBeGreaterThanOrEqual(100 + 200 + 400);
      expect(tookMs).toBeLessThanOrEqual(200 + 400 + 800);
      const again = script(code, code, code);
      expect((await run(make(), again)).result).toBe("done");
    }
  });

  test("that must wait waits as long as it is told", async () => {
    const { result, tookMs } = await run(make(), script(7000, 0, 3000));
    expect([result, tookMs]).toEqual(["done", 10_000]);
  });

  test("in doubt is looked for before it is sent again, and not sent when it had arrived", async () => {
    const doubt = () => new TargetError("unavailable", "reset", { doubt: true });
    const send = script(doubt(), doubt());
    const look = vi.fn(async () => (look.mock.calls.length === 2 ? "found" : undefined));
    expect((await run(make(), send, look)).result).toBe("found");
    expect(send).toHaveBeenCalledTimes(2);
    const sure = script("unavailable");
    const never = vi.fn(async () => undefined);
    await run(make(), sure, never);
    expect(never).not.toHaveBeenCalled();
  });

  test("of which something else goes wrong than the target is not tried again", async () => {
    const send = vi.fn(async () => {
      throw new RangeError("ours");
    });
    expect((await run(make(), send)).error).toBeInstanceOf(RangeError);
    expect(send).toHaveBeenCalledTimes(1);
  });
});

describe("a target", () => {
  test("that refuses the credentials is given up at once", async () => {
    const { error } = await run(make(), script("unauthorized"));
    expect(error).toBeInstanceOf(TargetDownError);
    expect(error).toMatchObject({ code: "target.unauthorized" });
    // What to do about it stands in the target's error already.
    expect(error?.message).toBe("it is unauthorized");
  });

  test("that asks for a longer wait than is bearable is given up, with the time it asked for", async () => {
    const { error, tookMs } = await run(make({ maxWaitMs: 60_000 }), script(61_000));
    expect(error).toMatchObject({ name: "TargetDownError", code: "target.throttled" });
    expect(error?.message).toContain("61 s");
    expect(tookMs).toBe(0);
  });

  test("that only ever asks to wait is given up after that time, whoever asks", async () => {
    const attempts = make({ maxWaitMs: 60_000 });
    let tookMs = 0;
    let error: (Error & { code?: string }) | null = null;
    for (let record = 0; record < 100 && !(error instanceof TargetDownError); record += 1) {
      const ended = await run(attempts, script(...Array.from({ length: 8 }, () => 5000)));
      ({ error } = ended);
      tookMs += ended.tookMs;
    }
    expect(error).toMatchObject({ code: "target.throttled" });
    expect(tookMs).toBeLessThanOrEqual(60_000);
  });

  test("that asks to wait now and then is not", async () => {
    const attempts = make({ maxWaitMs: 60_000 });
    for (let record = 0; record < 30; record += 1) {
      expect((await run(attempts, script(20_000))).result).toBe("done");
    }
  });

  test("that leaves twenty requests in a row unanswered is given up; one answer starts the count anew", async () => {
    const attempts = make();
    const dead = () => script("unavailable", "unavailable", "unavailable", "unavailable");
    for (let record = 0; record < 4; record += 1) {
      expect((await run(attempts, dead())).error).toBeInstanceOf(TargetError);
    }
    expect((await run(attempts, script("refused"))).error).toMatchObject({ code: "refused" });
    for (let record = 0; record < 4; record += 1) {
      expect((await run(attempts, dead())).error).toBeInstanceOf(TargetError);
    }
    const { error } = await run(attempts, dead());
    expect(error).toMatchObject({ name: "TargetDownError", code: "target.unavailable" });
  });

  test("that does not answer many requests at one moment is not given up for that", async () => {
    const attempts = make({ concurrency: 64 });
    // Sixty-four at once are let in.
    for (let answer = 0; answer < 200; answer += 1) await attempts.run(script());
    expect(attempts.concurrency).toBe(64);
    const ended = await Promise.all(Array.from({ length: 64 }, () => run(attempts, script("unavailable"))));
    expect(ended.filter(({ error }) => error !== null)).toEqual([]);
  });

  test("that does not answer one request after another is not waited for twenty times as long as one may take", async () => {
    const attempts = make({ maxWaitMs: 60_000 });
    const slow = vi.fn(async () => {
      vi.setSystemTime(Date.now() + 30_000);
      throw new TargetError("unavailable", "timeout");
    });
    expect((await run(attempts, slow)).error).toMatchObject({ name: "TargetDownError", code: "target.unavailable" });
    expect(slow).toHaveBeenCalledTimes(4);
  });

  test("that was given up is sent nothing more, whoever waits for his turn", async () => {
    const attempts = make({ concurrency: 1 });
    const send = script("unauthorized", "unavailable");
    const ended = await Promise.all([run(attempts, send), run(attempts, send), run(attempts, send)]);
    expect(ended.map(({ error }) => error?.code)).toEqual(Array(3).fill("target.unauthorized"));
    expect(send).toHaveBeenCalledTimes(1);
  });

  test("is asked nothing by somebody who holds its lease no more", async () => {
    const lost = new Error("lost");
    const attempts = new Attempts({
      signal: new AbortController().signal,
      ensureHeld: async () => {
        throw lost;
      },
    });
    const send = script();
    expect(await attempts.run(send).catch((error: unknown) => error)).toBe(lost);
    expect(send).not.toHaveBeenCalled();
  });

  test("is let alone at once when the program stops", async () => {
    const stopping = new AbortController();
    const reason = new Error("stopping");
    const attempts = make({ signal: stopping.signal });
    const send = vi.fn(async () => {
      stopping.abort(reason);
      throw new TargetError("throttled", "wait", { retryAfterMs: 30_000 });
    });
    expect(await attempts.run(send).catch((error: unknown) => error)).toBe(reason);
    expect(send).toHaveBeenCalledTimes(1);
    expect(await attempts.run(script()).catch((error: unknown) => error)).toBe(reason);
  });
});
