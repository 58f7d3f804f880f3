import type { AttributeMatch } from "../scim/catalog.ts";
import type { ResolvedFilter } from "../scim/resolve-filter.ts";
import type { ResourceType } from "../scim/resource.ts";

/** Ids of the sources whose resources somebody sees; user groups are seen by who has {@link userGroups} among them. */
export type VisibleSources = "all" | readonly string[];

/** In place of a source's id: the directory of user groups, which is always there and has members of any source. */
export const userGroups = "user-groups";

/** A resource as it lies in the directory. */
export interface ResourceRow {
  readonly id: string;
  readonly type: ResourceType;
  readonly sourceId: string;
  readonly version: number;
  /** Of a group: grows with each change of its members. */
  readonly membersVersion: number;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
  /** JSON text of the document: `schemas` first, no `id`, no `meta`, no `members`, no `groups`. */
  readonly document: string;
}

/** The resources of one type that fulfil a filter. */
export interface ResourceQuery {
  readonly type: ResourceType;
  /** What the caller may see. */
  readonly sources: VisibleSources;
  readonly filter: ResolvedFilter | null;
  /** 1 or more. */
  readonly startIndex: number;
  /** 0 or more. */
  readonly count: number;
}

/** One type in a list. */
export interface ListPart {
  readonly type: ResourceType;
  readonly filter: ResolvedFilter | null;
  /** What it is sorted by; null where it has no such attribute. Not looked at in a list that is not sorted. */
  readonly sortBy: AttributeMatch | null;
}

/**
 * A list of resources, of one type or of several. Without a sort it is in order of their ids, which are made in the
 * order of time, one type after the other; sorted, types are mixed and equal ones are in order of their ids.
 */
export interface ListQuery {
  /** What the caller may see. */
  readonly sources: VisibleSources;
  readonly parts: readonly ListPart[];
  /** Descending is exactly the other way round, with those that have no value first. */
  readonly sort: "ascending" | "descending" | null;
  /** Id of a group: only people who are in it, or in one of the groups in it, however deep. */
  readonly within?: string;
  /** 0 or more. */
  readonly count: number;
  /** A position from 1, or a place that an earlier page ended at; null: the beginning. */
  readonly from: { readonly startIndex: number } | { readonly after: ListPlace | null };
}

/** A place in a list, at which a resource stands or stood: it stays when others come, change or go. */
export interface ListPlace {
  readonly run: number;
  /** What it is sorted by. */
  readonly key: string | number | null;
  readonly id: string;
}

export interface ListPage {
  readonly total: number;
  readonly rows: readonly ResourceRow[];
  /** Where the next page begins; null on the last one, and where nothing was asked for. */
  readonly next: ListPlace | null;
}

export interface MemberView {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberType: ResourceType;
  readonly display: string | null;
}

/** What the SCIM endpoint reads. Resources that were deleted are not there. */
export interface DirectoryReader {
  listResources(query: ListQuery): Promise<ListPage>;
  /** A list of one type by position. */
  queryResources(query: ResourceQuery): Promise<ListPage>;
  readResource(type: ResourceType, id: string, sources: VisibleSources): Promise<ResourceRow | null>;
  /** Members of each of these groups, in order of their ids. */
  membersOf(groupIds: readonly string[], sources: VisibleSources): Promise<readonly MemberView[]>;
  /** The groups that hold each of these resources directly; `display` is the group's name. */
  groupsOf(memberIds: readonly string[], sources: VisibleSources): Promise<readonly MemberView[]>;
}
