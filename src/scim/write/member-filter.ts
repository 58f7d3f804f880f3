import type { ElementFilter } from "../resolve-filter.ts";
import { ScimError } from "../scim-error.ts";

/**
 * The ids that `members[…]` chooses: `value eq "…"`, joined by `and` and `or` (RFC 7644 §3.5.2.2). Anything else could
 * only be answered by reading all members of the group, of which there may be 200,000.
 *
 * @throws {ScimError} 400 invalidFilter
 */
export function chosenIds(filter: ElementFilter): ReadonlySet<string> {
  switch (filter.kind) {
    case "compare":
      if (filter.at?.name !== "value" || filter.operator !== "eq" || typeof filter.value !== "string") break;
      return new Set([filter.value]);
    case "or":
      return new Set(filter.filters.flatMap((part) => [...chosenIds(part)]));
    case "and": {
      const [first = new Set<string>(), ...others] = filter.filters.map(chosenIds);
      return new Set([...first].filter((id) => others.every((ids) => ids.has(id))));
    }
  }
  throw new ScimError(400, "invalidFilter", 'members[…] chooses by value eq "…" only');
}
