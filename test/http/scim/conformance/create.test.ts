import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from "../../../../src/scim/resource.ts";
import { base } from "../scim-server.ts";
import { expectError, expectStatus, onEachEndpoint, resourcesOf, versionOf } from "./endpoint.ts";

// RFC 7644 §3.3: POST.

onEachEndpoint("creating", (scim, at) => {
  it("R-064 R-029 R-155 answers 201 with all of the resource, its address and its version", async () => {
    for (const [endpoint, body] of [
      ["/Users", { schemas: [coreUserSchema], userName: "bjensen", externalId: "b", name: { familyName: "Jensen" } }],
      ["/Groups", { schemas: [coreGroupSchema], displayName: "Guides", externalId: "g" }],
    ] as const) {
      const created = await scim.post(endpoint, body);
      expectStatus(created, 201);
      const location = `${base}${endpoint}/${created.json["id"]}`;
      expect(created.headers.get("location")).toBe(location);
      expect(created.json).toMatchObject({ ...body, meta: { location } });
      expect(created.headers.get("etag")).toBe(versionOf(created));
      expect(created.headers.get("etag")).toMatch(/^W\/"[^"]+"$/);
      const read = await scim.get(`${endpoint}/${created.json["id"]}`);
      expect(read.json).toEqual(created.json);
      expect(read.headers.get("etag")).toBe(created.headers.get("etag"));
    }
  });

  it("R-065 TS-17 answers 409 uniqueness for a name that is taken, and makes nothing", async () => {
    await scim.newUser({ userName: "bjensen" });
    for (const userName of ["bjensen", "BJENSEN"]) {
      expectError(await scim.post("/Users", { userName, title: "x" }), 409, "uniqueness");
    }
    expect(await scim.find("/Users", "id pr")).toHaveLength(1);
    await scim.newGroup({ displayName: "Guides" });
    expectError(await scim.post("/Groups", { displayName: "guides" }), 409, "uniqueness");
    expect(await scim.find("/Groups", "id pr")).toHaveLength(1);
    // A user and a group may have the same name.
    await scim.newGroup({ displayName: "bjensen" });
  });

  it("R-066 R-152 tells what cannot be read from what is wrong, and makes nothing", async () => {
    for (const body of ["", "{", "nonsense", "[]", "null", '"text"', "7", '{"userName":"a"}}']) {
      expectError(await scim.post("/Users", body), 400, "invalidSyntax");
    }
    expectError(await scim.post("/Users", {}), 400, "invalidValue");
    expectError(await scim.post("/Users", { userName: 7 }), 400, "invalidValue");
    expectError(await scim.post("/Users", { userName: "a\u0000b" }), 400, "invalidValue");
    expectError(await scim.post("/Users", '{"userName":"\\ud800"}'), 400, "invalidValue");
    expect(await at.rows("select id from resource")).toEqual([]);
  });

  it("R-068 R-107 answers the attributes that are asked for", async () => {
    const body = { userName: "a", title: "x", emails: [{ value: "a@example.com", type: "work" }] };
    const only = await scim.post("/Users?attributes=userName,emails.value", body);
    expectStatus(only, 201);
    expect(only.json).toEqual({
      schemas: [coreUserSchema],
      id: expect.any(String),
      userName: "a",
      emails: [{ value: "a@example.com" }],
    });
    expect(only.headers.get("location")).toBe(`${base}/Users/${only.json["id"]}`);
    const without = await scim.post("/Groups?excludedAttributes=meta,members", { displayName: "g" });
    expect(Object.keys(without.json).sort()).toEqual(["displayName", "id", "schemas"]);
    const both = await scim.post("/Users?attributes=userName&excludedAttributes=title", { userName: "b" });
    expectError(both, 400, "invalidValue");
    expect(await scim.find("/Users", 'userName eq "b"')).toEqual([]);
  });

  it("R-057 takes application/json and what has no media type, R-059 nothing else", async () => {
    for (const [index, type] of [
      "application/json",
      "application/scim+json; charset=utf-8",
      "APPLICATION/JSON",
    ].entries()) {
      expectStatus(await scim.post("/Users", { userName: `a${index}` }, { "content-type": type }), 201);
    }
    for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonp"]) {
      expectError(await scim.post("/Users", { userName: "b" }, { "content-type": type }), 415);
    }
    expect(await scim.find("/Users", 'userName eq "b"')).toEqual([]);
  });

  it("makes people in the custom source, and user groups that belong to none", async () => {
    const { id } = await scim.newUser();
    const group = await scim.newGroup();
    const rows = await at.rows<{ id: string; source_id: string; kind: string }>(
      "select id, source_id, kind from resource",
    );
    expect(rows.find((row) => row.id === id)).toMatchObject({ source_id: "custom-1", kind: "user" });
    expect(rows.find((row) => row.id === group.id)).toMatchObject({ kind: "group" });
  });

  it("answers 403 to a client that may only read or sees no custom source", async () => {
    for (const token of ["token-all", "token-one", "token-none"]) {
      expectError(await scim.send("POST", "/Users", { body: { userName: "a" }, token }), 403);
      expectError(await scim.send("POST", "/Groups", { body: { displayName: "a" }, token }), 403);
    }
    expect(await at.rows("select id from resource")).toEqual([]);
  });

  it("keeps text of any language and length as it is", async () => {
    const values = {
      userName: "张三@example.com",
      displayName: "👩‍👩‍👧 ﷽ \u202eabc \\u0041 \"'%_*?; drop table",
      title: "x".repeat(20_000),
      nickName: "  spaces  ",
      [enterpriseUserSchema]: { department: "\n\t\r\u001f" },
    };
    const { path, json } = await scim.newUser(values);
    expect(json).toMatchObject(values);
    expect((await scim.get(path)).json).toEqual(json);
    const [found] = await scim.find("/Users", `displayName eq ${JSON.stringify(values.displayName)}`);
    expect(found).toEqual(json);
  });

  it("R-066 refuses names that are too long to be looked up, and takes those that are as long as can be", async () => {
    // Text that cannot be compressed, in which databases differ; the last one becomes eleven times as long when folded.
    const long = (bytes: number) => randomBytes(bytes).toString("hex").slice(0, bytes);
    for (const text of [long(1025), long(100_000), "é".repeat(513), "\ufdfa".repeat(80)]) {
      for (const attributes of [
        { userName: text },
        { displayName: text },
        { externalId: text },
        { [enterpriseUserSchema]: { manager: { value: text } } },
      ]) {
        expectError(await scim.post("/Users", { userName: "a", ...attributes }), 400, "invalidValue");
      }
      expectError(await scim.post("/Groups", { displayName: text }), 400, "invalidValue");
    }
    const names = { userName: long(1024), displayName: long(1024), externalId: long(1024) };
    const { path, json } = await scim.newUser(names);
    expect(json).toMatchObject(names);
    await scim.newGroup({ displayName: long(1024), externalId: long(1024) });
    for (const name of ["userName", "displayName", "externalId", `${enterpriseUserSchema}:manager.value`]) {
      expectError(await scim.patch(path, { op: "replace", path: name, value: long(3000) }), 400, "invalidValue");
    }
    expectError(await scim.put(path, { userName: long(3000) }), 400, "invalidValue");
    expect((await scim.get(path)).json).toEqual(json);
  });

  it("R-066 refuses names of white space alone, and keeps what surrounds others", async () => {
    const user = await scim.newUser({ userName: " a " });
    const group = await scim.newGroup({ displayName: " g " });
    for (const name of [" ", "  ", "\t\n", "\u3000", "\u00a0\ufeff"]) {
      for (const answer of [
        await scim.post("/Users", { userName: name }),
        await scim.put(user.path, { userName: name }),
        await scim.patch(user.path, { op: "replace", path: "userName", value: name }),
        await scim.patch(user.path, { op: "add", value: { userName: name } }),
        await scim.post("/Groups", { displayName: name }),
        await scim.put(group.path, { displayName: name }),
        await scim.patch(group.path, { op: "replace", path: "displayName", value: name }),
      ]) {
        expectError(answer, 400, "invalidValue");
        expect(answer.json["detail"]).toMatch(/^(userName|displayName) has nothing but white space$/);
      }
    }
    expect((await scim.get(user.path)).json).toEqual(user.json);
    expect((await scim.get(group.path)).json).toEqual(group.json);
    expect([user.json["userName"], group.json["displayName"]]).toEqual([" a ", " g "]);
    // A person may well have a displayName that shows nothing: he is told by his userName.
    expectStatus(await scim.patch(user.path, { op: "replace", path: "displayName", value: " " }), 200);
  });

  it("R-065 lets one of many have a name that all ask for at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        scim.post("/Users", { userName: index % 2 === 0 ? "same" : "SAME", title: String(index) }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
    expect(resourcesOf(await scim.get("/Users"))).toHaveLength(1);
  });
});
