/** A growing set of whole numbers, one bit each: a million people are 125 KB. */
export class Seen {
  #bits = new Uint8Array(1024);
  #size = 0;

  /** How many different numbers were added. */
  get size(): number {
    return this.#size;
  }

  add(number: number): void {
    const index = number >>> 3;
    if (index >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(index + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const bit = 1 << (number & 7);
    const byte = this.#bits[index] ?? 0;
    if ((byte & bit) === 0) this.#size += 1;
    this.#bits[index] = byte | bit;
  }

  addAll(other: Seen): void {
    for (let index = 0; index < other.#bits.length; index += 1) {
      const byte = other.#bits[index] ?? 0;
      for (let bit = 0; byte >> bit !== 0; bit += 1) if ((byte >> bit) & 1) this.add(index * 8 + bit);
    }
  }

  has(number: number): boolean {
    return ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }
}
