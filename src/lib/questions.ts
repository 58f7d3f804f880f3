// Questions from one thread to another, over messages. What is sent is copied: plain data only.

/** For each kind of question what it says and what is answered. */
export interface Questions {
  readonly [kind: string]: { readonly question: unknown; readonly answer: unknown };
}

/** What goes to the thread that answers. */
export type QuestionMessage =
  | { readonly ask: number; readonly kind: string; readonly question: unknown }
  /** Nobody waits for this answer any more. */
  | { readonly forget: number };

/** What comes back. Of an error only the name: the thread that answers has logged it. */
export type AnswerMessage =
  | { readonly answered: number; readonly answer: unknown }
  | { readonly answered: number; readonly error: string };

/** Asks, and waits for the answer. With the signal the other thread stops working on it, and this rejects. */
export type Ask<Q extends Questions> = <Kind extends keyof Q & string>(
  kind: Kind,
  question: Q[Kind]["question"],
  signal: AbortSignal,
) => Promise<Q[Kind]["answer"]>;

/** The side that asks. */
export interface Asker<Q extends Questions> {
  readonly ask: Ask<Q>;
  /** To be given every answer. */
  receive(message: AnswerMessage): void;
  /** The other thread is gone: whoever waits, and whoever asks from now on, gets this error. */
  end(error: Error): void;
}

/** @param send brings a message to the thread that answers */
export function makeAsker<Q extends Questions>(send: (message: QuestionMessage) => void): Asker<Q> {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let last = 0;
  let ended: Error | null = null;
  return {
    async ask(kind, question, signal) {
      signal.throwIfAborted();
      if (ended !== null) throw ended;
      last += 1;
      const id = last;
      const forget = (): void => send({ forget: id });
      const answered = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      signal.addEventListener("abort", forget, { once: true });
      try {
        send({ ask: id, kind, question });
        return await answered;
      } finally {
        waiting.delete(id);
        signal.removeEventListener("abort", forget);
      }
    },
    receive(message) {
      const asked = waiting.get(message.answered);
      if ("answer" in message) asked?.resolve(message.answer);
      else asked?.reject(new Error(`the other thread could not answer (${message.error}); the log says more`));
    },
    end(error) {
      ended = error;
      for (const { reject } of waiting.values()) reject(error);
    },
  };
}

/** How each kind of question is answered. */
export type Answers<Q extends Questions> = {
  readonly [Kind in keyof Q]: (question: Q[Kind]["question"], signal: AbortSignal) => Promise<Q[Kind]["answer"]>;
};

/** The side that answers. */
export interface Answerer {
  /** To be given every question. */
  receive(message: QuestionMessage): void;
  /** Stops working on all of them; resolves when nothing is worked on any more. */
  stop(): Promise<void>;
}

/** Answers questions one after another, kind by kind: what one takes of memory, many at once do not multiply. */
export function makeAnswerer<Q extends Questions>(
  answers: Answers<Q>,
  parts: {
    /** Brings a message to the thread that asks. */
    readonly send: (message: AnswerMessage) => void;
    /** Hears of every question that could not be answered, but not of those that were called off. */
    readonly onError: (kind: string, error: unknown) => void;
  },
): Answerer {
  const open = new Map<number, AbortController>();
  const turns = new Map<string, Promise<void>>();

  const answer = async (id: number, kind: keyof Q & string, question: unknown, signal: AbortSignal): Promise<void> => {
    try {
      signal.throwIfAborted();
      parts.send({ answered: id, answer: await answers[kind](question, signal) });
    } catch (error) {
      if (!signal.aborted) parts.onError(kind, error);
      parts.send({ answered: id, error: error instanceof Error ? error.name : "unknown" });
    } finally {
      open.delete(id);
    }
  };

  return {
    receive(message) {
      if ("forget" in message) {
        open.get(message.forget)?.abort(new Error("nobody waits for it any more"));
        return;
      }
      const { ask: id, kind, question } = message;
      const asking = new AbortController();
      open.set(id, asking);
      const turn = turns.get(kind) ?? Promise.resolve();
      turns.set(
        kind,
        turn.then(() => answer(id, kind, question, asking.signal)),
      );
    },
    async stop() {
      for (const asking of open.values()) asking.abort(new Error("the program is stopping"));
      await Promise.all(turns.values());
    },
  };
}
