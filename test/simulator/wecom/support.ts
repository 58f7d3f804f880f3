import { afterEach } from "vitest";
import type { Credential } from "../../../src/simulator/wecom/settings.ts";
import {
  type RunningCorp,
  startWecomSimulator,
  type WecomSimulator,
  type WecomSimulatorOptions,
} from "../../../src/simulator/wecom/wecom.ts";

export interface Answer {
  readonly errcode: number;
  readonly errmsg: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of a foreign API, whose shape is what the tests are about
  readonly [field: string]: any;
}

const started: WecomSimulator[] = [];
afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.close();
});

/** A simulator that ends with the test. */
export async function start(options: WecomSimulatorOptions = {}): Promise<WecomSimulator> {
  const simulator = await startWecomSimulator(options);
  started.push(simulator);
  return simulator;
}

/** A corp that holds its root department only, and what the test puts in. */
export function empty(options: WecomSimulatorOptions = {}): Promise<WecomSimulator> {
  return start({ shape: { members: 0, departments: 1, tags: 0, seed: 1 }, ...options });
}

/** Calls the API as one of the corp's two secrets, with one token until it is refused. */
export function as(url: string, corp: RunningCorp, credential: Credential = "app") {
  let held: Promise<string> | null = null;
  const token = async (): Promise<string> => {
    const secret = credential === "app" ? corp.appSecret : corp.contactsSecret;
    const answer = await call(`${url}/cgi-bin/gettoken?corpid=${corp.corpId}&corpsecret=${secret}`);
    if (answer.errcode !== 0) throw new Error(answer.errmsg);
    return answer["access_token"];
  };
  const address = async (name: string, query: Record<string, string | number>) => {
    held ??= token();
    const parameters = new URLSearchParams({ access_token: await held });
    for (const [key, value] of Object.entries(query)) parameters.set(key, String(value));
    return `${url}/cgi-bin/${name}?${parameters}`;
  };
  const send = async (name: string, query: Record<string, string | number>, init?: RequestInit) => {
    const answer = await call(await address(name, query), init);
    if (answer.errcode !== 40014 && answer.errcode !== 42001) return answer;
    held = null;
    return call(await address(name, query), init);
  };
  return {
    token,
    address,
    get: (name: string, query: Record<string, string | number> = {}) => send(name, query),
    post: (name: string, body: unknown) =>
      send(name, {}, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
  };
}

export async function call(address: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(address, init);
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as Answer;
}

/** Everything that a reader finds who walks the tree, by userid. */
export async function walk(api: ReturnType<typeof as>): Promise<Map<string, unknown>> {
  const members = new Map<string, unknown>();
  for (const { id } of (await api.get("department/list"))["department"]) {
    for (const member of (await api.get("user/list", { department_id: id }))["userlist"]) {
      members.set(member.userid, member);
    }
  }
  return members;
}
