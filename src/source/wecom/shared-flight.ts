/**
 * One piece of work that several wait for: the first to ask starts it, the others join. Who goes away leaves the others
 * undisturbed; when nobody is left, the work is aborted.
 */
export class SharedFlight<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #flight: { readonly result: Promise<T>; readonly controller: AbortController; waiting: number } | null = null;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  async join(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#flight ?? this.#start();
    flight.waiting += 1;
    try {
      return await unlessAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flight.controller.abort();
        if (this.#flight === flight) this.#flight = null;
      }
    }
  }

  #start() {
    const controller = new AbortController();
    const result = this.#work(controller.signal);
    // Everybody may have gone when it fails.
    result.catch(() => undefined);
    const flight = { result, controller, waiting: 0 };
    this.#flight = flight;
    const landed = (): void => {
      if (this.#flight === flight) this.#flight = null;
    };
    result.then(landed, landed);
    return flight;
  }
}

function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
