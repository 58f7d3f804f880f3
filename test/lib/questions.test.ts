import { expect, test } from "vitest";
import {
  type AnswerMessage,
  type Answers,
  makeAnswerer,
  makeAsker,
  type QuestionMessage,
} from "../../src/lib/questions.ts";

type Sums = {
  readonly sum: { readonly question: readonly number[]; readonly answer: number };
  readonly wait: { readonly question: string; readonly answer: string };
};

const never = new AbortController().signal;

/** Two sides whose messages are copied and come later, as those of threads. */
function connect(more: Partial<Answers<Sums>> = {}) {
  const errors: unknown[] = [];
  const sent: QuestionMessage[] = [];
  const asker = makeAsker<Sums>((message) => {
    sent.push(message);
    setImmediate(() => answerer.receive(structuredClone(message)));
  });
  const answerer = makeAnswerer<Sums>(
    {
      sum: async (numbers) => numbers.reduce((all, each) => all + each, 0),
      wait: async (text) => text,
      ...more,
    },
    {
      send: (message: AnswerMessage) => setImmediate(() => asker.receive(structuredClone(message))),
      onError: (kind, error) => errors.push([kind, error]),
    },
  );
  return { ...asker, stop: answerer.stop, errors, sent };
}

test("each question gets its own answer, whatever was asked meanwhile", async () => {
  const { ask } = connect();
  expect(await Promise.all([ask("sum", [1, 2], never), ask("wait", "a", never), ask("sum", [3], never)])).toEqual([
    3,
    "a",
    3,
  ]);
});

test("questions of a kind are answered one after another, those of another kind meanwhile", async () => {
  let working = 0;
  let most = 0;
  const { ask } = connect({
    wait: async (text) => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setTimeout(resolve, 5));
      working -= 1;
      return text;
    },
  });
  const waits = ["a", "b", "c"].map((each) => ask("wait", each, never));
  expect(await ask("sum", [1], never)).toBe(1);
  expect(await Promise.all(waits)).toEqual(["a", "b", "c"]);
  expect(most).toBe(1);
});

test("an error is told by its name alone; the thread that answers hears of it whole", async () => {
  const { ask, errors } = connect({
    sum: async () => {
      throw new RangeError("secret");
    },
  });
  await expect(ask("sum", [1], never)).rejects.toThrow("could not answer (RangeError)");
  expect(errors).toEqual([["sum", new RangeError("secret")]]);
  expect(await ask("wait", "on", never)).toBe("on");
});

test("what nobody waits for any more is stopped, or never begun", async () => {
  const begun: string[] = [];
  const { ask, errors } = connect({
    wait: (text, signal) => {
      begun.push(text);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  const calls = [new AbortController(), new AbortController()] as const;
  const asked = [ask("wait", "first", calls[0].signal), ask("wait", "second", calls[1].signal)];
  await expect.poll(() => begun).toEqual(["first"]);
  calls[1].abort();
  calls[0].abort();
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(begun).toEqual(["first"]);
  expect(errors).toEqual([]);
  await expect(ask("sum", [1], AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
});

test("the end of the other thread, or of its work, ends all waiting", async () => {
  const { ask, end } = connect({ wait: () => new Promise(() => {}) });
  const asked = [ask("wait", "a", never), ask("wait", "b", never)];
  end(new Error("the engine's thread ended"));
  for (const each of asked) await expect(each).rejects.toThrow("thread ended");
  await expect(ask("sum", [1], never)).rejects.toThrow("thread ended");
  const other = connect({
    wait: (_, signal) => new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const open = other.ask("wait", "a", never).catch((error: Error) => error.message);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await other.stop();
  expect(await open).toContain("could not answer");
});

test("an answered question leaves nothing behind", async () => {
  const { ask, sent } = connect();
  const call = new AbortController();
  for (let count = 0; count < 100; count += 1) await ask("sum", [count], call.signal);
  call.abort();
  // A listener that had stayed would have sent a word for its question.
  expect(sent.filter((message) => "forget" in message)).toEqual([]);
});
