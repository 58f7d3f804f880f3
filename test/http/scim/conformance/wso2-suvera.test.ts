import { expect, it } from "vitest";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { base } from "../scim-server.ts";
import { expectError, expectStatus, listOf, onEachEndpoint, resourcesOf, searchRequest } from "./endpoint.ts";

// What WSO2's suite (W1 to W14) and suvera's utility (U1 to U12) do. Both look at every resource by the schemas that the
// server publishes; W14 is about /Me, which is not here.

onEachEndpoint("WSO2's suite", (scim) => {
  const json = { "content-type": "application/json" };

  it("W1 W2 W3 U1 describes itself in schemas that hold for what it answers", async () => {
    const core = "urn:ietf:params:scim:schemas:core:2.0";
    const schemas = new Map(resourcesOf(await scim.get("/Schemas")).map((schema) => [schema["id"], schema]));
    for (const name of ["User", "Group", "ServiceProviderConfig", "ResourceType"]) {
      expect([...schemas.keys()]).toContain(`${core}:${name}`);
    }
    expectDescribed((await scim.get("/ServiceProviderConfig")).json, schemas.get(`${core}:ServiceProviderConfig`));
    for (const type of resourcesOf(await scim.get("/ResourceTypes"))) {
      expectDescribed(type, schemas.get(`${core}:ResourceType`));
    }
    expectError(await scim.get("/ResourceType"), 404);
  });

  it("W4 W5 W6 U2 U3 U6 U7 U8 creates a user without schemas, reads, replaces, patches and deletes him", async () => {
    const body = {
      userName: "loginUser1",
      password: "testPassword1",
      name: { givenName: "Tony", familyName: "Stark" },
      emails: [
        { primary: true, value: "tony@example.com", type: "home" },
        { value: "stark@example.com", type: "work" },
      ],
    };
    const created = await scim.post("/Users", body, json);
    expectStatus(created, 201);
    expect(created.json["schemas"]).toEqual([coreUserSchema]);
    const { location } = created.json["meta"] as { location: string };
    expect(location.startsWith(`${base}/`)).toBe(true);
    const path = location.slice(base.length);
    expect((await scim.get(path)).json).toEqual(created.json);
    const schemas = await scim.get(`/Schemas/${coreUserSchema}`);
    expectDescribed(created.json, schemas.json);
    const put = await scim.put(path, { ...created.json, title: "x" }, json);
    expectStatus(put, 200);
    expectDescribed(put.json, schemas.json);
    const nicknamed = await scim.patch(path, { op: "add", value: { nickName: "shaggy" } });
    expectStatus(nicknamed, 200);
    expect(nicknamed.json).toMatchObject({ nickName: "shaggy", title: "x" });
    const renamed = await scim.patch(path, { op: "replace", path: "name.familyName", value: "Rogers" });
    expect(renamed.json["name"]).toEqual({ givenName: "Tony", familyName: "Rogers" });
    expectStatus(await scim.delete(path), 204);
  });

  it("W7 W8 U9 does the same with a group", async () => {
    const user = await scim.newUser();
    const created = await scim.post("/Groups", { displayName: "Starks", members: [{ value: user.id }] }, json);
    expectStatus(created, 201);
    expectDescribed(created.json, (await scim.get(`/Schemas/${coreGroupSchema}`)).json);
    const path = `/Groups/${created.json["id"]}`;
    const other = await scim.newUser();
    const member = { value: other.id, type: "User", $ref: `${base}/Users/${other.id}` };
    expectStatus(await scim.patch(path, { op: "add", path: "members", value: [member] }), 204);
    expect(listOf((await scim.get(path)).json, "members")).toHaveLength(2);
    const renamed = await scim.patch(path, { op: "add", value: { displayName: "Actors" } });
    expectStatus(renamed, 200);
    expect(renamed.json["displayName"]).toBe("Actors");
    expect(await scim.find("/Groups", 'displayName co "ctor"')).toHaveLength(1);
    expectStatus(await scim.put(path, renamed.json), 200);
    expectStatus(await scim.delete(path), 204);
  });

  it("W9 W10 W11 W12 U4 U5 lists, filters, pages and sorts users and groups", async () => {
    const [users, groups]: [string[], string[]] = [[], []];
    for (const name of ["stark", "banner", "romanoff", "barton"]) {
      users.push((await scim.newUser({ userName: `loginUser-${name}`, name: { familyName: name } })).id);
      groups.push((await scim.newGroup({ displayName: `group-${name}` })).id);
    }
    for (const [endpoint, ids, filter] of [
      ["/Users", users, "userName+eq+%22loginuser-banner%22"],
      ["/Groups", groups, "displayName+eq+%22GROUP-banner%22"],
    ] as const) {
      const idsOf = async (query: string) =>
        resourcesOf(await scim.get(`${endpoint}${query}`)).map(({ id }) => String(id));
      expect((await idsOf("")).sort()).toEqual([...ids].sort());
      expect(await idsOf(`?filter=${filter}`)).toEqual([ids[1]]);
      expect(await idsOf("?startIndex=1&count=2")).toHaveLength(2);
      expect(await idsOf("?startIndex=1&count=10")).toHaveLength(4);
      expect(await idsOf("?sortBy=id&sortOrder=ascending")).toEqual([...ids].sort());
      expect(await idsOf("?sortBy=id&sortOrder=descending")).toEqual([...ids].sort().reverse());
    }
    expect(await scim.find("/Users", 'name.familyName co "Stark"')).toHaveLength(1);
    // Without quotes, as the suite also sends it, it is no filter.
    expectError(await scim.get("/Users?filter=userName+eq+loginUser-stark"), 400, "invalidFilter");
  });

  it("W13 U12 creates users, and a group that holds one, in a bulk request", async () => {
    const user = (userName: string, bulkId: string) => ({
      method: "POST",
      path: "/Users",
      bulkId,
      data: { schemas: [coreUserSchema, enterprise], userName, [enterprise]: { employeeNumber: "11250" } },
    });
    const results = await scim.bulk(
      [
        user("kris", "qwerty"),
        user("smith", "ytrewq"),
        {
          method: "POST",
          path: "/Groups",
          bulkId: "ytrewr",
          data: { displayName: "Tour Guides", members: [{ type: "User", value: "bulkId:qwerty" }] },
        },
      ],
      { failOnErrors: 1 },
    );
    expect(results.map(({ status }) => status)).toEqual(["201", "201", "201"]);
    const [group] = await scim.find("/Groups", "id pr");
    expect(listOf(group ?? {}, "members")).toMatchObject([{ $ref: results[0]?.["location"] }]);
  });

  it("U10 has no /Me", async () => {
    expectError(await scim.get("/Me"), 501);
  });

  it("U11 searches at the root and below", async () => {
    await scim.newUser({ displayName: "Stark" });
    await scim.newGroup({ displayName: "Starks" });
    const byType = searchRequest({ filter: '(meta.resourceType eq "User") and (displayName sw "s")' });
    expect((await scim.post("/.search", byType)).json["totalResults"]).toBe(1);
    for (const [path, total] of [
      ["/.search", 2],
      ["/Users/.search", 1],
      ["/Groups/.search", 1],
    ] as const) {
      const found = await scim.post(path, searchRequest({ filter: 'displayName sw "s"', startIndex: 1, count: 0 }));
      expect(found.json).toMatchObject({ totalResults: total, itemsPerPage: 0, Resources: [] });
    }
  });
});

/** All that a schema requires is there, and nothing that it does not have or never returns. */
function expectDescribed(resource: JsonObject, schema: JsonObject | undefined): void {
  const attributes = listOf(schema ?? {}, "attributes");
  const byName = new Map(attributes.map((attribute) => [attribute["name"], attribute]));
  const { schemas: _, id: __, meta: ___, externalId: ____, ...own } = resource;
  for (const [name, value] of Object.entries(own).filter(([name]) => !name.startsWith("urn:"))) {
    const attribute = byName.get(name);
    expect(attribute, name).toBeDefined();
    expect(attribute?.["returned"]).not.toBe("never");
    expect(Array.isArray(value), name).toBe(attribute?.["multiValued"]);
    if (attribute?.["type"] === "boolean") expect(typeof value).toBe("boolean");
  }
  for (const { name, required } of attributes) if (required === true) expect(resource).toHaveProperty([String(name)]);
}
