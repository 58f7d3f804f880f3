import SqliteDatabase from "better-sqlite3";
import { Pool } from "undici";
import { readInput } from "../lib/process.ts";

// Creating users at a target, and nothing that could be left out: the bodies that the bridge sent, over an undici Pool.

interface Input {
  readonly url: string;
  readonly token: string;
  readonly concurrency: number;
  /** The bridge's database: what its links hold is what it sent. */
  readonly databaseFile: string;
  readonly targetId: string;
}

const { url, token, concurrency, databaseFile, targetId } = readInput<Input>();
const db = new SqliteDatabase(databaseFile, { readonly: true });
const bodies = db
  .prepare<[string], { held: string }>("select held from link where target_id = ? and held is not null")
  .all(targetId)
  .map(({ held }) => held);
db.close();
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: concurrency });
const headers = {
  accept: "application/scim+json, application/json",
  "content-type": "application/scim+json",
  authorization: `Bearer ${token}`,
};
const managerValue = /(?<="manager":\{"value":")[^"]+/;
// A manager has to exist, and ids are the target's: the first one made, who has none himself, stands for all of them.
const first =
  bodies.splice(
    bodies.findIndex((body) => !managerValue.test(body)),
    1,
  )[0] ?? "{}";
const managerId = await create(first);
const ready = bodies.map((body) => body.replace(managerValue, managerId));
const count = ready.length + 1;
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (let body = ready.pop(); body !== undefined; body = ready.pop()) await create(body);
  }),
);
process.stdout.write(JSON.stringify({ ms: performance.now() - startedAt, count }));
await pool.close();

/** The new user's id. */
async function create(body: string): Promise<string> {
  const answer = await pool.request({ method: "POST", path: `${pathname}/Users`, headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`the target answered ${answer.statusCode}: ${text}`);
  return (JSON.parse(text) as { id: string }).id;
}
