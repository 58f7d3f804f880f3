import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read, readAs } from "./client.ts";
import type { Page, Person, PersonBrief, SyncRecord, Unit } from "./views.ts";

// People and departments, as the bridge's own directory has them.

const slow = 15_000;

/** What people are looked for by. */
export interface PeopleFilter {
  readonly source?: string;
  readonly group?: string;
  readonly q?: string;
  readonly active?: "true" | "false";
}

type PeoplePage = Page<PersonBrief> & { readonly total: number };

export const peopleQuery = (filter: PeopleFilter) =>
  infiniteQueryOptions({
    queryKey: ["people", filter],
    queryFn: ({ pageParam }) => {
      const query = { limit: 100, ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return readAs<PeoplePage>(api.people.people.$get({ query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: ["people", "one", id],
    queryFn: () => readAs<Person>(api.people.people[":id"].$get({ param: { id } })),
    refetchInterval: slow,
  });

const unitsAtOnce = 500;

/** All departments directly below one, or the topmost ones (null). */
export const unitsQuery = (source: string, parent: string | null) =>
  queryOptions({
    queryKey: ["organisation", source, parent],
    queryFn: async () => {
      const units: Unit[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const query: Record<string, string | number> = { limit: unitsAtOnce };
        if (parent !== null) query["parent"] = parent;
        if (cursor !== "") query["cursor"] = cursor;
        const page: Page<Unit> = await read(
          api.organisation.sources[":id"].organisation.$get({ param: { id: source }, query }),
        );
        units.push(...page.items);
        cursor = page.nextCursor;
      }
      return units;
    },
    staleTime: 60_000,
  });

export const unitSearchQuery = (source: string, q: string) =>
  queryOptions({
    queryKey: ["organisation", source, "search", q],
    queryFn: () =>
      read(
        api.organisation.sources[":id"].organisation.$get({ param: { id: source }, query: { q, limit: unitsAtOnce } }),
      ),
  });

/** What syncs and pushes did to one person or group, newest first. */
export const recordsAboutQuery = (resourceId: string) =>
  infiniteQueryOptions({
    queryKey: ["people", "records", resourceId],
    queryFn: ({ pageParam }) => {
      const query = { resourceId, limit: 25, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return readAs<{ readonly records: readonly SyncRecord[]; readonly nextCursor: string | null }>(
        api.records.records.$get({ query }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
