import { expect, it } from "vitest";
import { patchOpSchema } from "../../../../src/scim/messages.ts";
import { expectError, expectStatus, onEachEndpoint, resourcesOf, versionOf } from "./endpoint.ts";

// RFC 7644 §3.14, RFC 9110 §13: versions of what is written.

onEachEndpoint("versions", (scim) => {
  const replaceTitle = (value: string) => ({
    schemas: [patchOpSchema],
    Operations: [{ op: "replace", path: "title", value }],
  });

  it("R-155 R-030 gives each representation a weak tag, in the header and in meta, and in lists", async () => {
    const { path, json } = await scim.newUser();
    const read = await scim.get(path);
    expect(read.headers.get("etag")).toBe(versionOf({ json }));
    expect(resourcesOf(await scim.get("/Users")).map((user) => versionOf({ json: user }))).toEqual([versionOf(read)]);
    const patched = await scim.patch(path, { op: "add", path: "title", value: "x" });
    expect(patched.headers.get("etag")).toBe(versionOf(patched));
    const group = await scim.newGroup();
    const added = await scim.patch(group.path, { op: "add", path: "members", value: [{ value: json["id"] }] });
    expectStatus(added, 204);
    expect(added.headers.get("etag")).toBe(versionOf(await scim.get(group.path)));
    expect(added.headers.get("etag")).not.toBe(versionOf(group));
  });

  it("R-156 answers 304 to who has the version that was written last", async () => {
    const { path, json } = await scim.newUser();
    const old = versionOf({ json });
    expectStatus(await scim.get(path, { "if-none-match": old }), 304);
    const patched = await scim.patch(path, { op: "add", path: "title", value: "x" });
    expectStatus(await scim.get(path, { "if-none-match": old }), 200);
    const unchanged = await scim.get(path, { "if-none-match": versionOf(patched) });
    expectStatus(unchanged, 304);
    expect(unchanged.headers.get("etag")).toBe(versionOf(patched));
  });

  it("R-157 takes If-Match of PATCH, weak or strong, in a list or any, and answers 412 to an old one", async () => {
    const { path, json } = await scim.newUser();
    const send = (title: string, tag: string) =>
      scim.send("PATCH", path, { body: replaceTitle(title), headers: { "if-match": tag } });
    const first = versionOf({ json });
    const second = await send("x", first);
    expectStatus(second, 200);
    expectError(await send("y", first), 412);
    expectError(await send("y", '""'), 412);
    expectError(await send("y", "nonsense"), 412);
    expect((await scim.get(path)).json["title"]).toBe("x");
    expectStatus(await send("y", versionOf(second).replace("W/", "")), 200);
    expectStatus(await send("z", "*"), 200);
  });

  it("R-156 R-157 fails a GET by If-Match, which comes before If-None-Match", async () => {
    const { path, json } = await scim.newUser();
    const tag = versionOf({ json });
    expectError(await scim.get(path, { "if-match": 'W/"99"' }), 412);
    expectError(await scim.get(path, { "if-match": 'W/"99"', "if-none-match": tag }), 412);
    for (const known of [tag, "*", `"x", ${tag}`]) expectStatus(await scim.get(path, { "if-match": known }), 200);
    expectStatus(await scim.get(path, { "if-match": tag, "if-none-match": tag }), 304);
    expectError(await scim.get("/Users/nobody", { "if-match": "*" }), 404);
  });

  it("R-157 fails a write of what is there by If-None-Match, with any tag or its own", async () => {
    const { path, json } = await scim.newUser();
    const tag = versionOf({ json });
    const { userName } = json;
    for (const headers of [
      { "if-none-match": "*" },
      { "if-none-match": tag },
      { "if-match": tag, "if-none-match": "*" },
    ]) {
      expectError(await scim.put(path, { userName, title: "x" }, headers), 412);
      expectError(await scim.send("PATCH", path, { body: replaceTitle("x"), headers }), 412);
      expectError(await scim.delete(path, headers), 412);
    }
    expect((await scim.get(path)).json).toEqual(json);
    expectStatus(await scim.put(path, { userName, title: "x" }, { "if-none-match": 'W/"99"' }), 200);
  });

  it("R-157 lets one of those who know the same version write", async () => {
    const { path, json } = await scim.newUser();
    const headers = { "if-match": versionOf({ json }) };
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((title) => scim.send("PATCH", path, { body: replaceTitle(title), headers })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });

  it("R-157 tells the version of a group's members too", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const group = await scim.newGroup();
    const add = (value: string, tag: string) =>
      scim.send("PATCH", group.path, {
        body: { schemas: [patchOpSchema], Operations: [{ op: "add", path: "members", value: [{ value }] }] },
        headers: { "if-match": tag },
      });
    expectStatus(await add(a.id, versionOf(group)), 204);
    expectError(await add(b.id, versionOf(group)), 412);
    expect(await scim.membersOf(group)).toEqual([a.id]);
  });
});
