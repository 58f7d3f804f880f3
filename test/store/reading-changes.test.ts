import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import { resolveSort } from "../../src/scim/resolve-sort.ts";
import type { Database } from "../../src/store/database.ts";
import { takeDirectoryTime } from "../../src/store/directory-clock.ts";
import { makeDirectoryReader } from "../../src/store/directory-reader.ts";
import { openDatabase } from "../../src/store/open-store.ts";
import type { DirectoryReader, ListPlace, ResourceRow } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { testId, writeDirectory } from "./filter-directory.ts";
import { applyAll, beginWork, edge, fillDirectory, groupId, nextTask, planMembers, userChange } from "./support.ts";

const catalog = makeSchemaCatalog([]);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client that keeps a copy: it asks for what changed since the latest time that it saw, that time included. */
class Consumer {
  readonly versions = new Map<string, number>();
  #since = 0;
  readonly #reader: DirectoryReader;

  constructor(reader: DirectoryReader) {
    this.#reader = reader;
  }

  async catchUp(): Promise<void> {
    const text = `meta.lastModified ge "${new Date(this.#since).toISOString()}"`;
    const part = {
      type: "User" as const,
      filter: resolveFilter(parseFilter(text), "User", catalog),
      sortBy: resolveSort("meta.lastModified", ["User"], catalog).get("User") ?? null,
    };
    for (let after: ListPlace | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
      const page: { readonly rows: readonly ResourceRow[]; readonly next: ListPlace | null } =
        await this.#reader.listResources({
          ...{ sources: "all", parts: [part], sort: "ascending", count: 3, from: { after } },
        });
      for (const row of page.rows) {
        this.versions.set(row.id, row.version);
        this.#since = Math.max(this.#since, row.lastModifiedAt);
      }
      after = page.next;
    }
  }
}

async function touch(database: Database, numbers: readonly number[], now: number, lingersMs = 0): Promise<number> {
  return database.write(async (trx) => {
    const at = await takeDirectoryTime(database, trx, now);
    if (lingersMs > 0) await wait(lingersMs);
    await trx
      .updateTable("resource")
      .set({ last_modified_at: at })
      .set((eb) => ({ version: eb("version", "+", 1) }))
      .where("id", "in", numbers.map(testId))
      .execute();
    return at;
  });
}

onEachDatabase("who reads what changed since he last looked", (at) => {
  const users = Array.from({ length: 20 }, (_, index) => index);
  const fill = () =>
    writeDirectory(
      at.database,
      users.map((index) => ({ id: testId(index), type: "User", document: { userName: `u${index}` } })),
    );
  const state = async () => {
    const rows = await at.rows<{ id: string; version: number }>("select id, version from resource");
    return new Map(rows.map(({ id, version }) => [id, Number(version)]));
  };

  it("misses nothing, with several writers and clocks that disagree", async () => {
    await fill();
    const other = await openDatabase(at.url);
    const reading = await openDatabase(at.url);
    try {
      const consumer = new Consumer(makeDirectoryReader(reading));
      const writers = [at.database, other];
      const clock = Date.parse("2026-03-01T08:00:00Z");
      let isOver = false;
      const writing = async (database: Database, writer: number) => {
        for (let round = 0; round < 25; round += 1) {
          const numbers = [0, 1, 2].map((each) => (round * 7 + writer * 3 + each * 5) % users.length);
          // In SQLite a transaction that waits would have this thread wait for itself.
          const lingers = at.dialect === "postgres" ? Math.random() * 5 : 0;
          await touch(database, numbers, clock + (round % 3) * 10 - writer * 5000, lingers);
          await wait(Math.random() * 3);
        }
      };
      const reads = (async () => {
        while (!isOver) {
          await consumer.catchUp();
          await wait(1);
        }
      })();
      if (at.dialect === "postgres") await Promise.all(writers.map(writing));
      else for (const [index, database] of writers.entries()) await writing(database, index);
      isOver = true;
      await reads;
      await consumer.catchUp();
      expect(consumer.versions).toEqual(await state());
    } finally {
      await other.close();
      await reading.close();
    }
  });

  it("sees no time before those of a transaction that is still open", async (context) => {
    context.skip(at.dialect === "sqlite", "SQLite lets one transaction write at a time");
    await fill();
    const other = await openDatabase(at.url);
    try {
      const order: string[] = [];
      const slow = touch(at.database, [1], 5_000_000_000_000, 200).then((time) => {
        order.push("slow");
        return time;
      });
      await wait(50);
      const fast = touch(other, [2], 1).then((time) => {
        order.push("fast");
        return time;
      });
      expect(await fast).toBeGreaterThan(await slow);
      expect(order).toEqual(["slow", "fast"]);
    } finally {
      await other.close();
    }
  });

  it("sees a group again when its members change, and nothing when nothing does", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 3, members: { 1: [1], 2: [2] } });
    const times = async () => {
      const rows = await at.rows<{ id: string; at: number }>("select id, last_modified_at as at from resource");
      return new Map(rows.map((row) => [row.id, Number(row.at)]));
    };
    const changes = async () =>
      Number((await at.rows<{ changes: number }>("select changes from directory_clock"))[0]?.changes);
    const before = await times();
    const second = await nextTask(at.store, first);
    const changesBefore = await changes();
    await applyAll(at.store, second);
    expect([await times(), await changes()]).toEqual([before, changesBefore]);
    await planMembers(at.store, second, [edge("add", 1, 3)]);
    await at.store.addChanges(second.lease, second.task.id, [userChange(9)]);
    await applyAll(at.store, second);
    const after = await times();
    const changed = [...after].filter(([id, time]) => before.get(id) !== time);
    expect(changed.map(([id]) => id).sort()).toEqual([groupId(1), userChange(9).resourceId].sort());
    // The clock of the test stands still; that of the directory does not.
    for (const [, time] of changed) expect(time).toBeGreaterThan(Math.max(...before.values()));
    expect(await changes()).toBeGreaterThan(changesBefore);
  });
});

describe("the directory's time", () => {
  it("is what every write to resources is marked with", () => {
    const folder = new URL("../../src/store/", import.meta.url).pathname;
    const writing = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.startsWith("migrations"))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const)
      .filter(([, text]) => /last_modified_at(:(?! number)| = \$\{)/.test(text));
    expect(writing.map(([name]) => name)).toContain("directory-apply.ts");
    for (const [name, text] of writing) expect([name, text.includes("takeDirectoryTime(")]).toEqual([name, true]);
  });
});
