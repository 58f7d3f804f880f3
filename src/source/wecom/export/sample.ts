import { isJsonObject, type Json, member } from "../../../lib/json.ts";
import type { SourceUser } from "../../source.ts";

/**
 * Some people as user/list shows them, to compare an export with: it is not documented that it shows the same fields, and
 * some have met exports that show less. What an export does not show would look like a field that everybody has cleared.
 */
export class Sample {
  /** The fields that user/list has a value of, by person. */
  readonly #expected = new Map<string, ReadonlySet<string>>();
  /** How many of the people who are in both have a value of a field in user/list, and how many of those not in the export. */
  readonly #counts = new Map<string, { valued: number; hidden: number }>();
  readonly #met = new Set<string>();

  get size(): number {
    return this.#expected.size;
  }

  /** A person as user/list shows him. */
  add(user: SourceUser): void {
    this.#expected.set(user.key, new Set(valued(user)));
  }

  /** A person as the export shows him. */
  compare(user: SourceUser): void {
    const expected = this.#expected.get(user.key);
    if (expected === undefined || this.#met.has(user.key)) return;
    this.#met.add(user.key);
    const shown = new Set(valued(user));
    for (const field of expected) {
      const counts = this.#counts.get(field) ?? { valued: 0, hidden: 0 };
      this.#counts.set(field, counts);
      counts.valued += 1;
      if (!shown.has(field)) counts.hidden += 1;
    }
  }

  /** Why the export is of no use; null where it shows what user/list shows. */
  get objection(): string | null {
    if (this.size === 0) return "nobody was found to compare an export with";
    // Somebody may have left between the two, or have cleared a field.
    const missing = this.size - this.#met.size;
    if (missing > toleratedOf(this.size)) {
      return `of ${this.size} people whom user/list shows, ${missing} are not in the export`;
    }
    const hidden = [...this.#counts]
      .filter(([, counts]) => counts.hidden === counts.valued || counts.hidden > toleratedOf(counts.valued))
      .map(([field]) => field)
      .sort();
    return hidden.length === 0 ? null : `the export does not show what user/list shows: ${hidden.join(", ")}`;
  }
}

function toleratedOf(count: number): number {
  return Math.max(1, Math.floor(count / 50));
}

function valued({ raw }: SourceUser): readonly string[] {
  return Object.keys(raw).filter((field) => hasValue(member(raw, field)));
}

/** `{"attrs":[]}` says as little as nothing: what a custom field is worth, its entries say. */
function hasValue(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (Array.isArray(value)) return value.some(hasValue);
  return !isJsonObject(value) || Object.values(value).some(hasValue);
}
