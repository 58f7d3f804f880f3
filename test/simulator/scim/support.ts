import { afterEach } from "vitest";
import {
  type ScimSimulator,
  type ScimSimulatorOptions,
  startScimSimulator,
} from "../../../src/simulator/scim/scim-simulator.ts";

export const userUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
export const groupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const enterpriseUrn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const wecomUrn = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
export const patchUrn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // A test reads answers as deep as it likes; what is not there is undefined.
  readonly body: Body;
}

export interface Body {
  readonly [name: string]: Body | undefined;
}

export interface Client {
  readonly simulator: ScimSimulator;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a user and returns its id. */
  user(userName: string, attributes?: Record<string, unknown>): Promise<string>;
  /** Creates a group and returns its id. */
  group(displayName: string, members?: readonly string[]): Promise<string>;
  patch(path: string, ...operations: readonly unknown[]): Promise<Answer>;
  /** Ids in a list. */
  ids(path: string, filter: string): Promise<readonly string[]>;
  /** The rules broken so far, in order, with `!` where the request was refused. */
  broken(): readonly string[];
}

const running: ScimSimulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

/** A simulator of its own for one test, and a client that keeps to the rules. */
export async function start(options: ScimSimulatorOptions = {}): Promise<Client> {
  const simulator = await startScimSimulator(options);
  running.push(simulator);
  const call: Client["call"] = async (method, path, body, headers = {}) => {
    const response = await fetch(path.startsWith("http") ? path : `${simulator.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${simulator.token}`,
        ...(body === undefined ? {} : { "content-type": "application/scim+json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  const created = async (answer: Promise<Answer>): Promise<string> => {
    const { status, text, body } = await answer;
    if (status !== 201) throw new Error(`expected 201, got ${status}: ${text}`);
    return String(body["id"]);
  };
  return {
    simulator,
    call,
    user: (userName, attributes = {}) =>
      created(call("POST", "/Users", { schemas: [userUrn, ...extensionsIn(attributes)], userName, ...attributes })),
    group: (displayName, members = []) => {
      const value = members.length > 0 ? { members: members.map((id) => ({ value: id })) } : {};
      return created(call("POST", "/Groups", { schemas: [groupUrn], displayName, ...value }));
    },
    patch: (path, ...operations) => call("PATCH", path, { schemas: [patchUrn], Operations: operations }),
    ids: async (path, filter) => {
      const { body, status, text } = await call("GET", `${path}?filter=${encodeURIComponent(filter)}`);
      if (status !== 200) throw new Error(text);
      return (body["Resources"] as unknown as readonly { id: string }[]).map(({ id }) => id);
    },
    broken: () => simulator.control.violations().map(({ rule, refused }) => `${rule}${refused ? "!" : ""}`),
  };
}

function extensionsIn(attributes: Record<string, unknown>): readonly string[] {
  return Object.keys(attributes).filter((name) => name.startsWith("urn:"));
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
