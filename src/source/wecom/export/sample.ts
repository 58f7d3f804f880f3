import { member } from "../../../lib/json.ts";
import type { SourceUser } from "../../source.ts";

/**
 * Some people as user/list shows them, to compare an export with: it is not documented that it shows the same fields, and
 * some have met exports that show less. What an export does not show would look like a field that everybody has cleared.
 */
export class Sample {
  readonly #fields = new Map<string, ReadonlySet<string>>();
  /** Fields that user/list has a value of, for anybody. */
  readonly #expected = new Set<string>();
  readonly #shown = new Set<string>();
  readonly #met = new Set<string>();

  get size(): number {
    return this.#fields.size;
  }

  /** A person as user/list shows him. */
  add(user: SourceUser): void {
    const fields = new Set(valued(user));
    this.#fields.set(user.key, fields);
    for (const field of fields) this.#expected.add(field);
  }

  /** A person as the export shows him. */
  compare(user: SourceUser): void {
    if (!this.#fields.has(user.key)) return;
    this.#met.add(user.key);
    for (const field of valued(user)) this.#shown.add(field);
  }

  /** Why the export is of no use; null where it shows what user/list shows. */
  get objection(): string | null {
    if (this.size === 0) return "nobody was found to compare an export with";
    const missing = this.size - this.#met.size;
    // Somebody may have left between the two.
    if (missing > Math.max(1, this.size / 50)) {
      return `of ${this.size} people whom user/list shows, ${missing} are not in the export`;
    }
    const hidden = [...this.#expected].filter((field) => !this.#shown.has(field)).sort();
    return hidden.length === 0 ? null : `the export does not show what user/list shows: ${hidden.join(", ")}`;
  }
}

function valued({ raw }: SourceUser): readonly string[] {
  return Object.keys(raw).filter((field) => {
    const value = member(raw, field);
    const isEmpty =
      value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
    return !isEmpty;
  });
}
