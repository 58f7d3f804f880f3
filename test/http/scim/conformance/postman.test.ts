import { expect, it } from "vitest";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { expectError, expectStatus, listOf, onEachEndpoint, resourcesOf } from "./endpoint.ts";

// Microsoft's public collection of requests (AzureAD/SCIMReferenceCode, PostmanCollection.json), M1 to M26. Where it wants
// what RFC 7644 does not have, the test says what is answered instead.

const userBody = {
  UserName: "UserName123",
  Active: true,
  DisplayName: "BobIsAmazing",
  schemas: [coreUserSchema],
  externalId: "bobisamazing",
  name: { formatted: "Ryan Leenay", familyName: "Leenay", givenName: "Ryan" },
  emails: [
    { Primary: true, type: "work", value: "testing@bob.com" },
    { Primary: false, type: "home", value: "testinghome@bob.com" },
  ],
};

onEachEndpoint("Microsoft's collection", (scim) => {
  it("M1 M2 lists nobody at first, and describes itself", async () => {
    expect((await scim.get("/Users")).json["totalResults"]).toBe(0);
    expect((await scim.get("/Groups")).json["totalResults"]).toBe(0);
    const types = resourcesOf(await scim.get("/ResourceTypes")).map(({ id }) => id);
    expect(types).toEqual(expect.arrayContaining(["User", "Group"]));
    expect((await scim.get("/ServiceProviderConfig")).json).toMatchObject({ patch: { supported: true } });
    expect((await scim.get("/Schemas")).text).toContain("User Account");
  });

  it("M3 M4 creates users, with the enterprise extension too, and reads them", async () => {
    const extended = {
      ...userBody,
      UserName: "UserName222",
      schemas: [enterprise, coreUserSchema],
      [enterprise]: { Department: "bob", Manager: { Value: "SuzzyQ" } },
    };
    for (const body of [userBody, extended]) {
      const created = await scim.post("/Users", body);
      expectStatus(created, 201);
      expect((await scim.get(`/Users/${created.json["id"]}`)).json).toEqual(created.json);
    }
    const [found] = await scim.find("/Users", `${enterprise}:department eq "bob"`);
    expect(found).toMatchObject({ userName: "UserName222", [enterprise]: { manager: { value: "SuzzyQ" } } });
  });

  it("M5 M6 M22 M26 projects, filters with a slash and plus signs, and pages", async () => {
    expectStatus(await scim.post("/Users", userBody), 201);
    for (let index = 0; index < 3; index += 1) await scim.newUser();
    const projected = resourcesOf(await scim.get("/Users?attributes=userName,emails"));
    expect(Object.keys(projected[0] ?? {}).sort()).toEqual(["emails", "id", "schemas", "userName"]);
    const found = await scim.get("/Users/?filter=DisplayName+eq+%22BobIsAmazing%22");
    expect(found.json["totalResults"]).toBe(1);
    const page = await scim.get("/Users?startIndex=1&count=2");
    expect(page.json).toMatchObject({ itemsPerPage: 2, totalResults: 4, startIndex: 1 });
    const group = await scim.newGroup({ members: [{ value: projected[0]?.["id"] }] });
    expect((await scim.get(`${group.path}?excludedAttributes=members`)).json).not.toHaveProperty("members");
  });

  it("M7 M8 M9 patches, puts and deletes a user", async () => {
    const created = await scim.post("/Users", userBody);
    const path = `/Users/${created.json["id"]}`;
    const patched = await scim.patch(path, { op: "replace", path: "userName", value: "ryan3" });
    expectStatus(patched, 200);
    expect((await scim.get(path)).json["userName"]).toBe("ryan3");
    const put = await scim.put(path, { ...userBody, UserName: "UserNameReplace2", Active: false });
    expectStatus(put, 200);
    expect((await scim.get(path)).json).toMatchObject({ userName: "UserNameReplace2", active: false });
    expectStatus(await scim.delete(path), 204);
  });

  it("M10 M11 M12 M13 M14 creates groups and changes their members", async () => {
    const [a, b] = [await scim.newUser(), await scim.newUser()];
    const body = { displayName: "GroupDisplayName1", schemas: [coreGroupSchema], externalId: "7" };
    const empty = await scim.newGroup(body);
    const full = await scim.newGroup({ ...body, displayName: "GroupDisplayName2", members: [{ value: a.id }] });
    expect(await scim.membersOf(full)).toEqual([a.id]);
    const put = await scim.put(empty.path, { ...body, displayName: "putName", members: [{ value: a.id }] });
    expectStatus(put, 200);
    const add = { name: "addMember", op: "add", path: "members", value: [{ displayName: "new User", value: b.id }] };
    expectStatus(await scim.patch(empty.path, add), 204);
    expect(await scim.membersOf(empty)).toEqual([a.id, b.id].sort());
    const remove = { name: "removeMember", op: "remove", path: `members[value eq "${a.id}"]` };
    expectStatus(await scim.patch(empty.path, remove), 204);
    expect(await scim.membersOf(empty)).toEqual([b.id]);
    expectStatus(await scim.patch(empty.path, { name: "removeAll", op: "remove", path: "members" }), 204);
    expect(await scim.membersOf(empty)).toEqual([]);
    expect(await scim.membersOf(full)).toEqual([a.id]);
  });

  it("M15 refuses a filter among attributes, which RFC 7644 does not have", async () => {
    const query = `attributes=${encodeURIComponent('emails[type eq "work"]')}`;
    expectError(await scim.get(`/Users?${query}`), 400, "invalidValue");
  });

  it("M16 takes a boolean that is text", async () => {
    const created = await scim.post("/Users", { ...userBody, Active: "True" });
    expectStatus(created, 201);
    expect(created.json["active"]).toBe(true);
  });

  it("M17 M18 M19 refuses what lacks a name, is broken or there already", async () => {
    const { UserName: _, ...unnamed } = userBody;
    expectError(await scim.post("/Users", unnamed), 400, "invalidValue");
    expectError(
      await scim.post("/Users", JSON.stringify(userBody).replace('"Active":true,', '"Active":')),
      400,
      "invalidSyntax",
    );
    const created = await scim.post("/Users", userBody);
    for (let times = 0; times < 2; times += 1) {
      const again = await scim.post("/Users", userBody);
      expectError(again, 409, "uniqueness");
      expect(again.json["detail"]).toEqual(expect.stringMatching(/./));
    }
    expectError(await scim.put(`/Users/${created.json["id"]}`, { ...unnamed, userNaame: "x" }), 400, "invalidValue");
  });

  it("M20 M21 ignores attributes that nobody knows, and takes Replace with a capital letter", async () => {
    const created = await scim.post("/Users", userBody);
    const path = `/Users/${created.json["id"]}`;
    const put = await scim.put(path, { ...userBody, displayFame: "x" });
    expectStatus(put, 200);
    expect(put.json).not.toHaveProperty("displayFame");
    const patched = await scim.patch(
      path,
      { op: "Replace", path: "userName", value: "7" },
      { op: "Replace", path: "active", value: false },
    );
    expect(patched.json).toMatchObject({ userName: "7", active: false });
  });

  it("M23 M24 filters by several things, by beginnings and by time; a value without quotes is refused", async () => {
    await scim.newUser({ name: { familyName: "Employee" }, emails: [{ value: "a@example.com" }] });
    await scim.newUser({ name: { familyName: "Employee" }, emails: [{ value: "a@elsewhere.com" }] });
    const by = (value: string) =>
      `/Users?filter=${encodeURIComponent(`name.FamilyName eq ${value} and (emails.Value co "example.com" or emails.Value co "example.org")`)}`;
    expect((await scim.get(by('"Employee"'))).json["totalResults"]).toBe(1);
    expectError(await scim.get(by("Employee")), 400, "invalidFilter");
    expect(await scim.find("/Users", 'userName sw "some"')).toHaveLength(2);
    expect(await scim.find("/Users", 'meta.Created gt "2011-05-13T04:42:34Z"')).toHaveLength(2);
  });

  it("M25 adds a member that is text", async () => {
    const { id } = await scim.newUser();
    const group = await scim.newGroup();
    expectStatus(await scim.patch(group.path, { op: "add", path: "members", value: id }), 204);
    expect(listOf((await scim.get(group.path)).json, "members")).toMatchObject([{ value: id, type: "User" }]);
  });
});
