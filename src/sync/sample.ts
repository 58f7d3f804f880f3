/** Some of many, spread evenly over all that came: at least `size` of them where there are as many, fewer than twice that. */
export class Sample<T> {
  readonly #size: number;
  #items: T[] = [];
  #stride = 1;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  add(item: T): void {
    if (this.#count % this.#stride === 0) this.#items.push(item);
    this.#count += 1;
    if (this.#items.length < 2 * this.#size) return;
    this.#items = this.#items.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}
