import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read } from "./client.ts";

// User groups: across departments and sources, listed or found by a filter.

export const groupsQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ["user-groups", "list", q],
    queryFn: ({ pageParam }) => {
      const query = { limit: 100, ...(q === "" ? {} : { q }), ...(pageParam === null ? {} : { cursor: pageParam }) };
      return read(api.groups["user-groups"].$get({ query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const groupQuery = (id: string) =>
  queryOptions({
    queryKey: ["user-group", id],
    queryFn: () => read(api.groups["user-groups"][":id"].$get({ param: { id } })),
  });

export const membersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["user-group", id, "members"],
    queryFn: ({ pageParam }) => {
      const query = { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return read(api.groups["user-groups"][":id"].members.$get({ param: { id }, query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Whom a filter finds now; refused in words where it is none. */
export const filterPreviewQuery = (memberFilter: string) =>
  queryOptions({
    queryKey: ["user-groups", "preview", memberFilter],
    queryFn: () => read(api.groups["user-groups"].preview.$post({ json: { memberFilter } })),
    retry: false,
  });
