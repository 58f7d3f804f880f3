import { numericHash } from "../lib/hash.ts";

const fewest = 1024;

/**
 * Names that a plan has given away, each with whose it is. A million of them are 32 MB outside of the heap: kept are hashes
 * of 52 bits. Should two be alike, which of a million names is one chance in ten thousand, somebody gets the next name that his
 * rule offers.
 */
export class ClaimedNames {
  /** Open addressing: a name's place, or the next free one. 0: free. */
  #names = new Float64Array(fewest);
  #owners = new Float64Array(fewest);
  #size = 0;

  /** Whether somebody else has it. */
  isTaken(name: string, byOther: string): boolean {
    const hash = numericHash(name);
    const at = this.#placeOf(hash);
    return this.#names[at] === hash && this.#owners[at] !== numericHash(byOther);
  }

  claim(name: string, owner: string): void {
    if (this.#size * 2 >= this.#names.length) this.#grow();
    this.#put(numericHash(name), numericHash(owner));
  }

  #put(name: number, owner: number): void {
    const at = this.#placeOf(name);
    if (this.#names[at] !== name) this.#size += 1;
    this.#names[at] = name;
    this.#owners[at] = owner;
  }

  #placeOf(name: number): number {
    const { length } = this.#names;
    let at = name % length;
    while (this.#names[at] !== 0 && this.#names[at] !== name) at = (at + 1) % length;
    return at;
  }

  #grow(): void {
    const [names, owners] = [this.#names, this.#owners];
    this.#names = new Float64Array(names.length * 2);
    this.#owners = new Float64Array(names.length * 2);
    this.#size = 0;
    for (const [index, name] of names.entries()) if (name !== 0) this.#put(name, owners[index] ?? 0);
  }
}
