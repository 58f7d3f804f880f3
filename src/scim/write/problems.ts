import { ScimError, type ScimType } from "../scim-error.ts";

/**
 * What is wrong with a request, found place by place and said at once (RFC 7644 §3.12). An answer has one `scimType`:
 * that of the first problem. Details name attributes and rules, never values.
 */
export class Problems {
  readonly #details: string[] = [];
  #count = 0;
  #scimType: ScimType | null = null;

  /** @param place attribute path in the request, such as `emails[1].value` */
  add(scimType: ScimType, place: string, rule: string): void {
    this.#count += 1;
    this.#scimType ??= scimType;
    if (this.#details.length < shown) this.#details.push(`${shorten(place)} ${rule}`);
  }

  get count(): number {
    return this.#count;
  }

  /** Does a part whose errors become problems too; null where it failed. */
  attempt<T>(place: string, part: () => T): T | null {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof ScimError) || error.scimType === null) throw error;
      this.add(error.scimType, `${place}:`, error.message);
      return null;
    }
  }

  /** @throws {ScimError} 400 that lists the problems, if there are any */
  throwIfAny(): void {
    if (this.#scimType === null) return;
    const more = this.#count > shown ? `; and ${this.#count - shown} more` : "";
    throw new ScimError(400, this.#scimType, `${this.#details.join("; ")}${more}`);
  }
}

const shown = 10;

function shorten(place: string): string {
  return place.length > 160 ? `${place.slice(0, 160)}…` : place;
}
