export interface GateOptions {
  /** Turns away who waits. */
  readonly signal: AbortSignal;
  /** Most requests at once. */
  readonly most: number;
  /** One at a time, until {@link Gate.letGo}. */
  readonly oneByOne?: boolean;
}

/** With so many at once a push begins. */
const first = 4;

/**
 * Lets so many requests go to a target at once, whichever steps of a push they belong to: few at first, more with each that
 * is answered, half as many when the target is overloaded. A counting gate; who waits is let in by turn.
 */
export class Gate {
  readonly #most: number;
  #limit: number;
  #isOneByOne: boolean;
  /** Answers since the limit last changed. */
  #answers = 0;
  /** It was overloaded before: from there on the limit is felt for, not run up to. */
  #isWary = false;
  #inside = 0;
  readonly #signal: AbortSignal;
  readonly #waiting: Waiting[] = [];

  constructor({ signal, most, oneByOne = false }: GateOptions) {
    this.#signal = signal;
    this.#most = Math.max(1, most);
    this.#isOneByOne = oneByOne;
    this.#limit = oneByOne ? 1 : Math.min(first, this.#most);
  }

  /** How many may be on their way now. */
  get limit(): number {
    return this.#limit;
  }

  /** Returns once there is room; each call needs a {@link leave}. Rejects with the signal's reason. */
  async enter(): Promise<void> {
    if (this.#inside < this.#limit) {
      this.#inside += 1;
      return;
    }
    this.#signal.throwIfAborted();
    await new Promise<void>((letIn, turnAway) => {
      // One ear for all who wait, who can be many.
      if (this.#waiting.length === 0) this.#signal.addEventListener("abort", this.#turnAllAway, { once: true });
      this.#waiting.push({ letIn, turnAway });
    });
  }

  leave(): void {
    this.#inside -= 1;
    this.#letIn();
  }

  /** The target took a request: after two of them one more may go at once, after many where it was overloaded before. */
  widen(): void {
    if (this.#isOneByOne || this.#limit >= this.#most) return;
    this.#answers += 1;
    if (this.#answers < (this.#isWary ? 4 * this.#limit : 2)) return;
    this.#answers = 0;
    this.#limit += 1;
    this.#letIn();
  }

  /** From here on several may go at once. */
  letGo(): void {
    if (!this.#isOneByOne) return;
    this.#isOneByOne = false;
    this.#limit = Math.min(first, this.#most);
    this.#letIn();
  }

  /** The target is overloaded. */
  halve(): void {
    this.#isWary = true;
    this.#answers = 0;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }

  #letIn(): void {
    while (this.#inside < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (this.#waiting.length === 0) this.#signal.removeEventListener("abort", this.#turnAllAway);
      this.#inside += 1;
      next.letIn();
    }
  }

  readonly #turnAllAway = (): void => {
    for (const { turnAway } of this.#waiting.splice(0)) turnAway(this.#signal.reason as Error);
  };
}

interface Waiting {
  readonly letIn: () => void;
  readonly turnAway: (reason: Error) => void;
}
