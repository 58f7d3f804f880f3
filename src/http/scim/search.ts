import type { SchemaCatalog } from "../../scim/catalog.ts";
import { listResponseText } from "../../scim/messages.ts";
import { makeProjection, type Projection } from "../../scim/project.ts";
import { resolveFilterAmong } from "../../scim/resolve-filter.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { DirectoryReader, ResourceQuery } from "../../store/store.ts";
import type { SearchQuery } from "./query.ts";
import { resourceTexts } from "./resource-text.ts";

/**
 * A ListResponse over one type, or over several one after the other (RFC 7644 §3.4.2.1).
 *
 * @throws {ScimError} 400 for a filter or attributes that the schemas do not have
 */
export async function search(
  query: SearchQuery,
  types: readonly ResourceType[],
  sources: ResourceQuery["sources"],
  { directory, catalog, base }: { directory: DirectoryReader; catalog: SchemaCatalog; base: string },
): Promise<string> {
  const plans = types.map((type) => ({ type, ...resolveQuery(query, type, types, catalog) }));
  const texts: string[] = [];
  let total = 0;
  for (const { type, filter, projection } of plans) {
    // The list of this type begins where the ones before it end.
    const startIndex = Math.max(1, query.startIndex - total);
    const count = query.count - texts.length;
    const found = await directory.queryResources({ type, sources, filter, startIndex, count });
    texts.push(...(await resourceTexts(found.rows, type, projection, directory, base)));
    total += found.total;
  }
  return listResponseText(total, query.startIndex, texts);
}

function resolveQuery(
  query: SearchQuery,
  type: ResourceType,
  types: readonly ResourceType[],
  catalog: SchemaCatalog,
): { readonly filter: ResourceQuery["filter"]; readonly projection: Projection } {
  return {
    filter: query.filter && resolveFilterAmong(query.filter, type, types, catalog),
    projection: makeProjection(type, catalog, query),
  };
}
