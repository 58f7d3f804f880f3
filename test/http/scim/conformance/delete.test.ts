import { expect, it } from "vitest";
import { expectError, expectStatus, onEachEndpoint, versionOf } from "./endpoint.ts";

// RFC 7644 §3.6: DELETE.

onEachEndpoint("deleting", (scim, at) => {
  it("R-136 answers 204 without a body, and 404 from then on, for users and groups", async () => {
    for (const { path } of [await scim.newUser({ userName: "a" }), await scim.newGroup({ displayName: "a" })]) {
      const endpoint = path.startsWith("/Users") ? "/Users" : "/Groups";
      const gone = await scim.delete(path);
      expectStatus(gone, 204);
      expect(gone.headers.get("content-type")).toBeNull();
      expectError(await scim.get(path), 404);
      expectError(await scim.put(path, { userName: "a", displayName: "a" }), 404);
      expectError(await scim.patch(path, { op: "replace", path: "displayName", value: "x" }), 404);
      expectError(await scim.delete(path), 404);
      expect(await scim.find(endpoint, "id pr")).toEqual([]);
      expect((await scim.get(endpoint)).json).toMatchObject({ totalResults: 0 });
    }
    expect((await scim.get("/")).json).toMatchObject({ totalResults: 0 });
  });

  it("R-137 lets the name be given again, to somebody with another id", async () => {
    const user = await scim.newUser({ userName: "a", externalId: "e" });
    await scim.delete(user.path);
    const next = await scim.newUser({ userName: "A", externalId: "e" });
    expect(next.id).not.toBe(user.id);
    expect(await scim.find("/Users", 'externalId eq "e"')).toHaveLength(1);
    const group = await scim.newGroup({ displayName: "g" });
    await scim.delete(group.path);
    expect((await scim.newGroup({ displayName: "G" })).id).not.toBe(group.id);
  });

  it("R-137 keeps nothing of what was said of a person", async () => {
    const { path } = await scim.newUser({
      userName: "b.jensen",
      displayName: "Barbara",
      emails: [{ value: "b@x.com" }],
    });
    await scim.delete(path);
    expect(JSON.stringify(await at.rows("select * from resource"))).not.toMatch(/jensen|barbara|b@x/i);
  });

  it("R-138 takes the user out of all groups, and a group out of those that hold it", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const inner = await scim.newGroup({ members: [{ value: a.id }, { value: b.id }] });
    const outer = await scim.newGroup({ members: [{ value: a.id }, { value: inner.id }] });
    const before = await scim.get(outer.path);
    await scim.delete(a.path);
    expect(await scim.membersOf(inner)).toEqual([b.id]);
    expect(await scim.membersOf(outer)).toEqual([inner.id]);
    expect(versionOf(await scim.get(outer.path))).not.toBe(versionOf(before));
    expect(await scim.find("/Groups", `members.value eq "${a.id}"`)).toEqual([]);
    await scim.delete(inner.path);
    expect(await scim.membersOf(outer)).toEqual([]);
    expect((await scim.get(b.path)).json).not.toHaveProperty("groups");
    expect(await at.rows("select * from member")).toEqual([]);
  });

  it("R-139 R-157 answers 412 to who knows another version, and deletes nothing", async () => {
    for (const { path, json } of [await scim.newUser(), await scim.newGroup()]) {
      expectError(await scim.delete(path, { "if-match": 'W/"77"' }), 412);
      expectStatus(await scim.get(path), 200);
      expectStatus(await scim.delete(path, { "if-match": versionOf({ json }) }), 204);
    }
    const { path } = await scim.newUser();
    expectStatus(await scim.delete(path, { "if-match": "*" }), 204);
    expectError(await scim.delete(path, { "if-match": "*" }), 404);
  });

  it("deletes a resource once, however many ask for it at once", async () => {
    const { path } = await scim.newUser();
    const answers = await Promise.all(Array.from({ length: 6 }, () => scim.delete(path)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404, 404]);
  });
});
