import { expect, test } from "vitest";
import { enterpriseUrn, groupUrn, start, userUrn, wecomUrn } from "./support.ts";

test("a created user comes back with id, meta, Location and an entity tag", async () => {
  const { call, simulator } = await start();
  const user = {
    schemas: [userUrn, enterpriseUrn, wecomUrn],
    userName: "Zhang.San",
    externalId: "zs",
    active: true,
    name: { formatted: "张三" },
    emails: [{ value: "zs@example.com", type: "work", primary: true }],
    [enterpriseUrn]: { department: "研发" },
    [wecomUrn]: { gender: "male", status: 1, mainDepartment: "7" },
  };
  const { status, headers, body } = await call("POST", "/Users", user);
  expect(status).toBe(201);
  expect(headers.get("content-type")).toBe("application/scim+json; charset=utf-8");
  expect(body).toMatchObject({ ...user, meta: { resourceType: "User", location: headers.get("location") } });
  expect(headers.get("location")).toBe(`${simulator.url}/Users/${body["id"]}`);
  expect(headers.get("etag")).toBe('W/"1"');
  expect((await call("GET", `/Users/${body["id"]}`)).body).toEqual(body);
  expect(simulator.control.violations()).toEqual([]);
});

test("attribute names are taken in any letter case and kept as the schema writes them", async () => {
  const { call, user } = await start();
  const { body } = await call("POST", "/Users", {
    SCHEMAS: [userUrn.toUpperCase()],
    USERNAME: "a",
    Name: { GIVENNAME: "b" },
  });
  expect(body).toMatchObject({ userName: "a", name: { givenName: "b" } });
  await expect(user("A")).rejects.toThrow(/409.*uniqueness/);
});

test("a password is taken and never given back", async () => {
  const { call, user, simulator } = await start();
  const id = await user("a", { password: "secret-1" });
  expect((await call("GET", `/Users/${id}?attributes=password`)).text).not.toContain("secret-1");
  expect(JSON.stringify(simulator.control.dump())).not.toContain("secret-1");
});

test("a userName is unique whatever its letter case, also in PUT and PATCH, and free after a deletion", async () => {
  const { call, user, patch } = await start();
  const first = await user("Zhang");
  const second = await user("li");
  expect((await call("POST", "/Users", { schemas: [userUrn], userName: "zhang" })).body).toMatchObject({
    status: "409",
    scimType: "uniqueness",
  });
  expect((await patch(`/Users/${second}`, { op: "replace", path: "userName", value: "ZHANG" })).status).toBe(409);
  expect((await call("PUT", `/Users/${second}`, { schemas: [userUrn], userName: "zHang" })).status).toBe(409);
  expect((await call("DELETE", `/Users/${first}`)).status).toBe(204);
  expect((await patch(`/Users/${second}`, { op: "replace", path: "userName", value: "ZHANG" })).status).toBe(200);
});

test("externalId and a group's displayName are unique only where the options say so", async () => {
  const lax = await start();
  await lax.user("a", { externalId: "x" });
  await lax.user("b", { externalId: "x" });
  await lax.group("g");
  await lax.group("g");
  const strict = await start({ uniqueExternalId: true, uniqueGroupName: true });
  await strict.user("a", { externalId: "x" });
  await strict.user("b", { externalId: "X" });
  await expect(strict.user("c", { externalId: "x" })).rejects.toThrow("409");
  await strict.group("g");
  await expect(strict.group("G")).rejects.toThrow("409");
  expect(strict.simulator.control.noops().map(({ waste }) => waste)).toEqual(["create-of-existing"]);
});

test("PUT replaces everything, and what it leaves out is cleared", async () => {
  const { call, user, group } = await start();
  const id = await user("a", { title: "t", [enterpriseUrn]: { department: "d" } });
  const put = await call("PUT", `/Users/${id}`, { schemas: [userUrn], id, userName: "a", nickName: "n" });
  expect(put.status).toBe(200);
  expect(put.body).toMatchObject({ schemas: [userUrn], nickName: "n" });
  expect(put.body).not.toHaveProperty("title");
  expect(put.body).not.toHaveProperty([enterpriseUrn]);
  const team = await group("g", [id]);
  await call("PUT", `/Groups/${team}`, { schemas: [groupUrn], displayName: "g2" });
  expect((await call("GET", `/Groups/${team}`)).body).not.toHaveProperty("members");
});

test("deleting a user takes it out of its groups, deleting a group out of its users", async () => {
  const { call, user, group } = await start();
  const [a, b] = [await user("a"), await user("b")];
  const team = await group("team", [a, b]);
  const outer = await group("outer", [team]);
  expect((await call("GET", `/Users/${a}`)).body["groups"]).toMatchObject([{ value: team, type: "direct" }]);
  await call("DELETE", `/Users/${a}`);
  expect((await call("GET", `/Groups/${team}`)).body["members"]).toMatchObject([{ value: b, type: "User" }]);
  await call("DELETE", `/Groups/${team}`);
  expect((await call("GET", `/Users/${b}`)).body).not.toHaveProperty("groups");
  expect((await call("GET", `/Groups/${outer}`)).body).not.toHaveProperty("members");
  for (const method of ["GET", "DELETE"]) expect((await call(method, `/Users/${a}`)).status).toBe(404);
});

test("a stale If-Match is refused with 412 and a current If-None-Match answered with 304", async () => {
  const { call, user, patch } = await start();
  const id = await user("a");
  await patch(`/Users/${id}`, { op: "add", path: "title", value: "t" });
  expect((await call("DELETE", `/Users/${id}`, undefined, { "if-match": 'W/"1"' })).status).toBe(412);
  expect((await call("GET", `/Users/${id}`, undefined, { "if-none-match": 'W/"2"' })).status).toBe(304);
  expect((await call("DELETE", `/Users/${id}`, undefined, { "if-match": 'W/"2"' })).status).toBe(204);
});

test("without the right token everything is 401 with a challenge, and nothing is written", async () => {
  const { call, simulator } = await start();
  for (const authorization of ["", "Bearer wrong", `Basic ${simulator.token}`]) {
    const { status, headers, body } = await call(
      "POST",
      "/Users",
      { schemas: [userUrn], userName: "a" },
      { authorization },
    );
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(body).toMatchObject({ status: "401" });
  }
  expect(simulator.control.counts().users).toBe(0);
});

test("discovery describes the types, and every schema that they name can be fetched", async () => {
  const { call, simulator } = await start();
  expect((await call("GET", "/ServiceProviderConfig")).body).toMatchObject({
    patch: { supported: true },
    bulk: { supported: false },
    filter: { supported: true, maxResults: 200 },
  });
  const types = (await call("GET", "/ResourceTypes")).body["Resources"] as unknown as readonly {
    schema: string;
    schemaExtensions: readonly { schema: string }[];
  }[];
  const urns = types.flatMap(({ schema, schemaExtensions }) => [
    schema,
    ...schemaExtensions.map((item) => item.schema),
  ]);
  expect(urns).toEqual([userUrn, enterpriseUrn, wecomUrn, groupUrn]);
  for (const urn of urns) expect((await call("GET", `/Schemas/${urn}`)).body).toMatchObject({ id: urn });
  expect((await call("GET", "/Schemas/urn:none")).status).toBe(404);
  expect((await call("GET", "/Schemas?filter=id%20pr")).status).toBe(403);
  expect((await call("DELETE", "/Schemas")).status).toBe(405);
  expect((await call("POST", "/Bulk", {})).status).toBe(501);
  expect(simulator.control.violations()).toHaveLength(3);
});

test("without the WeCom extension its URN is unknown", async () => {
  const { call, broken } = await start({ wecomExtension: false });
  const { status } = await call("POST", "/Users", {
    schemas: [userUrn, wecomUrn],
    userName: "a",
    [wecomUrn]: { gender: "male" },
  });
  expect(status).toBe(400);
  expect(broken()).toEqual(["schemas-unknown!", "attribute-unknown!"]);
  expect((await call("GET", `/Schemas/${wecomUrn}`)).status).toBe(404);
});
