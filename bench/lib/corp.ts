import type { Truth } from "../../src/simulator/wecom/model.ts";
import { type Running, startProgram } from "./process.ts";

/** A simulated WeCom corp in a process of its own. */
export interface Corp {
  readonly url: string;
  readonly corpId: string;
  readonly appSecret: string;
  readonly agentId: number;
  readonly contactsSecret: string;
  readonly shape: { readonly members: number; readonly departments: number };
  /** What the app can see, from the simulator itself. */
  visibleTruth(): Promise<Truth>;
  /** From here on the corp tells of its changes, as it tells an address that was entered after August 2022: ids alone. */
  sendEvents(to: { readonly url: string; readonly token: string; readonly encodingAesKey: string }): Promise<void>;
  changeMember(userid: string, fields: { readonly position: string }): Promise<void>;
  /** Makes that many changes such as happen in a corp. */
  randomChanges(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param departments one for 33 members, as in the sizes that the goals name, if not said */
export async function startCorp(
  dist: string,
  members: number,
  departments = Math.max(1, Math.round((members * 3) / 100)),
): Promise<Corp> {
  const process: Running = await startProgram([
    // A million members take some gigabytes here, which are not the bridge's.
    "--max-old-space-size=12000",
    `${dist}/simulator/wecom/main.js`,
    ...["--members", String(members), "--departments", String(departments), "--unlimited"],
  ]);
  const { url, corpId, appSecret, agentId, contactsSecret } = JSON.parse(process.ready) as Pick<
    Corp,
    "url" | "corpId" | "appSecret" | "agentId" | "contactsSecret"
  >;
  const control = `${url}/_control/${corpId}`;
  return {
    ...{ url, corpId, appSecret, agentId, contactsSecret, shape: { members, departments } },
    visibleTruth: async () => (await checked(await fetch(`${control}/visible-truth`))).json() as Promise<Truth>,
    async sendEvents(to) {
      await checked(await fetch(`${control}/callback`, { method: "PUT", body: JSON.stringify(to) }));
    },
    async changeMember(userid, fields) {
      const path = `${control}/members/${encodeURIComponent(userid)}`;
      await checked(await fetch(path, { method: "PATCH", body: JSON.stringify(fields) }));
    },
    async randomChanges(count) {
      await checked(
        await fetch(`${control}/random-changes`, { method: "POST", body: JSON.stringify({ count, seed: 7 }) }),
      );
    },
    stop: () => process.stop(),
  };
}

async function checked(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`the simulator answered ${response.status}: ${await response.text()}`);
  return response;
}
