/** Ready answers, kept up to a number of bytes; the one unused for longest goes first. */
export class TextCache {
  readonly #entries = new Map<string, { readonly stamp: string; readonly body: Buffer }>();
  readonly #budget: number;
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  /** The kept answer, if it was made under this stamp; else what `make` gives, which is kept. */
  get(key: string, stamp: string, make: () => string): Buffer {
    const held = this.#entries.get(key);
    if (held) {
      this.#entries.delete(key);
      this.#bytes -= held.body.length;
      if (held.stamp === stamp) return this.#keep(key, stamp, held.body);
    }
    return this.#keep(key, stamp, Buffer.from(make()));
  }

  #keep(key: string, stamp: string, body: Buffer): Buffer {
    this.#entries.set(key, { stamp, body });
    this.#bytes += body.length;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#budget) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.body.length;
    }
    return body;
  }
}
