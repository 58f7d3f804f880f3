import type { Json } from "../../lib/json.ts";
import type { Edit } from "../patch-operation.ts";
import type { ElementFilter } from "../resolve-filter.ts";
import { ScimError } from "../scim-error.ts";
import { writeLimits } from "./limits.ts";

/** Counts what a PATCH costs, before it is spent: an operation on many elements, by a long filter, costs both. */
export class Work {
  #spent = 0;

  /** @throws {ScimError} 413 for a message that asks for more than is done at once */
  spend(edit: Edit, value: Json | undefined): void {
    const elements = Array.isArray(value) ? value.length : 1;
    this.#spent += elements * (edit.kind === "elements" && edit.filter !== null ? countComparisons(edit.filter) : 1);
    if (this.#spent > writeLimits.comparisons) {
      throw new ScimError(413, null, "The operations compare too many values; send them in several messages");
    }
  }
}

function countComparisons(filter: ElementFilter): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.reduce((count, part) => count + countComparisons(part), 0);
    case "not":
      return countComparisons(filter.filter);
    default:
      return 1;
  }
}
