import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, inject } from "vitest";
import { makeCipher } from "../../src/lib/cipher.ts";
import type { Database, Dialect } from "../../src/store/database.ts";
import { type FullStore, makeStore, openDatabase } from "../../src/store/open-store.ts";

/** One database of a suite, empty before each test. */
export interface TestDatabase {
  readonly dialect: Dialect;
  /** What `openDatabase` takes: another process or thread can open it too. */
  readonly url: string;
  readonly database: Database;
  readonly store: FullStore;
  readonly clock: { now: number };
  readonly encryptionKey: Buffer;
  /** A second store on the same database, with connections of its own: what another process has. */
  openAnother(): Promise<FullStore>;
  /** Deletes every row, that of the clock aside: it counts on. */
  empty(): Promise<void>;
  /** Rows of a statement, for what the store does not show. */
  rows<T>(text: string): Promise<readonly T[]>;
}

/** Runs the same tests on SQLite and on a real PostgreSQL. */
export function onEachDatabase(title: string, suite: (at: TestDatabase) => void): void {
  describe.each(["sqlite", "postgres"] as const)(`${title} (%s)`, (dialect) => {
    const at = new OpenedDatabase(dialect);
    beforeAll(() => at.open());
    afterAll(() => at.close());
    beforeEach(async (context) => {
      context.skip(at.missing !== null, at.missing ?? "");
      await at.empty();
    });
    suite(at);
  });
}

/** The URL of a new, empty database. @throws when PostgreSQL cannot be started here */
export async function makeDatabase(dialect: Dialect): Promise<{ readonly url: string; remove(): void }> {
  if (dialect === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "bridge-store-"));
    return { url: `file:${join(folder, "bridge.db")}`, remove: () => rmSync(folder, { recursive: true, force: true }) };
  }
  const answer = await fetch(inject("databaseDispenser"));
  const text = await answer.text();
  if (!answer.ok) throw new Error(`no PostgreSQL for the tests: ${text}`);
  return { url: text, remove: () => {} };
}

/** When every test begins. */
const startOfTime = Date.parse("2026-03-01T08:00:00.000Z");

class OpenedDatabase implements TestDatabase {
  readonly dialect: Dialect;
  readonly clock = { now: startOfTime };
  readonly encryptionKey = randomBytes(32);
  /** Why there is no such database here. */
  missing: string | null = null;
  #made: { readonly url: string; remove(): void } | null = null;
  #opened: { readonly database: Database; readonly store: FullStore } | null = null;
  readonly #others: FullStore[] = [];

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  async open(): Promise<void> {
    try {
      this.#made = await makeDatabase(this.dialect);
    } catch (error) {
      // Where nobody looks, a suite that did not run must not pass for one that did.
      if (process.env["CI"] === "true") throw error;
      this.missing = error instanceof Error ? error.message : String(error);
      process.stderr.write(`\n!!! SKIPPED on ${this.dialect}: ${this.missing}\n\n`);
      return;
    }
    const database = await openDatabase(this.url);
    this.#opened = { database, store: this.#storeOn(database) };
  }

  async close(): Promise<void> {
    for (const other of this.#others) await other.close();
    await this.#opened?.store.close();
    this.#made?.remove();
  }

  async empty(): Promise<void> {
    this.clock.now = startOfTime;
    const tables = (await this.database.db.introspection.getTables()).map(({ name }) => name);
    const kept = ["schema_version", "directory_clock"];
    for (const table of tables.filter((name) => !kept.includes(name))) {
      await sql`delete from ${sql.table(table)}`.execute(this.database.db);
    }
  }

  get url(): string {
    return present(this.#made).url;
  }

  get database(): Database {
    return present(this.#opened).database;
  }

  get store(): FullStore {
    return present(this.#opened).store;
  }

  async openAnother(): Promise<FullStore> {
    const store = this.#storeOn(await openDatabase(this.url));
    this.#others.push(store);
    return store;
  }

  async rows<T>(text: string): Promise<readonly T[]> {
    return (await sql.raw<T>(text).execute(this.database.db)).rows;
  }

  #storeOn(database: Database): FullStore {
    return makeStore(database, makeCipher(this.encryptionKey), () => this.clock.now);
  }
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error("the database is not open");
  return value;
}
