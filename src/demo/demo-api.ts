import { wait } from "../lib/wait.ts";

type Counts = { readonly users: Readonly<Record<string, number>>; readonly groups: Readonly<Record<string, number>> };

/** A sync task as the management API shows it. */
export interface DemoTask {
  readonly id: string;
  readonly state: string;
  readonly progress: { readonly phase: string; readonly done: number; readonly total: number } | null;
  readonly counts: Counts;
  readonly targets: readonly { readonly counts: Counts }[];
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly hold: { readonly reason: string } | null;
}

/** The few calls of the management API that the demo makes: the same that anybody would. */
export interface DemoApi {
  createSource(corp: {
    readonly url: string;
    readonly corpId: string;
    readonly appSecret: string;
    readonly contactsSecret: string;
    readonly agentId: number;
  }): Promise<{ readonly id: string }>;
  createTarget(sourceId: string, target: { readonly baseUrl: string; readonly token: string }): Promise<void>;
  /** Answers its token. */
  createScimClient(): Promise<string>;
  /** Starts a sync and waits for its end. */
  sync(sourceId: string, onProgress: (text: string) => void): Promise<DemoTask>;
}

/** @throws Error with the server's own words when a call is refused */
export function makeDemoApi(baseUrl: string, adminToken: string): DemoApi {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${baseUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
  return {
    createSource: ({ url, corpId, appSecret, contactsSecret, agentId }) =>
      call("POST", "/sources", {
        name: "demo-wecom",
        type: "wecom",
        wecom: { corpId, corpSecret: appSecret, contactsSecret, agentId, apiBaseUrl: url },
        sync: { automatic: false },
      }),
    async createTarget(sourceId, { baseUrl, token }) {
      await call("POST", "/targets", {
        name: "demo-target",
        baseUrl,
        auth: { type: "bearer", token },
        profile: "generic",
        sources: [sourceId],
      });
    },
    async createScimClient() {
      const { token } = await call<{ token: string }>("POST", "/scim-clients", {
        name: "demo",
        access: "read",
        sources: "all",
      });
      return token;
    },
    async sync(sourceId, onProgress) {
      let task = await call<DemoTask>("POST", `/sources/${sourceId}/sync-tasks`, { mode: "apply" });
      let shown = "";
      while (task.state === "queued" || task.state === "running") {
        const { progress } = task;
        const text = progress === null ? "" : `${progress.phase} ${progress.done} of ${progress.total}`;
        if (text !== shown && text !== "") onProgress(text);
        shown = text;
        await wait(100);
        task = await call<DemoTask>("GET", `/sync-tasks/${task.id}`);
      }
      return task;
    },
  };
}
