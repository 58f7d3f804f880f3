import { randomBytes } from "node:crypto";
import { alone, type Figure, faster, slower } from "./figures.ts";
import type { BenchBridge } from "./lib/bridge.ts";
import { type Running, runProgram } from "./lib/process.ts";

const connections = 16;
/** Members that are added and taken out again, one by one. */
const comingAndGoing = 500;
const sizes = { small: 10, large: 50_000 } as const;

export interface WriteBench {
  readonly bridge: BenchBridge;
  readonly bare: Running;
  /** Of a client of the floor, which knows one. */
  readonly token: string;
  readonly writeToken: string;
  readonly users: number;
  readonly seconds: number;
}

/** What a SCIM client writes: people of the custom source, and members of a user group. */
export async function measureWrites(bench: WriteBench): Promise<readonly Figure[]> {
  const { bridge, bare, token, writeToken, users, seconds } = bench;
  const load = async (input: object): Promise<number> =>
    (await runProgram<{ perSecond: number }>("load.ts", { connections, seconds, ...input })).perSecond;
  const size = `${users.toLocaleString("en")} users`;

  const post = (prefix: string) => {
    const bodies = Array.from({ length: 20_000 * seconds }, (_, index) => newUser(index));
    return { method: "POST", once: true, paths: bodies.map(() => `${prefix}/Users`), bodies };
  };
  const floor = await load({ url: bare.ready, token, ...post("") });
  const created = await load({ url: bridge.url, token: writeToken, ...post("/scim/v2") });

  const ids = await userIds(bridge.url, writeToken, sizes.large + comingAndGoing);
  const members = ids.slice(0, Math.max(0, ids.length - comingAndGoing));
  const others = ids.slice(-comingAndGoing);
  const patchOf = async (name: string, count: number): Promise<number> => {
    const path = `/scim/v2/Groups/${await makeGroup(bridge.url, writeToken, name, members.slice(0, count))}`;
    const bodies = others.flatMap((id) => [patch("add", id), patch("remove", id)]);
    return load({ url: bridge.url, token: writeToken, method: "PATCH", paths: bodies.map(() => path), bodies });
  };
  const small = await patchOf("small", sizes.small);
  const large = await patchOf("large", sizes.large);
  const each = (perSecond: number): number => (1000 * connections) / perSecond;
  const counted = Math.min(sizes.large, members.length).toLocaleString("en");
  const rss = bridge.peakRss();
  return [
    faster(`POST /Users, ${size}`, "req/s", created, floor, 0.6),
    alone("PATCH of one member of 10", `${Math.round(small)} req/s`, "", true),
    slower(`PATCH of one member of ${counted}, beside one of ${sizes.small}`, each(large), each(small), 1.5),
    alone(`peak RSS of the server after writing, ${size}`, `${Math.round(rss)} MB`, "< 250 MB", rss < 250),
  ];
}

function newUser(index: number): string {
  const name = `${randomBytes(6).toString("hex")}${index}`;
  return JSON.stringify({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: name,
    externalId: name,
    displayName: `Person ${name}`,
    name: { givenName: "Person", familyName: name },
    emails: [{ value: `${name}@example.com`, type: "work", primary: true }],
    phoneNumbers: [{ value: "+8613800000000", type: "mobile" }],
    title: "Engineer",
    active: true,
  });
}

function patch(op: "add" | "remove", id: string): string {
  const operation =
    op === "add" ? { op, path: "members", value: [{ value: id }] } : { op, path: `members[value eq "${id}"]` };
  return JSON.stringify({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: [operation] });
}

async function userIds(url: string, token: string, wanted: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined && ids.length < wanted; ) {
    const response: Response = await fetch(`${url}/scim/v2/Users?count=1000&attributes=id&cursor=${cursor}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const page = (await response.json()) as { Resources: readonly { id: string }[]; nextCursor?: string };
    ids.push(...page.Resources.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return ids;
}

async function makeGroup(url: string, token: string, displayName: string, members: readonly string[]): Promise<string> {
  const response = await fetch(`${url}/scim/v2/Groups?attributes=displayName`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
    body: JSON.stringify({ displayName, members: members.map((value) => ({ value })) }),
  });
  if (!response.ok) throw new Error(`POST /Groups: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}
