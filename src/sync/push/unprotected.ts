/** About 10 MB. */
const mostRemembered = 50_000;

/**
 * What a push has looked at, and found that it may be changed: it is not asked of the target a second time. Bounded, so that
 * memory does not grow with what is pending: whatever finds no place is looked at once more before it is sent.
 */
export class Unprotected {
  readonly #most: number;
  readonly #versions = new Map<string, number>();

  constructor(most = mostRemembered) {
    this.#most = most;
  }

  /** @param what the action and the id: what may be updated need not be one that may be deleted */
  has(what: string, version: number): boolean {
    return this.#versions.get(what) === version;
  }

  add(what: string, version: number): void {
    if (this.#versions.size < this.#most || this.#versions.has(what)) this.#versions.set(what, version);
  }
}
