import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { type FilterableResource, matchesFilter } from "../../src/scim/match-filter.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { printFilter } from "../../src/scim/print-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import type { ResourceType } from "../../src/scim/resource.ts";
import type { Database } from "../../src/store/database.ts";
import { makeDirectoryReader } from "../../src/store/directory-reader.ts";
import { openPostgres } from "../../src/store/postgres/open.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import { filtersOf, groupDocument, testExtension, userDocument } from "./filter-arbitraries.ts";
import { type TestEdge, type TestResource, testId, writeDirectory } from "./filter-directory.ts";
import { fulfils } from "./filter-reference.ts";

const catalog = makeSchemaCatalog([testExtension]);

describe.each(["sqlite", "postgres"] as const)("filters in %s", (dialect) => {
  let server: TestPostgres | null = null;
  let database: Database;

  beforeAll(async () => {
    if (dialect === "postgres") server = await startPostgres();
    database = server ? await openPostgres(await server.createDatabase()) : await openSqlite(":memory:");
    await writeDirectory(database, directory.resources, directory.edges);
  });
  afterAll(async () => {
    await database?.close();
    await server?.close();
  });

  async function idsInSql(text: string, type: ResourceType): Promise<readonly string[]> {
    const filter = resolveFilter(parseFilter(text), type, catalog);
    const reader = makeDirectoryReader(database);
    const found = await reader.queryResources({ type, sources: "all", filter, startIndex: 1, count: 1000 });
    expect(found.total).toBe(found.rows.length);
    return found.rows.map(({ id }) => id);
  }

  for (const type of ["User", "Group"] as const) {
    it(`find the ${type}s that a naive reading of the RFC and the evaluator in memory find, for random filters`, async () => {
      const property = fc.asyncProperty(filtersOf(type, directory.ids), async (filter) => {
        const expected = directory.whole.filter(({ type: own, json }) => own === type && fulfils(json, filter));
        const text = printFilter(filter);
        const inSql = await idsInSql(text, type);
        expect(inSql).toEqual(expected.map(({ id }) => id));
        expect(idsInMemory(text, type)).toEqual(inSql);
      });
      await fc.assert(property, { numRuns: 600 });
    });
  }

  it("R-084 fold case, by Unicode's rules, unless the attribute is caseExact", async () => {
    const names = directory.whole.find(({ json }) => json["userName"] === "Zhang.Éva-0");
    expect(await idsInSql('userName eq "ZHANG.éVA-0"', "User")).toEqual([names?.id]);
    expect(await idsInSql(`id eq "${directory.ids[0]}"`, "User")).toEqual([directory.ids[0]]);
  });

  it("take wildcards of LIKE for what they are", async () => {
    const found = await idsInSql('title co "%"', "User");
    const expected = directory.whole.filter(({ json }) => String(json["title"] ?? "").includes("%"));
    expect(expected.length).toBeGreaterThan(0);
    expect(found).toEqual(expected.map(({ id }) => id));
  });

  it("hold at the limits of length, depth and number", async () => {
    const many = Array.from({ length: 256 }, (_, index) => `emails[value eq "x${index}"]`).join(" or ");
    expect(await idsInSql(many, "User")).toEqual([]);
    const deep = `${"not (".repeat(32)}active eq true or active eq false${")".repeat(32)}`;
    expect((await idsInSql(deep, "User")).length).toBe(directory.whole.filter(({ type }) => type === "User").length);
  });
});

function idsInMemory(text: string, type: ResourceType): readonly string[] {
  const filter = resolveFilter(parseFilter(text), type, catalog);
  return directory.whole.flatMap(({ id, inMemory }) =>
    inMemory.type === type && matchesFilter(filter, inMemory) ? [id] : [],
  );
}

/** One seeded directory: the filters are what varies. */
const directory = makeDirectory();

function makeDirectory() {
  const users = fc.sample(userDocument, { numRuns: 60, seed: 7 });
  const groups = fc.sample(groupDocument, { numRuns: 15, seed: 8 });
  const times = [0, 1, 2, 3, 4, 5].map((hours) => Date.UTC(2026, 0, 31, hours, 0, 0, hours));
  const time = (index: number) => times[index % times.length] ?? 0;
  const resources: TestResource[] = [...users, ...groups].map((document, index) => {
    const type = index < users.length ? "User" : "Group";
    const named = type === "User" ? { ...document, userName: userNameOf(index) } : document;
    const gone = index % 20 === 19 ? { deletedAt: 1 } : {};
    return {
      id: testId(index),
      type,
      document: named,
      createdAt: time(index),
      lastModifiedAt: time(index * 7 + 3),
      ...gone,
    };
  });
  const edges = resources
    .filter(({ type }) => type === "Group")
    .flatMap((group, groupIndex): TestEdge[] =>
      resources
        .filter((member, index) => member !== group && (index * 31 + groupIndex * 17) % 11 === 0)
        .map((member) => ({ groupId: group.id, memberId: member.id, memberType: member.type })),
    );
  const there = resources.filter(({ deletedAt }) => deletedAt === undefined);
  const whole = there.map((resource) => ({
    id: resource.id,
    type: resource.type,
    json: wholeResource(resource, there, edges),
    inMemory: inMemory(resource, there, edges),
  }));
  return {
    resources,
    edges,
    whole,
    ids: [...edges.slice(0, 5).flatMap((edge) => [edge.memberId, edge.groupId]), testId(0)].reverse(),
  };
}

function inMemory(
  { id, type, document, createdAt = 0, lastModifiedAt = 0 }: TestResource,
  there: readonly TestResource[],
  edges: readonly TestEdge[],
): FilterableResource {
  const [own, far] = type === "Group" ? (["groupId", "memberId"] as const) : (["memberId", "groupId"] as const);
  const others = edges
    .filter((edge) => edge[own] === id)
    .flatMap((edge) => {
      const other = there.find((one) => one.id === edge[far]);
      const displayName = other?.document["displayName"];
      return other
        ? [{ id: other.id, type: other.type, displayName: typeof displayName === "string" ? displayName : null }]
        : [];
    });
  return { id, type, document, createdAt, lastModifiedAt, edges: others };
}

function userNameOf(index: number): string {
  const names = ["Zhang.Éva", "a", "AB_%", "张三", "😀"];
  return `${names[index % names.length]}-${Math.floor(index / names.length)}`;
}

function wholeResource(resource: TestResource, there: readonly TestResource[], edges: readonly TestEdge[]): JsonObject {
  const { id, type, document } = resource;
  const iso = (time: number | undefined) => new Date(time ?? 0).toISOString();
  const elements = edges
    .filter((edge) => (type === "Group" ? edge.groupId : edge.memberId) === id)
    .flatMap((edge): readonly JsonObject[] => {
      const other = there.find((one) => one.id === (type === "Group" ? edge.memberId : edge.groupId));
      const display: Json | undefined = other?.document["displayName"];
      const value = { value: other?.id ?? "", type: type === "Group" ? edge.memberType : "direct" };
      return other ? [{ ...value, ...(display === undefined ? {} : { display }) }] : [];
    });
  return {
    ...document,
    id,
    meta: { resourceType: type, created: iso(resource.createdAt), lastModified: iso(resource.lastModifiedAt) },
    ...(elements.length > 0 ? { [type === "Group" ? "members" : "groups"]: elements } : {}),
  };
}
