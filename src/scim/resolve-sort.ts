import { parseAttributePath, printAttributePath } from "./attribute-path.ts";
import { type AttributeMatch, findSubAttribute, type SchemaCatalog } from "./catalog.ts";
import type { ResourceType } from "./resource.ts";
import { ScimError } from "./scim-error.ts";

/**
 * Where `sortBy` (RFC 7644 §3.4.2.3) leads in each type; null in one that lacks the attribute, whose resources then
 * count as having no value. A complex attribute is sorted by its `value`.
 *
 * @throws {ScimError} 400 invalidValue for what is no attribute of any of the types, or none that can be sorted by
 */
export function resolveSort(
  text: string,
  types: readonly ResourceType[],
  catalog: SchemaCatalog,
): ReadonlyMap<ResourceType, AttributeMatch | null> {
  const path = parseAttributePath(text);
  if (path === null) throw new ScimError(400, "invalidValue", "sortBy: this is no attribute path");
  const found = types.map((type) => [type, catalog.findAttribute(type, path)] as const);
  const refuse = (reason: string) =>
    new ScimError(400, "invalidValue", `sortBy: ${printAttributePath(path)} is ${reason}`);
  if (found.every(([, at]) => at === null)) throw refuse(`no attribute of a ${types.join(" or ")}`);
  return new Map(
    found.map(([type, at]) => {
      const sortable = at === null ? null : toSortable(at);
      if (at !== null && sortable === null) throw refuse("not one that can be sorted by");
      return [type, sortable];
    }),
  );
}

/** Made for each answer, and stored nowhere. */
const notSortable: ReadonlySet<string> = new Set(["meta.location", "meta.version", "members.$ref", "groups.$ref"]);

function toSortable(at: AttributeMatch): AttributeMatch | null {
  const { attribute } = at;
  const sub = at.sub ?? (attribute.type === "complex" ? findSubAttribute(attribute, "value") : null);
  if (attribute.type === "complex" && sub === null) return null;
  // The order would give away what is never shown.
  if (attribute.returned === "never" || sub?.returned === "never") return null;
  return notSortable.has(`${attribute.name}.${sub?.name ?? ""}`) ? null : { ...at, sub };
}
