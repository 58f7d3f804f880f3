/** Key → ids. Most keys have one id, which then costs no set. */
export class LookupIndex {
  readonly #ids = new Map<string, string | Set<string>>();

  get(key: string): readonly string[] {
    const found = this.#ids.get(key);
    return found === undefined ? [] : typeof found === "string" ? [found] : [...found];
  }

  add(key: string, id: string): void {
    const found = this.#ids.get(key);
    if (found === undefined) this.#ids.set(key, id);
    else if (typeof found === "string") this.#ids.set(key, new Set([found, id]));
    else found.add(id);
  }

  delete(key: string, id: string): void {
    const found = this.#ids.get(key);
    if (found === id) this.#ids.delete(key);
    else if (typeof found === "object" && found.delete(id) && found.size === 0) this.#ids.delete(key);
  }

  clear(): void {
    this.#ids.clear();
  }
}
