import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read } from "./client.ts";

// Who may do what here, and what was done.

export const clientsQuery = queryOptions({
  queryKey: ["scim-clients"],
  queryFn: () => read(api.clients["scim-clients"].$get({ query: { limit: 500 } })),
});

export const administratorsQuery = queryOptions({
  queryKey: ["administrators"],
  queryFn: () => read(api.administrators.administrators.$get({ query: { limit: 500 } })),
});

/** What the audit log is looked through by. */
export interface AuditFilter {
  readonly administrator?: string;
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => {
      const query = { limit: 100, ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return read(api.audit.audit.$get({ query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
