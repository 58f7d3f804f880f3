import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { matchesFilter } from "../../src/scim/match-filter.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { printFilter } from "../../src/scim/print-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import { coreUserSchema, enterpriseUserSchema } from "../../src/scim/resource.ts";
import type { Database } from "../../src/store/database.ts";
import { makeDirectoryReader } from "../../src/store/directory-reader.ts";
import { openPostgres } from "../../src/store/postgres/open.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import { filtersOf, testExtension, text } from "./filter-arbitraries.ts";
import { testId, writeDirectory } from "./filter-directory.ts";

// Documents as they can lie there after a schema file was changed: what they hold is of another type than the schema
// says today, or is nothing at all.

const catalog = makeSchemaCatalog([testExtension]);

const empty = fc.constantFrom<unknown>(null, "", [], {}, { value: null }, { value: "" }, [null], [""], { a: 1 });
const dates = fc.constantFrom(
  "2026-01-31T00:00:00Z",
  "2026-01-31T00:00:00",
  "2026-01-31T00:00:00.000Z",
  "2026-01-31T01:00:00.0010004Z",
  "2026-01-31T01:00:00.0006Z",
  "2026-01-31T00:59:59.9996Z",
  "2026-01-31T08:00:00+08:00",
  "2026-01-30T19:00:00.123456789-05:00",
  "2026-01-31",
  "now",
);
/**
 * Where a text belongs. Of a number or an object there each database makes another text, and null in place of a list
 * is an element to one of them: that is left open, and no mapping writes it.
 */
const noText = fc.oneof(text, dates, fc.constant(null));
const anything = fc.oneof(text, dates, empty, fc.boolean(), fc.integer({ min: -2, max: 2 }));
const element = fc.oneof(
  fc.record({ value: noText, type: noText, primary: anything }, { requiredKeys: [] }),
  text,
  empty.filter((value) => JSON.stringify(value) !== "{}"),
);
const elements = fc.array(element, { maxLength: 3 });

const document = fc
  .record(
    {
      externalId: anything,
      displayName: anything,
      name: fc.oneof(fc.record({ formatted: noText, familyName: noText }, { requiredKeys: [] }), anything),
      title: noText,
      active: anything,
      emails: elements,
      photos: elements,
      [enterpriseUserSchema]: fc.oneof(
        fc.record(
          { department: noText, manager: fc.oneof(fc.record({ value: noText }), anything) },
          { requiredKeys: [] },
        ),
        anything,
      ),
      [testExtension.id]: fc.record(
        {
          shift: anything,
          score: fc.oneof(anything, fc.constantFrom(-1.5, 0.3, 1e300)),
          hiredAt: fc.oneof(anything, dates),
          badge: noText,
          labels: fc.array(noText, { maxLength: 3 }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((attributes) => JSON.parse(JSON.stringify({ schemas: [coreUserSchema], ...attributes })) as JsonObject);

const resources = fc.sample(document, { numRuns: 300, seed: 11 }).map((each, index) => ({
  id: testId(index),
  type: "User" as const,
  document: each,
  createdAt: 0,
  lastModifiedAt: 0,
}));

describe.each(["sqlite", "postgres"] as const)("odd documents in %s", (dialect) => {
  let server: TestPostgres | null = null;
  let database: Database;

  beforeAll(async () => {
    if (dialect === "postgres") server = await startPostgres();
    database = server ? await openPostgres(await server.createDatabase()) : await openSqlite(":memory:");
    await writeDirectory(database, resources);
  });
  afterAll(async () => {
    await database?.close();
    await server?.close();
  });

  it("are found as they are in memory", async () => {
    const reader = makeDirectoryReader(database);
    const property = fc.asyncProperty(filtersOf("User", [testId(0)]), async (filter) => {
      const resolved = resolveFilter(parseFilter(printFilter(filter)), "User", catalog);
      const query = { type: "User", sources: "all", filter: resolved, startIndex: 1, count: 1000 } as const;
      const inSql = (await reader.queryResources(query)).rows.map(({ id }) => id);
      const inMemory = resources.filter((each) => matchesFilter(resolved, { ...each, edges: [] })).map(({ id }) => id);
      expect(inMemory).toEqual(inSql);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
