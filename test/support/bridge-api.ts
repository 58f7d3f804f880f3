import type { z } from "zod";
import type { recordView, taskView } from "../../src/http/admin/task-schemas.ts";

export type Task = z.output<typeof taskView>;
export type TaskRecord = z.output<typeof recordView>;

/** The management API over HTTP: all that tests of the whole line do with the bridge. */
export interface BridgeApi {
  /** @throws Error with the answer's words when the call is refused */
  call<T>(method: string, path: string, body?: object): Promise<T>;
  /** Answers its id. */
  createSource(form: object): Promise<string>;
  /** Answers its id. */
  createTarget(form: object): Promise<string>;
  /** Starts a sync, or finds the one that runs already. */
  startSync(source: string): Promise<Task>;
  task(id: string): Promise<Task>;
  /** Waits for a task's end, whatever it is. */
  ended(taskId: string): Promise<Task>;
  /** Syncs a source and waits for the end. */
  sync(source: string): Promise<Task>;
  /** All records of a task. `query` as the API takes it: `target=null&status=failed`. */
  records(taskId: string, query?: string): Promise<readonly TaskRecord[]>;
}

export function makeBridgeApi(baseUrl: string, adminToken: string): BridgeApi {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${baseUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  const task = (id: string): Promise<Task> => call("GET", `/sync-tasks/${id}`);
  const startSync = (source: string): Promise<Task> =>
    call("POST", `/sources/${encodeURIComponent(source)}/sync-tasks`, { mode: "apply" });
  const ended = async (id: string): Promise<Task> => {
    for (;;) {
      const now = await task(id);
      if (now.state !== "queued" && now.state !== "running") return now;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const create = async (path: string, form: object): Promise<string> => {
    const { id } = await call<{ readonly id: string }>("POST", path, form);
    return id;
  };
  return {
    call,
    createSource: (form) => create("/sources", form),
    createTarget: (form) => create("/targets", form),
    startSync,
    task,
    ended,
    sync: async (source) => ended((await startSync(source)).id),
    async records(taskId, query = "") {
      const all: TaskRecord[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page: { readonly records: readonly TaskRecord[]; readonly nextCursor: string | null } = await call(
          "GET",
          `/sync-tasks/${taskId}/records?limit=200${query === "" ? "" : `&${query}`}${cursor === "" ? "" : `&cursor=${cursor}`}`,
        );
        all.push(...page.records);
        cursor = page.nextCursor;
      }
      return all;
    },
  };
}
