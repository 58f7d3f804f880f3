import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteConnection from "better-sqlite3";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Database } from "../../src/store/database.ts";
import type { Checkpoints } from "../../src/store/sqlite/checkpoints.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

let directory: string;
let database: Database | null = null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "checkpoints-"));
});

afterEach(async () => {
  vi.useRealTimers();
  await database?.close();
  await rm(directory, { recursive: true });
});

const bytes = 100_000;

/** Rows of 100 kB: some 25 pages each. */
async function write(rows: number): Promise<void> {
  if (database === null) throw new Error("not open");
  for (let row = 0; row < rows; row += 1) {
    const value = "x".repeat(bytes);
    await database.write((trx) =>
      trx
        .insertInto("setting")
        .values({ key: `k${row}`, value })
        .onConflict((one) => one.doNothing())
        .execute(),
    );
  }
}

/** Rows in the database's file by itself, without its log. */
async function inFile(): Promise<number> {
  const copy = join(directory, "copy.db");
  await copyFile(join(directory, "bridge.db"), copy);
  const connection = new SqliteConnection(copy);
  try {
    return (connection.prepare("select count(*) as n from setting where key like 'k%'").get() as { n: number }).n;
  } catch {
    return 0;
  } finally {
    connection.close();
  }
}

async function open(checkpoints: Checkpoints): Promise<void> {
  database = await openSqlite(join(directory, "bridge.db"), { checkpoints });
}

it("the engine brings what was committed into the file every few seconds", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await open("engine");
  await write(3);
  expect(await inFile()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(await inFile()).toBe(3);
});

it.each([
  ["here", true],
  ["engine", false],
  ["elsewhere", false],
] as const)("a log of 20 MB is brought into the file by whoever wrote it: %s", async (checkpoints, isInFile) => {
  await open(checkpoints);
  await write(200);
  expect((await inFile()) > 0).toBe(isInFile);
});
