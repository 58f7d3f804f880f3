import SqliteDatabase from "better-sqlite3";
import { alone, type Figure, faster, slower } from "./figures.ts";
import { type BenchBridge, startBridge } from "./lib/bridge.ts";
import { startCorp } from "./lib/corp.ts";
import { type Running, runProgram, startProgram } from "./lib/process.ts";
import { measureWrites } from "./writes.ts";

const connections = 16;
/** Different users that are asked for. */
const sample = 5000;
const pageSize = 100;
const turns = 5;

/** The SCIM endpoint with that many users, against a server that can do nothing else. */
export async function benchEndpoint(dist: string, users: number, seconds: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, users);
  const bridge = await startBridge(dist);
  try {
    await bridge.sync(await bridge.createSource(corp));
    await corp.stop();
    const token = await bridge.createScimClient();
    const writeToken = await bridge.createScimClient("write");
    await bridge.createCustomSource();
    await bridge.restart();
    const program = new URL("./floors/bare-server.ts", import.meta.url).pathname;
    const bare = await startProgram(["--import", "tsx", program, bridge.databaseFile, token]);
    try {
      const reading = await measure({ bridge, bare, token, users, seconds });
      return [...reading, ...(await measureWrites({ bridge, bare, token, writeToken, users, seconds }))];
    } finally {
      await bare.stop();
    }
  } finally {
    await bridge.stop();
    await corp.stop();
  }
}

interface Bench {
  readonly bridge: BenchBridge;
  readonly bare: Running;
  readonly token: string;
  readonly users: number;
  readonly seconds: number;
}

async function measure({ bridge, bare, token, users, seconds }: Bench): Promise<readonly Figure[]> {
  const load = async (url: string, prefix: string, paths: readonly string[], time = seconds): Promise<number> => {
    const input = { url, token, connections, seconds: time, paths: paths.map((path) => prefix + path) };
    return (await runProgram<{ perSecond: number }>("load.ts", input)).perSecond;
  };
  const ours = (paths: readonly string[], time?: number): Promise<number> => load(bridge.url, "/scim/v2", paths, time);
  const size = `${users.toLocaleString("en")} users`;
  const figures: Figure[] = [];
  const beside = async (name: string, paths: readonly string[], goal: number): Promise<void> => {
    // In turns, and the median of each: a shared machine gives one of them more than the other for seconds on end.
    const floors: number[] = [];
    const rates: number[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      floors.push(await load(bare.ready, "", paths, seconds / 2));
      rates.push(await ours(paths, seconds / 2));
    }
    figures.push(faster(`${name}, ${size}`, "req/s", median(rates), median(floors), goal));
  };

  const rows = someUsers(bridge.databaseFile);
  await beside(
    "GET /Users/{id}",
    rows.map(({ id }) => `/Users/${id}`),
    0.6,
  );
  await beside(
    "filter userName eq",
    rows.map(({ name }) => filtered(`userName eq "${name}"`)),
    0.6,
  );
  const page = (rest: string): string => `/Users?count=${pageSize}&${rest}`;
  const beyondFirst = async (name: string, path: string, goal: number): Promise<void> => {
    const firsts: number[] = [];
    const others: number[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      firsts.push(await ours([page("startIndex=1")], seconds / 2));
      others.push(await ours([path], seconds / 2));
    }
    const [first, other] = [median(firsts), median(others)].map((perSecond) => (1000 * connections) / perSecond);
    figures.push(slower(`${name}, beside page 1, ${size}`, other ?? 0, first ?? 0, goal));
  };
  const deep = users - users / 10;
  await beyondFirst(`page of ${pageSize} at ${(deep + 1).toLocaleString("en")}`, page(`startIndex=${deep + 1}`), 1.5);
  const cursor = await cursorAt(bridge.url, token, deep);
  await beyondFirst(`page behind a cursor, ${deep.toLocaleString("en")} deep`, page(`cursor=${cursor}`), 1.1);
  // Each term in turn, so that few of them were asked for shortly before.
  const names = rows.map(({ display }) => display.toLowerCase());
  const terms = (length: number): readonly string[] => [
    ...new Set(names.map((name) => [...name].slice(-length).join(""))),
  ];
  for (const [name, length] of [
    ["displayName co, one character", 1],
    ["displayName co, two characters", 2],
  ] as const) {
    const paths = terms(length).map((term) => `${filtered(`displayName co "${term}"`)}&count=10`);
    await beside(name, paths, 3);
  }
  const rss = bridge.peakRss();
  figures.push(alone(`peak RSS of the server meanwhile, ${size}`, `${Math.round(rss)} MB`, "< 250 MB", rss < 250));
  return figures;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function filtered(filter: string): string {
  return `/Users?filter=${encodeURIComponent(filter)}`;
}

/** The cursor that leads to the page that many users from the beginning. */
async function cursorAt(url: string, token: string, depth: number): Promise<string> {
  let cursor = "";
  for (let at = 0; at < depth; at += pageSize) {
    const response = await fetch(`${url}/scim/v2/Users?count=${pageSize}&cursor=${cursor}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    cursor = ((await response.json()) as { nextCursor?: string }).nextCursor ?? "";
  }
  return cursor;
}

interface SomeUser {
  readonly id: string;
  readonly name: string;
  readonly display: string;
}

function someUsers(file: string): readonly SomeUser[] {
  const db = new SqliteDatabase(file, { readonly: true });
  const rows = db
    .prepare<[number], SomeUser>(
      `select id, user_name as name, display_name as display from resource
       where type = 'User' and deleted_at is null order by id limit ?`,
    )
    .all(sample);
  db.close();
  return rows;
}
