import type { AttributeMatch } from "../scim/catalog.ts";
import { elementPlace, type FilterDialect, type Sql, singlePlace, valueAt } from "./filter.ts";
import { columnOf, edgesOf } from "./filter-columns.ts";
import type { ListDialect } from "./list-dialect.ts";

/** What resources are sorted by: text by code point, folded unless the attribute is caseExact; numbers; null for none. */
export interface SortKey {
  readonly value: Sql;
  /** Whether there may be resources without a value. */
  readonly isNullable: boolean;
}

/** The key of an attribute. Of several values it is the primary one's, else the first's (RFC 7644 §3.4.2.3). */
export function sortKeyOf(at: AttributeMatch, filter: FilterDialect, list: ListDialect): SortKey {
  const column = columnOf(at);
  if (column) return { value: column.value, isNullable: !column.isAlwaysThere };
  const definition = at.sub ?? at.attribute;
  const isText = !["boolean", "integer", "decimal", "dateTime"].includes(definition.type);
  const value = at.attribute.multiValued ? firstOf(at, filter) : valueAt(singlePlace(at), definition, filter);
  return { value: isText ? filter.byCodePoint(value) : list.number(value), isNullable: true };
}

function firstOf(at: AttributeMatch, dialect: FilterDialect): Sql {
  const edges = at.extension === null ? edgesOf(at.attribute.name) : null;
  if (edges) return edges.first(at.sub?.name, dialect.otherEnd);
  const primary = at.attribute.subAttributes?.find(({ name, type }) => name === "primary" && type === "boolean");
  const { keys } = elementPlace(at, null);
  const value = valueAt(elementPlace(at, at.sub), at.sub ?? at.attribute, dialect);
  return dialect.firstElement(keys, value, primary ? dialect.boolean(elementPlace(at, primary)) : null);
}
