import SqliteConnection from "better-sqlite3";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { openDatabase } from "../../src/store/open-store.ts";
import { makeDatabase } from "../support/databases.ts";

it("a writer that waits for another process keeps its thread from nothing", async () => {
  const { url, remove } = await makeDatabase("sqlite");
  const database = await openDatabase(url);
  const other = new SqliteConnection(url.replace("file:", ""));
  try {
    other.exec("begin immediate");
    let isWritten = false;
    const written = database
      .write((trx) => sql`insert into setting (key, value) values ('paused', 'true')`.execute(trx))
      .then(() => {
        isWritten = true;
      });
    // Were the wait inside SQLite, none of these turns would come before the other lets go, and it never would.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(isWritten).toBe(false);
    expect(await database.read("select count(*) as count from setting", [])).toEqual([[0]]);
    other.exec("commit");
    await written;
    expect(await database.read("select count(*) as count from setting", [])).toEqual([[1]]);
  } finally {
    other.close();
    await database.close();
    remove();
  }
});
