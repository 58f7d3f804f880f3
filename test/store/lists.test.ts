import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { compareCodePoints } from "../../src/lib/compare-code-points.ts";
import { foldCase } from "../../src/lib/fold.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import type { Filter } from "../../src/scim/filter.ts";
import { matchesFilter } from "../../src/scim/match-filter.ts";
import { resolveFilterAmong } from "../../src/scim/resolve-filter.ts";
import { resolveSort } from "../../src/scim/resolve-sort.ts";
import { enterpriseUserSchema, type ResourceType } from "../../src/scim/resource.ts";
import { makeDirectoryReader } from "../../src/store/directory-reader.ts";
import type { DirectoryReader, ListPlace, ListQuery } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";
import { filtersOf, groupDocument, testExtension, userDocument } from "./filter-arbitraries.ts";
import { type TestResource, testId, writeDirectory } from "./filter-directory.ts";

const catalog = makeSchemaCatalog([testExtension]);

/** What can be sorted by, and how to read it in a resource. */
const sortable: Readonly<Record<string, (resource: TestResource) => Json | undefined>> = {
  id: ({ id }) => id,
  userName: ({ document }) => folded(document["userName"]),
  DISPLAYNAME: ({ document }) => folded(document["displayName"]),
  externalId: ({ document }) => document["externalId"],
  active: ({ type, document }) => (type === "User" ? Number(document["active"] !== false) : undefined),
  title: ({ document }) => folded(document["title"]),
  "name.familyName": ({ document }) => folded(inside(document["name"], "familyName")),
  emails: ({ document }) => folded(inside(primary(document["emails"]), "value")),
  "photos.type": ({ document }) => folded(inside(primary(document["photos"]), "type")),
  "meta.lastModified": ({ lastModifiedAt }) => lastModifiedAt,
  "meta.created": ({ createdAt }) => createdAt,
  [`${enterpriseUserSchema}:department`]: ({ document }) =>
    folded(inside(document[enterpriseUserSchema], "department")),
  [`${enterpriseUserSchema}:manager`]: ({ document }) =>
    folded(inside(inside(document[enterpriseUserSchema], "manager"), "value")),
  [`${testExtension.id}:shift`]: ({ document }) => inside(document[testExtension.id], "shift"),
  [`${testExtension.id}:score`]: ({ document }) => inside(document[testExtension.id], "score"),
  [`${testExtension.id}:badge`]: ({ document }) => inside(document[testExtension.id], "badge"),
  [`${testExtension.id}:labels`]: ({ document }) => folded(firstOf(inside(document[testExtension.id], "labels"))),
  [`${testExtension.id}:hiredAt`]: ({ document }) => instant(inside(document[testExtension.id], "hiredAt")),
};

const resources: readonly TestResource[] = [
  ...fc.sample(userDocument, { numRuns: 50, seed: 3 }).map((document, index) => resource("User", document, index)),
  ...fc
    .sample(groupDocument, { numRuns: 20, seed: 4 })
    .map((document, index) => resource("Group", document, index + 50)),
];

function resource(type: ResourceType, document: JsonObject, index: number): TestResource {
  const named =
    type === "User" && index % 7 !== 0 ? { ...document, userName: `${"bAc"[index % 3]}-${index}` } : document;
  return {
    id: testId((index * 37) % 101),
    type,
    document: named,
    createdAt: 1_000_000 + (index % 5),
    lastModifiedAt: 2_000_000 + ((index * 13) % 11),
    ...(index % 17 === 16 ? { deletedAt: 1 } : {}),
  };
}

const there = resources.filter(({ deletedAt }) => deletedAt === undefined);

interface Question {
  readonly types: readonly ResourceType[];
  readonly filter: Filter | null;
  readonly sortBy: string | null;
  readonly sort: "ascending" | "descending";
  readonly count: number;
}

const question: fc.Arbitrary<Question> = fc
  .constantFrom<readonly ResourceType[]>(["User"], ["Group"], ["User", "Group"])
  .chain((types) =>
    fc.record({
      types: fc.constant(types),
      filter: fc.option(filtersOf(types[0] ?? "User", [testId(1), testId(2)])),
      sortBy: fc.option(fc.constantFrom(...Object.keys(sortable))),
      sort: fc.constantFrom("ascending" as const, "descending" as const),
      count: fc.integer({ min: 1, max: 20 }),
    }),
  );

onEachDatabase("a list", (at) => {
  let reader: DirectoryReader;
  beforeEach(async () => {
    await writeDirectory(at.database, resources);
    reader = makeDirectoryReader(at.database, { hop: 4, few: 5 });
  });

  it("R-095 R-100 R-163 is the same by index, by cursor and in one piece, and in the order of the RFC", async () => {
    const property = fc.asyncProperty(question, async (asked) => {
      const query = toQuery(asked);
      if (query === null) return;
      const whole = await ids(reader, { ...query, count: 1000, from: { startIndex: 1 } });
      expect(whole).toEqual(expected(asked));
      expect(await byIndex(reader, query, whole.length)).toEqual(whole);
      expect(await byCursor(reader, query)).toEqual(whole);
    });
    await fc.assert(property, { numRuns: at.dialect === "postgres" ? 200 : 400 });
  }, 120_000);

  it("is counted anew after each change", async () => {
    const query: ListQuery = { sources: "all", parts: [part("User")], sort: null, count: 2, from: { startIndex: 9 } };
    const look = async () => {
      const page = await reader.listResources(query);
      return [page.total, page.rows.map(({ id }) => id)];
    };
    const first = await look();
    expect(await look()).toEqual(first);
    const users = there.filter(({ type }) => type === "User").map(({ id }) => id);
    const sorted = [...users].sort();
    expect(first).toEqual([sorted.length, sorted.slice(8, 10)]);
    const gone = sorted[0] ?? "";
    await at.database.db.updateTable("resource").set({ deleted_at: 1 }).where("id", "=", gone).execute();
    expect(await look()).toEqual([sorted.length - 1, sorted.slice(9, 11)]);
    const another = await at.openAnother();
    expect((await another.listResources(query)).total).toBe(sorted.length - 1);
    await at.database.db.deleteFrom("resource").where("id", "=", gone).execute();
    await writeDirectory(at.database, [{ id: gone, type: "User", document: { userName: "again" } }]);
    expect(await look()).toEqual(first);
    // What another process wrote is seen from the next turn of the event loop on.
    await new Promise((resolve) => setImmediate(resolve));
    expect((await another.listResources(query)).total).toBe(sorted.length);
  });

  it("R-163 goes on behind a place whose resource has gone, and shows what moved behind it", async () => {
    const query = toQuery({ types: ["User"], filter: null, sortBy: "meta.lastModified", sort: "ascending", count: 5 });
    if (query === null) throw new Error("meta.lastModified is an attribute");
    const first = await reader.listResources({ ...query, from: { after: null } });
    const [moved, last] = [first.rows[0]?.id ?? "", first.rows[4]?.id ?? ""];
    await at.database.db.updateTable("resource").set({ last_modified_at: 9_000_000 }).where("id", "=", moved).execute();
    await at.database.db.deleteFrom("resource").where("id", "=", last).execute();
    const rest: string[] = [];
    for (let after = first.next; after !== null; ) {
      const page = await reader.listResources({ ...query, from: { after } });
      rest.push(...page.rows.map(({ id }) => id));
      after = page.next;
    }
    expect(rest).toHaveLength(there.filter(({ type }) => type === "User").length - 5 + 1);
    expect(rest.at(-1)).toBe(moved);
  });
});

function part(type: ResourceType): ListQuery["parts"][number] {
  return { type, filter: null, sortBy: null };
}

/** Null for what only one of the types has: that is refused elsewhere. */
function toQuery({ types, filter, sortBy, sort, count }: Question): ListQuery | null {
  try {
    const places = sortBy === null ? null : resolveSort(sortBy, types, catalog);
    const parts = types.map((type) => ({
      type,
      filter: filter && resolveFilterAmong(filter, type, types, catalog),
      sortBy: places?.get(type) ?? null,
    }));
    return { sources: "all", parts, sort: sortBy === null ? null : sort, count, from: { startIndex: 1 } };
  } catch {
    return null;
  }
}

function expected({ types, filter, sortBy, sort }: Question): readonly string[] {
  const found = types.map((type) => {
    const resolved = filter && resolveFilterAmong(filter, type, types, catalog);
    const ofType = there.filter((each) => each.type === type);
    const inMemory = ({ id, document, createdAt = 0, lastModifiedAt = 0 }: TestResource) =>
      resolved === null || matchesFilter(resolved, { id, type, document, createdAt, lastModifiedAt, edges: [] });
    return ofType.filter(inMemory).sort((a, b) => compareCodePoints(a.id, b.id));
  });
  if (sortBy === null) return found.flat().map(({ id }) => id);
  const places = resolveSort(sortBy, types, catalog);
  const read = sortable[sortBy];
  const keyOf = (each: TestResource) => (places.get(each.type) ? read?.(each) : undefined) ?? null;
  const ascending = found.flat().sort((a, b) => order(keyOf(a), keyOf(b)) || compareCodePoints(a.id, b.id));
  return (sort === "ascending" ? ascending : ascending.reverse()).map(({ id }) => id);
}

/** Those without a value last. */
function order(a: Json, b: Json): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === "number" && typeof b === "number" ? a - b : compareCodePoints(String(a), String(b));
}

async function ids(reader: DirectoryReader, query: ListQuery): Promise<readonly string[]> {
  const { rows, total } = await reader.listResources(query);
  expect(total).toBe(rows.length);
  return rows.map(({ id }) => id);
}

async function byIndex(reader: DirectoryReader, query: ListQuery, total: number): Promise<readonly string[]> {
  const found: string[] = [];
  // From the end, so that places are not found one after the other.
  const starts = Array.from({ length: Math.ceil(total / query.count) + 1 }, (_, index) => 1 + index * query.count);
  for (const startIndex of starts.reverse()) {
    const page = await reader.listResources({ ...query, from: { startIndex } });
    expect(page.total).toBe(total);
    found.unshift(...page.rows.map(({ id }) => id));
  }
  return found;
}

async function byCursor(reader: DirectoryReader, query: ListQuery): Promise<readonly string[]> {
  const found: string[] = [];
  let after: ListPlace | null = null;
  do {
    const { rows, next }: Awaited<ReturnType<typeof reader.listResources>> = await reader.listResources({
      ...query,
      from: { after },
    });
    expect(rows.length).toBeLessThanOrEqual(query.count);
    if (next !== null) expect(rows).toHaveLength(query.count);
    found.push(...rows.map(({ id }) => id));
    // As it comes back out of a cursor.
    after = next === null ? null : (JSON.parse(JSON.stringify(next)) as ListPlace);
  } while (after !== null);
  return found;
}

function folded(value: Json | undefined): Json | undefined {
  return typeof value === "string" ? foldCase(value) : value;
}

function inside(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined;
}

function firstOf(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? value[0] : undefined;
}

function primary(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.find((element) => inside(element, "primary") === true) ?? value[0];
}

function instant(value: Json | undefined): Json | undefined {
  return typeof value === "string" ? Date.parse(value) : undefined;
}
