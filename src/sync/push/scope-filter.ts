import type { SchemaCatalog } from "../../scim/catalog.ts";
import { parseFilter } from "../../scim/parse-filter.ts";
import { type ResolvedFilter, resolveFilter } from "../../scim/resolve-filter.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { TargetSettings } from "../../store/store.ts";

/** Which users and groups go to a target; null is all of them. */
export type ScopeFilters = Readonly<Record<ResourceType, ResolvedFilter | null>>;

/** The filters of a target's scope, against the schemas in force. @throws {ScimError} for what is no valid filter */
export function scopeFilters({ scope }: Pick<TargetSettings, "scope">, catalog: SchemaCatalog): ScopeFilters {
  const filterOf = (text: string | undefined, type: ResourceType): ResolvedFilter | null =>
    text === undefined ? null : resolveFilter(parseFilter(text), type, catalog);
  return { User: filterOf(scope.users, "User"), Group: filterOf(scope.groups, "Group") };
}
