import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read } from "./client.ts";
import { ApiProblem } from "./problem.ts";
import type { Authorization, Provider } from "./views.ts";

// Service providers, what corps authorised them to, and what people agreed to.

const slow = 15_000;
/** While somebody looks at a QR code. */
const waiting = 2_000;

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: () => read(api.providers.providers.$get({ query: { limit: 500 } })),
  refetchInterval: slow,
});

export const providerQuery = (id: string) =>
  queryOptions({
    queryKey: ["providers", id],
    queryFn: () => read(api.providers.providers[":id"].$get({ param: { id } })),
    refetchInterval: slow,
  });

/** Newest first. */
export const authorizationsQuery = (provider: string) =>
  infiniteQueryOptions({
    queryKey: ["providers", provider, "authorizations"],
    queryFn: ({ pageParam }) =>
      read(
        api.authorizations.providers[":id"].authorizations.$get({
          param: { id: provider },
          query: { limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: slow,
  });

const readAuthorization = (id: string, authorization: string): Promise<Authorization> =>
  read(
    api.authorizations.providers[":id"].authorizations[":authorization"].$get({
      param: { id, authorization },
    }),
  );

/** One authorisation with its QR code; asked for again while it waits. */
export const authorizationQuery = (provider: string, id: string) =>
  queryOptions({
    queryKey: ["providers", provider, "authorizations", id],
    queryFn: () => readAuthorization(provider, id),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === "waiting" ? waiting : slow),
  });

/** What a source says it is read by, and whose it is; null where it is not known any more. */
export interface Found {
  readonly provider: Provider;
  readonly authorization: Authorization;
}

/** A source names an authorisation alone, not its provider: each is asked. */
export const foundAuthorizationQuery = (id: string) =>
  queryOptions({
    queryKey: ["providers", "of", id],
    queryFn: async (): Promise<Found | null> => {
      const { items } = await read(api.providers.providers.$get({ query: { limit: 500 } }));
      for (const provider of items) {
        const authorization = await readAuthorization(provider.id, id).catch((error: unknown) => {
          if (error instanceof ApiProblem && error.status === 404) return null;
          throw error;
        });
        if (authorization !== null) return { provider, authorization };
      }
      return null;
    },
    refetchInterval: slow,
  });

export const consentQuery = (source: string) =>
  queryOptions({
    queryKey: ["sources", source, "consent"],
    queryFn: () => read(api.consents.sources[":id"].consent.$get({ param: { id: source } })),
    refetchInterval: slow,
  });

export const consentsQuery = (source: string) =>
  infiniteQueryOptions({
    queryKey: ["sources", source, "consents"],
    queryFn: ({ pageParam }) =>
      read(
        api.consents.sources[":id"].consents.$get({
          param: { id: source },
          query: { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: slow,
  });
