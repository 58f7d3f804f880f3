import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, readAs } from "./client.ts";
import type { LinkView, Page, Profile, ProfileSummary, Target } from "./views.ts";

const slow = 15_000;

export const targetQuery = (id: string) =>
  queryOptions({
    // Not below the list of all: one that was just deleted is not asked for again with it.
    queryKey: ["target", id],
    queryFn: () => readAs<Target>(api.targets.targets[":id"].$get({ param: { id } })),
    refetchInterval: slow,
  });

/** What is known of the products that can be targets. */
export const profilesQuery = queryOptions({
  queryKey: ["target-profiles"],
  queryFn: () => ask<Page<ProfileSummary>>("/target-profiles?limit=500"),
  staleTime: 300_000,
});

export const profileQuery = (name: string) =>
  queryOptions({
    queryKey: ["target-profiles", name],
    queryFn: () => ask<Profile>(`/target-profiles/${encodeURIComponent(name)}`),
    staleTime: 300_000,
  });

/** Who stands how at a target. */
export const linksQuery = (target: string, state: LinkView["state"] | undefined) =>
  infiniteQueryOptions({
    queryKey: ["target", target, "links", state ?? "all"],
    queryFn: ({ pageParam }) => {
      const query = {
        limit: 50,
        ...(state === undefined ? {} : { state }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      return readAs<Page<LinkView>>(api.targetActions.targets[":id"].links.$get({ param: { id: target }, query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: slow,
  });
