import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterEach, describe, expect, it, type TestContext } from "vitest";
import { openDatabase } from "../../src/store/open-store.ts";
import { makeDatabase } from "../support/databases.ts";

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

describe.each(["sqlite", "postgres"] as const)("the tables in %s", (dialect) => {
  async function emptyDatabase(context: TestContext): Promise<string> {
    try {
      const { url, remove } = await makeDatabase(dialect);
      removals.push(remove);
      return url;
    } catch (error) {
      if (process.env["CI"] === "true") throw error;
      context.skip(String(error));
      throw error;
    }
  }

  it("are made once when several start on an empty database at the same moment", async (context) => {
    // SQLite's locks are between processes; a pool of PostgreSQL's is as good as a process.
    const openers = dialect === "sqlite" ? await Promise.all([openingProcess(), openingProcess()]) : [open, open, open];
    for (let repeated = 0; repeated < 4; repeated += 1) {
      const url = await emptyDatabase(context);
      const answers = await Promise.all(openers.map((opener) => opener(url)));
      expect(answers).toEqual(openers.map(() => "up to date"));
      const database = await openDatabase(url);
      const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(database.db);
      expect(rows.length).toBeGreaterThan(1);
      expect(rows.map(({ version }) => Number(version))).toEqual(rows.map((_, index) => index + 1));
      await database.close();
    }
  });

  it("stay as they are when they are opened again", async (context) => {
    const url = await emptyDatabase(context);
    const first = await openDatabase(url);
    await first.db.insertInto("setting").values({ key: "paused", value: "true" }).execute();
    const before = await first.db.introspection.getTables();
    await first.close();
    const second = await openDatabase(url);
    expect(await second.db.introspection.getTables()).toEqual(before);
    expect(await second.db.selectFrom("setting").selectAll().execute()).toEqual([{ key: "paused", value: "true" }]);
    await second.close();
  });

  it("of a newer version are refused with words about what to do", async (context) => {
    const url = await emptyDatabase(context);
    const first = await openDatabase(url);
    await sql`insert into schema_version (version) values (999)`.execute(first.db);
    await first.close();
    await expect(openDatabase(url)).rejects.toThrow(
      /schema version 999, this program knows \d+: run the newer version, or restore a backup/,
    );
  });
});

/** Opens a database and answers how that went. */
type Opener = (url: string) => Promise<unknown>;

const open: Opener = async (url) => {
  const database = await openDatabase(url);
  await database.close();
  return "up to date";
};

/** A process that has everything loaded and waits for the word. */
async function openingProcess(): Promise<Opener> {
  const file = fileURLToPath(new URL("../support/open-database-process.ts", import.meta.url));
  const child = fork(file, { execArgv: ["--import", "tsx"] });
  removals.push(() => child.kill());
  const answer = async (): Promise<unknown> => ((await once(child, "message")) as unknown[])[0];
  expect(await answer()).toBe("ready");
  return (url) => {
    child.send(url);
    return answer();
  };
}
