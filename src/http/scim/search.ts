import type { SchemaCatalog } from "../../scim/catalog.ts";
import { listResponseText, type PagePosition } from "../../scim/messages.ts";
import { makeProjection, type Projection } from "../../scim/project.ts";
import { resolveFilterAmong } from "../../scim/resolve-filter.ts";
import { resolveSort } from "../../scim/resolve-sort.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type {
  DirectoryReader,
  ListPart,
  ListQuery,
  ResourceRow,
  ScimClientRow,
  VisibleSources,
} from "../../store/store.ts";
import type { CursorScope, Cursors } from "./cursor.ts";
import type { SearchQuery } from "./query.ts";
import { resourceTexts } from "./resource-text.ts";

export interface SearchParts {
  readonly directory: DirectoryReader;
  readonly catalog: SchemaCatalog;
  readonly cursors: Cursors;
  readonly base: string;
}

/**
 * A ListResponse over one type, or over several: one after the other, or mixed where it is sorted (RFC 7644 §3.4.2.1).
 *
 * @throws {ScimError} 400 for a filter, a sort or attributes that the schemas do not have, and for a cursor that is no
 * place in this list
 */
export async function search(
  query: SearchQuery,
  types: readonly ResourceType[],
  client: Pick<ScimClientRow, "id" | "sources">,
  { directory, catalog, cursors, base }: SearchParts,
): Promise<string> {
  const parts = partsOf(query, types, catalog);
  // Looked at before the directory is: a refusal should not depend on what was found.
  const projections = new Map(types.map((type) => [type, makeProjection(type, catalog, query)]));
  const scope = (): CursorScope => scopeOf(query, parts, client);
  const list: ListQuery = {
    sources: client.sources,
    parts,
    sort: query.sortBy === null ? null : query.isDescending ? "descending" : "ascending",
    count: query.count,
    from:
      query.cursor === null
        ? { startIndex: query.startIndex }
        : { after: query.cursor === "" ? null : cursors.open(query.cursor, scope()) },
  };
  const { total, rows, next } = await directory.listResources(list);
  const texts = await textsOf(rows, projections, directory, base, client.sources);
  const position: PagePosition =
    query.cursor === null
      ? { startIndex: query.startIndex }
      : { nextCursor: next === null ? null : cursors.seal(next, scope()) };
  return listResponseText(total, position, texts);
}

function partsOf(query: SearchQuery, types: readonly ResourceType[], catalog: SchemaCatalog): readonly ListPart[] {
  const sort = query.sortBy === null ? null : resolveSort(query.sortBy, types, catalog);
  return types.map((type) => ({
    type,
    filter: query.filter && resolveFilterAmong(query.filter, type, types, catalog),
    sortBy: sort?.get(type) ?? null,
  }));
}

// The type of what it is sorted by is in it too: a schema file can change that between two pages.
function scopeOf(query: SearchQuery, parts: readonly ListPart[], client: Pick<ScimClientRow, "id">): CursorScope {
  const order = parts.map(({ type, sortBy }) => [type, sortBy && (sortBy.sub ?? sortBy.attribute).type]);
  const { filterText, sortBy, isDescending, count } = query;
  return { query: [client.id, filterText, sortBy?.toLowerCase() ?? null, isDescending, order], count };
}

/** The resources of a page, in order; each type's memberships are read at once. */
async function textsOf(
  rows: readonly ResourceRow[],
  projections: ReadonlyMap<ResourceType, Projection>,
  directory: DirectoryReader,
  base: string,
  sources: VisibleSources,
): Promise<readonly string[]> {
  const [first, ...others] = [...projections];
  if (first && others.length === 0) return resourceTexts(rows, ...first, directory, base, sources);
  const texts = new Map<string, string>();
  for (const [type, projection] of projections) {
    const ofType = rows.filter((row) => row.type === type);
    const made = await resourceTexts(ofType, type, projection, directory, base, sources);
    for (const [index, row] of ofType.entries()) texts.set(row.id, made[index] ?? "{}");
  }
  return rows.map(({ id }) => texts.get(id) ?? "{}");
}
