import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problem.ts";
import { sessionQuery, tookSession } from "./queries.ts";
import type { Session } from "./views.ts";

/**
 * Somebody has signed in, or out (null): what the one before was shown is forgotten. The session itself stays in the cache,
 * because what looks at it would not hear of another one in its place.
 */
export function changeSession(session: Session | null): void {
  tookSession(session);
  queryClient.setQueryData(sessionQuery.queryKey, session);
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
}

/** What was read from the API. A session that has ended shows the sign-in, wherever that is noticed. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiProblem && error.status === 401) queryClient.setQueryData(sessionQuery.queryKey, null);
    },
  }),
  defaultOptions: {
    queries: {
      // What the bridge says of a request is the same the next time; a network that is away may come back.
      retry: (failures, error) => !(error instanceof ApiProblem && error.status < 500) && failures < 2,
      staleTime: 2_000,
      refetchOnWindowFocus: true,
    },
  },
});
