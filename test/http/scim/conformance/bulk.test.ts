import { expect, it } from "vitest";
import type { Json, JsonObject } from "../../../../src/lib/json.ts";
import { bulkRequestSchema, errorSchema, patchOpSchema } from "../../../../src/scim/messages.ts";
import { enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { testId } from "../../../store/filter-directory.ts";
import { base } from "../scim-server.ts";
import { expectError, expectStatus, onEachEndpoint, versionOf } from "./endpoint.ts";

// RFC 7644 §3.7: Bulk.

const postUser = (bulkId: string, data: object = {}) => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { userName: bulkId, ...data },
});
const postGroup = (bulkId: string, data: object = {}) => ({
  method: "POST",
  path: "/Groups",
  bulkId,
  data: { displayName: bulkId, ...data },
});
const patchOf = (path: string, ...Operations: readonly object[]) => ({
  method: "PATCH",
  path,
  data: { schemas: [patchOpSchema], Operations },
});
const managedBy = (reference: string) => ({ [enterprise]: { manager: { value: reference } } });
const statuses = (results: readonly JsonObject[]) => results.map(({ status }) => status);
const idOf = (result: JsonObject | undefined) => String(result?.["location"]).split("/").at(-1) ?? "";
const titles = (users: readonly JsonObject[]): readonly Json[] => users.map(({ title }) => title ?? null);

onEachEndpoint("bulk", (scim, at) => {
  it("R-140 R-141 R-142 does POST, PUT, PATCH and DELETE, and says of each what came of it", async () => {
    const [a, b, c] = [await scim.newUser(), await scim.newUser(), await scim.newUser()];
    const results = await scim.bulk([
      postUser("qwerty"),
      { method: "PUT", path: `/Users/${a.id}`, data: { userName: "put" } },
      { ...patchOf(b.path, { op: "add", path: "title", value: "x" }), bulkId: "named" },
      { method: "DELETE", path: c.path },
    ]);
    const id = idOf(results[0]);
    expect(results).toEqual([
      { method: "POST", bulkId: "qwerty", location: `${base}/Users/${id}`, version: 'W/"1"', status: "201" },
      { method: "PUT", location: `${base}${a.path}`, version: 'W/"2"', status: "200" },
      { method: "PATCH", bulkId: "named", location: `${base}${b.path}`, version: 'W/"2"', status: "200" },
      { method: "DELETE", location: `${base}${c.path}`, status: "204" },
    ]);
    expect((await scim.get(`/Users/${id}`)).json).toMatchObject({ userName: "qwerty", active: true });
    expect((await scim.get(a.path)).json["userName"]).toBe("put");
    expect((await scim.get(b.path)).json["title"]).toBe("x");
    expectError(await scim.get(c.path), 404);
  });

  it("R-140 R-142 answers 200 with an error for each operation that fails, and does the others", async () => {
    await scim.newUser({ userName: "taken" });
    const results = await scim.bulk([
      postUser("taken"),
      postUser("a", { active: "perhaps" }),
      { method: "DELETE", path: `/Users/${testId(999)}` },
      { method: "PUT", path: `/Users/${testId(998)}`, data: { userName: "x" } },
      postUser("b"),
    ]);
    expect(statuses(results)).toEqual(["409", "400", "404", "404", "201"]);
    expect(results[0]).toEqual({
      method: "POST",
      bulkId: "taken",
      status: "409",
      response: { schemas: [errorSchema], status: "409", scimType: "uniqueness", detail: expect.any(String) },
    });
    expect(results[2]).toMatchObject({ location: `${base}/Users/${testId(999)}`, response: { status: "404" } });
    expect(results[3]).toMatchObject({ location: `${base}/Users/${testId(998)}`, response: { status: "404" } });
  });

  it("R-141 R-142 refuses single operations that make no sense, and names where the others would be", async () => {
    const { path } = await scim.newUser();
    const results = await scim.bulk([
      7,
      {},
      { method: "GET", path: "/Users" },
      { method: "POST", path: "/Users", data: { userName: "no-bulk-id" } },
      { method: "POST", path: "/Users", bulkId: "no-data" },
      { method: "POST", path: "/Nothing", bulkId: "x", data: {} },
      { method: "POST", path, bulkId: "y", data: {} },
      { method: "PUT", path },
      { method: "PATCH", path: "/Users", data: {} },
      { method: "DELETE", path: "https://elsewhere.example.com/x" },
      { method: "PUT", path, data: { userName: "a" }, version: 7 },
    ]);
    expect(new Set(statuses(results))).toEqual(new Set(["400"]));
    expect(results.map(({ response }) => (response as JsonObject)["scimType"])).toEqual(
      results.map(() => "invalidSyntax"),
    );
    for (const index of [7, 10]) expect(results[index]?.["location"]).toBe(`${base}${path}`);
    expect(results[4]).not.toHaveProperty("location");
    expect(await scim.find("/Users", "id pr")).toHaveLength(1);
  });

  it("R-141 takes methods in any case, and paths that are relative or absolute", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const results = await scim.bulk([
      { ...postUser("x"), method: "post", path: "Users" },
      { method: "delete", path: `${base}${a.path}` },
      { METHOD: "Delete", Path: `${b.path}/` },
    ]);
    expect(statuses(results)).toEqual(["201", "204", "204"]);
  });

  it("R-143 stops after so many errors, and says nothing of the rest", async () => {
    await scim.newUser({ userName: "taken" });
    const operations = [postUser("a"), postUser("taken"), postUser("b"), postUser("TAKEN"), postUser("c")];
    expect(statuses(await scim.bulk(operations, { failOnErrors: 1 }))).toEqual(["201", "409"]);
    expect(await scim.find("/Users", 'userName eq "b"')).toEqual([]);
    await scim.delete(`/Users/${(await scim.find("/Users", 'userName eq "a"'))[0]?.["id"]}`);
    expect(statuses(await scim.bulk(operations, { failOnErrors: 2 }))).toEqual(["201", "409", "201", "409"]);
    expect(await scim.find("/Users", 'userName eq "c"')).toEqual([]);
    expect(statuses(await scim.bulk([...operations].reverse()))).toEqual(["201", "409", "409", "409", "409"]);
  });

  it("R-143 does what comes before an operation that makes no sense, and counts that one as an error", async () => {
    const operations = [postUser("a"), { method: "POST" }, postUser("b"), { method: "POST" }, postUser("c")];
    const results = await scim.bulk(operations, { failOnErrors: 1 });
    expect(statuses(results)).toEqual(["201", "400"]);
    expect((await scim.find("/Users", "id pr")).map(({ userName }) => userName)).toEqual(["a"]);
    expect(statuses(await scim.bulk(operations.slice(1), { failOnErrors: 2 }))).toEqual(["400", "201", "400"]);
    expect(await scim.find("/Users", 'userName eq "c"')).toEqual([]);
  });

  it("R-143 refuses a failOnErrors that is no number of errors", async () => {
    for (const failOnErrors of [0, -1, 1.5, "1", {}]) {
      const body = { schemas: [bulkRequestSchema], failOnErrors, Operations: [postUser("a")] };
      expectError(await scim.post("/Bulk", body), 400, "invalidValue");
    }
    expect(await at.rows("select id from resource")).toEqual([]);
  });

  it("R-144 answers 413 to more operations or bytes than it says, and does none", async () => {
    const { json } = await scim.get("/ServiceProviderConfig");
    const { maxOperations, maxPayloadSize } = json["bulk"] as { maxOperations: number; maxPayloadSize: number };
    const many = Array.from({ length: maxOperations + 1 }, (_, index) => postUser(`a${index}`));
    expectError(await scim.post("/Bulk", { schemas: [bulkRequestSchema], Operations: many }), 413);
    const large = [postUser("a", { title: "x".repeat(maxPayloadSize) })];
    expectError(await scim.post("/Bulk", { schemas: [bulkRequestSchema], Operations: large }), 413);
    expect(await at.rows("select id from resource")).toEqual([]);
  });

  it("R-145 W13 U12 resolves bulkId in data and in paths, in whatever order", async () => {
    const results = await scim.bulk([
      postGroup("guides", { members: [{ value: "bulkId:alice", type: "User" }, { value: "bulkId:bob" }] }),
      patchOf("/Users/bulkId:alice", { op: "add", path: "title", value: "x" }),
      postUser("alice", managedBy("bulkId:bob")),
      postUser("bob"),
      patchOf("/Groups/bulkId:guides", { op: "remove", path: "members", value: [{ value: "bulkId:bob" }] }),
      patchOf("/Groups/bulkId:guides", { op: "add", path: "members", value: [{ value: "bulkId:inner" }] }),
      postGroup("inner"),
    ]);
    expect(statuses(results)).toEqual(["201", "200", "201", "201", "200", "200", "201"]);
    const [group, , alice, bob, , , inner] = results.map(idOf);
    expect((await scim.get(`/Users/${alice}`)).json).toMatchObject({
      title: "x",
      [enterprise]: { manager: { value: bob } },
    });
    const made = { id: String(group), path: `/Groups/${group}`, json: {} };
    expect(await scim.membersOf(made)).toEqual([alice, inner].sort());
  });

  it("R-145 takes a bulkId in the path of a deletion", async () => {
    const results = await scim.bulk([{ method: "DELETE", path: "/Users/bulkId:a" }, postUser("a")]);
    expect(statuses(results)).toEqual(["204", "201"]);
    expect(await scim.find("/Users", "id pr")).toEqual([]);
  });

  it("R-146 makes what refers to each other, and completes it", async () => {
    const results = await scim.bulk([
      postUser("a", managedBy("bulkId:b")),
      postUser("b", managedBy("bulkId:c")),
      postUser("c", managedBy("bulkId:a")),
    ]);
    expect(statuses(results)).toEqual(["201", "201", "201"]);
    const [a, b, c] = results.map(idOf);
    for (const [index, [id, manager]] of [
      [a, b],
      [b, c],
      [c, a],
    ].entries()) {
      const { json } = await scim.get(`/Users/${id}`);
      expect(json[enterprise]).toEqual({ manager: { value: manager } });
      expect(results[index]?.["version"]).toBe(versionOf({ json }));
    }
  });

  it("R-146 R-148 loses nothing that another operation does to what is in a circle", async () => {
    const results = await scim.bulk([
      postUser("a", managedBy("bulkId:b")),
      postUser("b", managedBy("bulkId:a")),
      patchOf("/Users/bulkId:a", { op: "add", path: "title", value: "x" }),
      patchOf("/Users/bulkId:b", { op: "add", path: "title", value: "y" }),
    ]);
    expect(statuses(results)).toEqual(["201", "201", "200", "200"]);
    expect(titles(await scim.find("/Users", 'userName eq "a"'))).toEqual(["x"]);
    expect(titles(await scim.find("/Users", 'userName eq "b"'))).toEqual(["y"]);
    expect(await scim.find("/Users", `${enterprise}:manager pr`)).toHaveLength(2);
  });

  it("R-146 R-147 answers 409 for a circle that cannot be closed, and keeps no reference as a value", async () => {
    await scim.newUser({ userName: "taken" });
    const results = await scim.bulk([
      postUser("a", managedBy("bulkId:taken")),
      postUser("taken", managedBy("bulkId:a")),
    ]);
    expect(statuses(results)).toEqual(["409", "409"]);
    expect(JSON.stringify(await at.rows("select document from resource"))).not.toContain("bulkId:");
    // Two groups that hold each other are no circle that could be made.
    const groups = await scim.bulk([
      postGroup("g", { members: [{ value: "bulkId:h" }] }),
      postGroup("h", { members: [{ value: "bulkId:g" }] }),
    ]);
    expect(statuses(groups).filter((status) => status !== "201")).toHaveLength(1);
  });

  it("R-147 fails what refers to nothing, to itself or to what failed, and what refers to that", async () => {
    await scim.newUser({ userName: "taken" });
    const results = await scim.bulk([
      postGroup("g", { members: [{ value: "bulkId:nobody" }] }),
      postUser("taken"),
      postGroup("h", { members: [{ value: "bulkId:taken" }] }),
      postGroup("i", { members: [{ value: "bulkId:h" }] }),
      { method: "DELETE", path: "/Users/bulkId:nobody" },
    ]);
    expect(statuses(results)).toEqual(["409", "409", "409", "409", "409"]);
    expect(await scim.find("/Groups", "id pr")).toEqual([]);
    const itself = await scim.bulk([postGroup("self", { members: [{ value: "bulkId:self" }] })]);
    expect(itself[0]?.["status"]).not.toBe("201");
  });

  it("R-141 lets the first of two have a bulkId", async () => {
    const results = await scim.bulk([postUser("a"), { ...postUser("a"), data: { userName: "b" } }]);
    expect(statuses(results)).toEqual(["201", "400"]);
    expect(results[1]).not.toHaveProperty("location");
  });

  it("R-146 does a chain that stands upside down, however long", async () => {
    const operations = Array.from({ length: 300 }, (_, index) =>
      postUser(`u${index}`, managedBy(`bulkId:u${index + 1}`)),
    );
    const results = await scim.bulk([...operations, postUser("u300")]);
    expect(new Set(statuses(results))).toEqual(new Set(["201"]));
    expect(
      await scim.find("/Users", `userName eq "u0" and ${enterprise}:manager.value eq "${idOf(results[1])}"`),
    ).toHaveLength(1);
  });

  it("R-148 R-134 does the operations on one resource in their order", async () => {
    const { path } = await scim.newUser();
    const steps = Array.from({ length: 20 }, (_, index) =>
      patchOf(path, { op: "replace", path: "title", value: String(index) }),
    );
    expect(statuses(await scim.bulk(steps))).toEqual(steps.map(() => "200"));
    expect((await scim.get(path)).json["title"]).toBe("19");
  });

  it("R-149 keeps what was done before something failed", async () => {
    const results = await scim.bulk([postUser("a"), postUser("A"), postUser("b")]);
    expect(statuses(results)).toEqual(["201", "409", "201"]);
    expect(await scim.find("/Users", "id pr")).toHaveLength(2);
  });

  it("R-150 R-046 says in its configuration that it can, and how much", async () => {
    expect((await scim.get("/ServiceProviderConfig")).json["bulk"]).toEqual({
      supported: true,
      maxOperations: 1000,
      maxPayloadSize: 4 * 1024 * 1024,
    });
  });

  it("R-158 takes version for If-Match", async () => {
    const { path, json } = await scim.newUser();
    const old = { ...patchOf(path, { op: "add", path: "title", value: "x" }), version: 'W/"77"' };
    const [refused, done, again] = await scim.bulk([
      old,
      { ...old, version: versionOf({ json }) },
      { method: "DELETE", path, version: versionOf({ json }) },
    ]);
    expect([refused, done, again].map((result) => result?.["status"])).toEqual(["412", "200", "412"]);
    expect((await scim.get(path)).json["title"]).toBe("x");
  });

  it("R-066 R-153 refuses what is no BulkRequest", async () => {
    for (const body of [
      "{",
      "[]",
      "",
      {},
      { Operations: [] },
      { schemas: [patchOpSchema], Operations: [] },
      { schemas: [bulkRequestSchema] },
      { schemas: [bulkRequestSchema], Operations: {} },
    ]) {
      expectError(await scim.post("/Bulk", body), 400, "invalidSyntax");
    }
    expect(await scim.bulk([])).toEqual([]);
  });

  it("lets a client that may only read do nothing, operation by operation", async () => {
    const body = { schemas: [bulkRequestSchema], Operations: [postUser("a")] };
    const answer = await scim.send("POST", "/Bulk", { body, token: "token-all" });
    expectStatus(answer, 200);
    expect(answer.json["Operations"]).toMatchObject([{ status: "403" }]);
    expect(await at.rows("select id from resource")).toEqual([]);
  });
});
