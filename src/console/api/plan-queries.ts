import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, readAs } from "./client.ts";
import type { Page, PlannedRequest } from "./views.ts";

/** The requests that a plan would send, in their order. */
export const plannedRequestsQuery = (task: string) =>
  infiniteQueryOptions({
    queryKey: ["tasks", task, "requests"],
    queryFn: ({ pageParam }) => {
      const query = { limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return readAs<Page<PlannedRequest>>(api.plans["sync-tasks"][":id"].requests.$get({ param: { id: task }, query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
