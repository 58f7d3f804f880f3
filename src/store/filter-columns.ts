import { type RawBuilder, sql } from "kysely";
import type { AttributeMatch } from "../scim/catalog.ts";

/** A column that holds what an attribute holds, folded where the attribute is not caseExact. */
export interface AttributeColumn {
  readonly value: RawBuilder<unknown>;
  readonly isText: boolean;
  /** Whether each resource has a value. */
  readonly isAlwaysThere: boolean;
}

/** The column of the table `resource` behind an attribute, for those that have one. */
export function columnOf({ extension, attribute, sub }: AttributeMatch): AttributeColumn | null {
  if (extension !== null) return null;
  return columns.get(sub === null ? attribute.name : `${attribute.name}.${sub.name}`) ?? null;
}

/** The rows that stand for the elements of a multi-valued attribute, instead of JSON. */
export interface EdgeRows {
  /** Whether one row fulfils the condition. `otherEnd` narrows what counts ("and …"), here and below. */
  some(condition: RawBuilder<boolean>, otherEnd?: RawBuilder<unknown>): RawBuilder<boolean>;
  /** What a row holds for a sub-attribute: text, folded, or null. */
  value(sub: string | undefined): RawBuilder<string | null>;
  /** The same of the first row, in order of the other end's id. */
  first(sub: string | undefined, otherEnd?: RawBuilder<unknown>): RawBuilder<string | null>;
}

/** `members` and `groups` lie in the table `member`; those who have gone are no longer in any group. */
export function edgesOf(attribute: string): EdgeRows | null {
  return edges.get(attribute) ?? null;
}

const columns: ReadonlyMap<string, AttributeColumn> = new Map([
  ["id", { value: sql`resource.id`, isText: true, isAlwaysThere: true }],
  ["externalId", { value: sql`resource.external_id`, isText: true, isAlwaysThere: false }],
  ["userName", { value: sql`resource.user_name_folded`, isText: true, isAlwaysThere: false }],
  ["displayName", { value: sql`resource.display_name_folded`, isText: true, isAlwaysThere: false }],
  ["active", { value: sql`resource.active`, isText: false, isAlwaysThere: true }],
  ["meta", { value: sql`resource.created_at`, isText: false, isAlwaysThere: true }],
  ["meta.resourceType", { value: sql`resource.type`, isText: true, isAlwaysThere: true }],
  ["meta.created", { value: sql`resource.created_at`, isText: false, isAlwaysThere: true }],
  ["meta.lastModified", { value: sql`resource.last_modified_at`, isText: false, isAlwaysThere: true }],
]);

const edges: ReadonlyMap<string, EdgeRows> = new Map([
  [
    "members",
    edgeRows(sql`m.group_id = resource.id`, sql`m.member_id`, {
      value: sql`m.member_id`,
      type: sql`lower(m.member_type)`,
      display: sql`other.display_name_folded`,
    }),
  ],
  [
    "groups",
    edgeRows(sql`m.member_id = resource.id`, sql`m.group_id`, {
      value: sql`m.group_id`,
      // Only groups that list the user himself are shown (RFC 7643 §4.1.2: direct).
      type: sql`'direct'`,
      display: sql`other.display_name_folded`,
    }),
  ],
]);

function edgeRows(
  isOurs: RawBuilder<unknown>,
  otherId: RawBuilder<unknown>,
  values: Readonly<Record<"value" | "type" | "display", RawBuilder<string | null>>>,
): EdgeRows {
  const there = (otherEnd: RawBuilder<unknown> = sql``) => sql`from member as m
      join resource as other on other.id = ${otherId} where ${isOurs} and other.deleted_at is null ${otherEnd}`;
  const value = (sub: string | undefined) => (sub === "type" || sub === "display" ? values[sub] : values.value);
  return {
    some: (condition, otherEnd) => sql`exists (select 1 ${there(otherEnd)} and ${condition})`,
    value,
    first: (sub, otherEnd) => sql`(select ${value(sub)} ${there(otherEnd)} order by ${otherId} limit 1)`,
  };
}
