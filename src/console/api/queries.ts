import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, read, readAs, setCsrfToken } from "./client.ts";
import { ApiProblem } from "./problem.ts";
import type { Page, SchemaFile, Session, SyncRecord, Target, Task, WrittenValue } from "./views.ts";

// What pages read, each with the key that it is remembered under. What the bridge does by itself is asked for again now
// and then; while a task runs, each second.

const slow = 15_000;
const quick = 1_000;

const unfinished = new Set(["queued", "running"]);

/** Whether a task will change by itself. */
export const isUnfinished = (state: string | undefined): boolean => state !== undefined && unfinished.has(state);

/** The server says with the page whether the browser sent a session: without one there is nobody to ask for. */
let mayHaveSession = document.querySelector<HTMLMetaElement>('meta[name="session"]')?.content !== "none";

/** Who is signed in; null: nobody. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async () => {
    if (!mayHaveSession) return null;
    try {
      const session = await read(api.session.session.$get());
      setCsrfToken(session.csrfToken);
      return session;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** Somebody has signed in, or out (null). */
export function tookSession(session: Session | null): void {
  mayHaveSession = session !== null;
  setCsrfToken(session?.csrfToken ?? null);
}

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: () => read(api.sources.sources.$get({ query: { limit: 500 } })),
  refetchInterval: ({ state }) =>
    state.data?.items.some(({ lastTask }) => isUnfinished(lastTask?.state)) ? quick : slow,
});

export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ["sources", id],
    queryFn: () => read(api.sources.sources[":id"].$get({ param: { id } })),
    refetchInterval: ({ state }) => (isUnfinished(state.data?.lastTask?.state) ? quick : slow),
  });

export const departmentsQuery = (id: string) =>
  queryOptions({
    queryKey: ["sources", id, "departments"],
    queryFn: () => read(api.sourceActions.sources[":id"].departments.$get({ param: { id } })),
    staleTime: 60_000,
  });

export const endingsQuery = queryOptions({
  queryKey: ["endings"],
  queryFn: () => read(api.endings.endings.$get({ query: {} })),
  refetchInterval: slow,
});

export const targetsQuery = queryOptions({
  queryKey: ["targets"],
  queryFn: () => readAs<Page<Target>>(api.targets.targets.$get({ query: { limit: 500 } })),
  refetchInterval: slow,
});

export const mappingsQuery = queryOptions({
  queryKey: ["mappings"],
  queryFn: () => ask<Page<SchemaFile>>("/mappings?limit=500"),
});

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: () => read(api.settings.settings.$get()),
});

/** Tasks, newest first. */
export const tasksQuery = (filter: {
  readonly source?: string;
  readonly state?: Task["state"];
  readonly limit?: number;
}) =>
  infiniteQueryOptions({
    queryKey: ["tasks", filter],
    queryFn: ({ pageParam }) =>
      read(
        api.tasks["sync-tasks"].$get({
          query: { limit: 50, ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((task) => isUnfinished(task.state))) ? quick : slow,
  });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ["tasks", id],
    queryFn: () => read(api.tasks["sync-tasks"][":id"].$get({ param: { id } })),
    refetchInterval: ({ state }) => (isUnfinished(state.data?.state) ? quick : slow),
  });

/** What records are asked for by. */
export interface RecordFilter {
  readonly target?: string;
  readonly resourceType?: "User" | "Group";
  readonly action?: SyncRecord["action"];
  readonly status?: SyncRecord["status"];
  readonly q?: string;
}

interface RecordPage {
  readonly records: readonly SyncRecord[];
  readonly nextCursor: string | null;
}

export const recordsQuery = (task: string, filter: RecordFilter, refetchInterval: number | false) =>
  infiniteQueryOptions({
    queryKey: ["tasks", task, "records", filter],
    queryFn: async ({ pageParam }) => {
      const query = { limit: 50, ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return readAs<RecordPage>(api.records["sync-tasks"][":id"].records.$get({ param: { id: task }, query }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval,
  });

export const recordMembersQuery = (task: string, record: string) =>
  infiniteQueryOptions({
    queryKey: ["tasks", task, "records", record, "members"],
    queryFn: ({ pageParam }) =>
      read(
        api.records["sync-tasks"][":id"].records[":record"].members.$get({
          param: { id: task, record },
          query: { limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Everything that a task did to one person or group, in the directory and at each target. */
export const recordsOfResourceQuery = (task: { readonly id: string; readonly createdAt: string }, resourceId: string) =>
  queryOptions({
    queryKey: ["tasks", task.id, "resource", resourceId],
    queryFn: async () => {
      const query = { resourceId, since: task.createdAt, limit: 500 };
      const { records } = await readAs<RecordPage>(api.records.records.$get({ query }));
      return records.filter((record) => record.task === task.id);
    },
  });

/** Where the values of a person or group come from, as they are now. */
export const historyQuery = (resourceId: string) =>
  queryOptions({
    queryKey: ["history", resourceId],
    queryFn: () =>
      readAs<{ readonly items: readonly WrittenValue[] }>(
        api.history.resources[":id"].history.$get({ param: { id: resourceId }, query: {} }),
      ),
  });
