import { expect, it } from "vitest";
import { coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { base } from "../scim-server.ts";
import { expectError, expectStatus, onEachEndpoint, versionOf, withoutMeta } from "./endpoint.ts";

// RFC 7644 §3.5.1: PUT.

const unknown = "/Users/01900000-0000-7000-8000-999999999999";

onEachEndpoint("replacing", (scim, at) => {
  it("R-108 makes nothing where nothing is", async () => {
    for (const path of [unknown, unknown.replace("Users", "Groups"), "/Users/nobody", "/Users/%00"]) {
      expectError(await scim.put(path, { userName: "a", displayName: "a" }), 404);
    }
    expect(await at.rows("select id from resource")).toEqual([]);
  });

  it("R-109 R-064 answers 200 with all of the resource, its address and its version", async () => {
    const { path, id } = await scim.newUser({ userName: "a" });
    const replaced = await scim.put(path, { schemas: [coreUserSchema], userName: "b", title: "x" });
    expectStatus(replaced, 200);
    expect(replaced.headers.get("location")).toBe(`${base}${path}`);
    expect(replaced.json).toMatchObject({ id, userName: "b", title: "x" });
    expect((await scim.get(path)).json).toEqual(replaced.json);
  });

  it("R-110 R-019 clears what is left out, and gives active its default", async () => {
    const boss = await scim.newUser();
    const { path } = await scim.newUser({
      userName: "a",
      externalId: "e",
      title: "x",
      active: false,
      name: { givenName: "Barbara", familyName: "Jensen" },
      emails: [{ value: "a@example.com" }],
      [enterprise]: { department: "x", manager: { value: boss.id } },
    });
    const replaced = await scim.put(path, {
      userName: "a",
      name: { givenName: "Babs" },
      [enterprise]: { division: "d" },
    });
    expect(withoutMeta(replaced.json)).toEqual({
      schemas: [coreUserSchema, enterprise],
      userName: "a",
      active: true,
      name: { givenName: "Babs" },
      [enterprise]: { division: "d" },
    });
  });

  it("R-110 takes a resource as it was read, and changes nothing by that", async () => {
    const boss = await scim.newUser();
    const { path, id } = await scim.newUser({
      emails: [{ value: "a@example.com", type: "work", primary: true }],
      [enterprise]: { manager: { value: boss.id } },
    });
    const group = await scim.newGroup({ members: [{ value: id }] });
    for (const one of [path, group.path]) {
      const read = await scim.get(one);
      const replaced = await scim.put(one, read.json);
      expectStatus(replaced, 200);
      expect(replaced.json).toEqual(read.json);
    }
  });

  it("R-110 replaces all members of a group; none are left where they are left out", async () => {
    const [a, b, c] = [await scim.newUser(), await scim.newUser(), await scim.newUser()];
    const group = await scim.newGroup({ displayName: "g", members: [{ value: a.id }, { value: b.id }] });
    const replaced = await scim.put(group.path, { displayName: "g", members: [{ value: b.id }, { value: c.id }] });
    expect(replaced.json["members"]).toHaveLength(2);
    expect(await scim.membersOf(group)).toEqual([b.id, c.id].sort());
    expect((await scim.put(group.path, { displayName: "g" })).json).not.toHaveProperty("members");
    expect(await scim.membersOf(group)).toEqual([]);
  });

  it("R-112 R-066 refuses what lacks something required or cannot be read, and changes nothing", async () => {
    const { path } = await scim.newUser({ userName: "a", title: "x" });
    for (const body of [{}, { title: "y" }, { userName: "" }, { userName: null }, { userName: "a", title: 7 }]) {
      expectError(await scim.put(path, body), 400, "invalidValue");
    }
    expectError(await scim.put(path, "{"), 400, "invalidSyntax");
    expectError(await scim.put(path, ""), 400, "invalidSyntax");
    expect((await scim.get(path)).json).toMatchObject({ userName: "a", title: "x" });
    const group = await scim.newGroup();
    expectError(await scim.put(group.path, { members: [] }), 400, "invalidValue");
  });

  it("R-113 R-010 answers 409 for the name of another, but not for one's own in another spelling", async () => {
    const { path } = await scim.newUser({ userName: "a" });
    await scim.newUser({ userName: "b" });
    expectError(await scim.put(path, { userName: "B" }), 409, "uniqueness");
    expect((await scim.put(path, { userName: "A" })).json["userName"]).toBe("A");
    const group = await scim.newGroup({ displayName: "g" });
    await scim.newGroup({ displayName: "h" });
    expectError(await scim.put(group.path, { displayName: "H" }), 409, "uniqueness");
    expect((await scim.put(group.path, { displayName: "G" })).json["displayName"]).toBe("G");
  });

  it("R-113 ignores another id in the body: it is readOnly", async () => {
    const { path, id } = await scim.newUser({ userName: "a" });
    const other = await scim.newUser({ userName: "b" });
    expect((await scim.put(path, { id: other.id, userName: "c" })).json).toMatchObject({ id, userName: "c" });
    expect((await scim.get(other.path)).json["userName"]).toBe("b");
  });

  it("R-114 R-157 answers 412 to who knows another version, and changes nothing", async () => {
    const { path, json } = await scim.newUser({ userName: "a" });
    const first = versionOf({ json });
    const second = await scim.put(path, { userName: "b" }, { "if-match": first });
    expectStatus(second, 200);
    expectError(await scim.put(path, { userName: "c" }, { "if-match": first }), 412);
    expect((await scim.get(path)).json["userName"]).toBe("b");
    expectStatus(await scim.put(path, { userName: "c" }, { "if-match": `"x", ${versionOf(second)}` }), 200);
    expectStatus(await scim.put(path, { userName: "d" }, { "if-match": "*" }), 200);
  });

  it("R-122 leaves version and lastModified as they are where nothing changes", async () => {
    const { path, json } = await scim.newUser({ userName: "a", title: "x" });
    const same = await scim.put(path, { userName: "a", title: "x" });
    expect(same.json).toEqual(json);
  });

  it("R-107 answers the attributes that are asked for", async () => {
    const { path, id } = await scim.newUser({ userName: "a" });
    const only = await scim.put(`${path}?attributes=title`, { userName: "a", title: "x", nickName: "y" });
    expect(only.json).toEqual({ schemas: [coreUserSchema], id, title: "x" });
    const without = await scim.put(`${path}?excludedAttributes=title,meta`, { userName: "a", title: "z" });
    expect(without.json).toEqual({ schemas: [coreUserSchema], id, userName: "a", active: true });
    expectError(await scim.put(`${path}?attributes=a&excludedAttributes=b`, { userName: "q" }), 400, "invalidValue");
    expect((await scim.get(path)).json["userName"]).toBe("a");
  });

  it("lets the last of several writers win, each of them whole", async () => {
    const { path } = await scim.newUser({ userName: "a" });
    const bodies = Array.from({ length: 6 }, (_, index) => ({ userName: `a${index}`, title: String(index) }));
    for (const answer of await Promise.all(bodies.map((body) => scim.put(path, body)))) expectStatus(answer, 200);
    const { json } = await scim.get(path);
    expect(bodies).toContainEqual({ userName: json["userName"], title: json["title"] });
  });
});
