import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, read, readAs } from "./client.ts";
import type { IdentityCase, SyncRecord } from "./views.ts";

// Whether people are the same under another name or after an absence.

const slow = 15_000;

/** Newest first. */
export const identityCasesQuery = (state: IdentityCase["state"] | undefined) =>
  infiniteQueryOptions({
    queryKey: ["identity-cases", state ?? "all"],
    queryFn: ({ pageParam }) =>
      read(
        api.identityCases["identity-cases"].$get({
          query: {
            limit: 50,
            ...(state === undefined ? {} : { state }),
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: slow,
  });

/** What the task that asked would have done with whoever has come: his record names the case. */
export const askedRecordQuery = ({ id, task, to }: IdentityCase) =>
  queryOptions({
    queryKey: ["identity-cases", "record", id],
    queryFn: async (): Promise<SyncRecord | null> => {
      const query = { resourceType: "User", status: "skipped", q: to, limit: 50 } as const;
      const asked = api.records["sync-tasks"][":id"].records.$get({ param: { id: task }, query });
      const { records } = await readAs<{ readonly records: readonly SyncRecord[] }>(asked);
      return records.find(({ error, target }) => target === null && error?.includes(id) === true) ?? null;
    },
  });
