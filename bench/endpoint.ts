import SqliteDatabase from "better-sqlite3";
import { type Figure, faster } from "./figures.ts";
import { startBridge } from "./lib/bridge.ts";
import { startCorp } from "./lib/corp.ts";
import { runProgram, startProgram } from "./lib/process.ts";

const connections = 16;
/** Different users that are asked for. */
const sample = 5000;

/** The SCIM endpoint with that many users, against a server that can do nothing else. */
export async function benchEndpoint(dist: string, users: number, seconds: number): Promise<readonly Figure[]> {
  const corp = await startCorp(dist, users);
  const bridge = await startBridge(dist);
  try {
    await bridge.sync(await bridge.createSource(corp));
    await corp.stop();
    const token = await bridge.createScimClient();
    const program = new URL("./floors/bare-server.ts", import.meta.url).pathname;
    const bare = await startProgram(["--import", "tsx", program, bridge.databaseFile, token]);
    try {
      const rows = someUsers(bridge.databaseFile);
      const figures: Figure[] = [];
      for (const [name, paths] of [
        ["GET /Users/{id}", rows.map(({ id }) => `/Users/${id}`)],
        [
          "filter userName eq",
          rows.map(({ name: userName }) => `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`),
        ],
      ] as const) {
        const load = async (url: string, prefix: string): Promise<number> => {
          const input = { url, token, connections, seconds, paths: paths.map((path) => prefix + path) };
          return (await runProgram<{ perSecond: number }>("load.ts", input)).perSecond;
        };
        const floor = await load(bare.ready, "");
        const ours = await load(bridge.url, "/scim/v2");
        figures.push(faster(`${name}, ${users.toLocaleString("en")} users`, "req/s", ours, floor, 0.6));
      }
      return figures;
    } finally {
      await bare.stop();
    }
  } finally {
    await bridge.stop();
    await corp.stop();
  }
}

function someUsers(file: string): readonly { readonly id: string; readonly name: string }[] {
  const db = new SqliteDatabase(file, { readonly: true });
  const rows = db
    .prepare<[number], { id: string; name: string }>(
      "select id, user_name as name from resource where type = 'User' and deleted_at is null order by id limit ?",
    )
    .all(sample);
  db.close();
  return rows;
}
