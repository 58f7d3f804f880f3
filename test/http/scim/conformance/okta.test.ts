import { expect, it } from "vitest";
import { errorSchema, listResponseSchema } from "../../../../src/scim/messages.ts";
import { coreUserSchema } from "../../../../src/scim/resource.ts";
import { testId } from "../../../store/filter-directory.ts";
import { expectError, expectStatus, listOf, onEachEndpoint, resourcesOf } from "./endpoint.ts";

// Okta's SPEC test (S1 to S12) step by step, and what its CRUD test (C2 to C6) makes Okta send (O1 to O7). C1 asks Okta.

const userBody = (userName: string, more: object = {}) => ({
  schemas: [coreUserSchema],
  userName,
  name: { givenName: "Runscope", familyName: "Test" },
  emails: [{ primary: true, value: userName, type: "work" }],
  displayName: "Runscope Test",
  active: true,
  ...more,
});

onEachEndpoint("Okta", (scim) => {
  it("S1 S2 S3 S4 S5 lists, reads and does not find", async () => {
    await scim.newUser(userBody("first@example.com"));
    await scim.newUser(userBody("second@example.com"));
    const listed = await scim.get("/Users?count=1&startIndex=1");
    expectStatus(listed, 200);
    expect(listed.json).toMatchObject({
      schemas: [listResponseSchema],
      itemsPerPage: 1,
      startIndex: 1,
      totalResults: 2,
    });
    const [first] = resourcesOf(listed);
    const expected = {
      id: expect.stringMatching(/./),
      name: { familyName: expect.stringMatching(/./), givenName: expect.stringMatching(/./) },
      userName: expect.stringMatching(/./),
      active: true,
    };
    expect(first).toMatchObject(expected);
    expect(listOf(first ?? {}, "emails")[0]?.["value"]).toEqual(expect.stringMatching(/./));
    expect((await scim.get(`/Users/${first?.["id"]}`)).json).toEqual(first);
    for (const name of ["abcdefgh", "Runscope300S5xrh"]) {
      const none = await scim.get(`/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}`);
      expect(none.json).toMatchObject({ schemas: [listResponseSchema], totalResults: 0 });
    }
    const unknown = await scim.get("/Users/010101001010101011001010101011");
    expectError(unknown, 404);
    expect(unknown.json).toMatchObject({ schemas: [errorSchema], detail: expect.stringMatching(/./) });
  });

  it("S6 S7 S8 S9 creates, reads, refuses to create again and finds in another case", async () => {
    const body = userBody("Runscope300S5xrh@atko.com");
    const created = await scim.post("/Users", body);
    expectStatus(created, 201);
    expect(created.json).toMatchObject({ ...body, id: expect.any(String) });
    expect((await scim.get(`/Users/${created.json["id"]}`)).json).toMatchObject(body);
    expectError(await scim.post("/Users", body), 409, "uniqueness");
    const found = await scim.get(`/Users?filter=${encodeURIComponent(`userName eq "${body.userName.toUpperCase()}"`)}`);
    expectStatus(found, 200);
    expect(found.json["totalResults"]).toBe(1);
  });

  it("S10 lists groups without delay", async () => {
    await scim.newGroup();
    const start = performance.now();
    const listed = await scim.get("/Groups");
    expect(performance.now() - start).toBeLessThan(600);
    expect(listed.json).toMatchObject({ totalResults: 1, Resources: [{}] });
  });

  it("S11 S12 answers 401 and 404 with an error body", async () => {
    const refused = await scim.send("GET", "/Users?filter=userName+eq+%22x%22", { token: "nobody" });
    expectError(refused, 401);
    expect(refused.json).toMatchObject({ schemas: [errorSchema], status: "401", detail: expect.stringMatching(/./) });
    const missing = await scim.get("/Users/00919288221112222");
    expectError(missing, 404);
    expect(missing.json).toMatchObject({ schemas: [errorSchema], status: "404", detail: expect.stringMatching(/./) });
  });

  it("C2 C3 C4 C5 C6 O1 O2 O3 follows a user whom Okta updates by PUT", async () => {
    const body = userBody("crud@example.com", {
      externalId: "00u1",
      password: "tempPassw0rd",
      groups: [],
      locale: "en-US",
    });
    const filter = "/Users?filter=userName%20eq%20%22crud%40example.com%22&startIndex=1&count=100";
    expect((await scim.get(filter)).json["totalResults"]).toBe(0);
    const created = await scim.post("/Users", body);
    expectStatus(created, 201);
    const path = `/Users/${created.json["id"]}`;
    expect(resourcesOf(await scim.get(filter))).toEqual([created.json]);
    const put = async (change: object) => {
      const answer = await scim.put(path, {
        ...body,
        id: created.json["id"],
        meta: { resourceType: "User" },
        ...change,
      });
      expectStatus(answer, 200);
      return (await scim.get(path)).json;
    };
    expect(await put({ name: { givenName: "Changed", familyName: "Test" } })).toMatchObject({
      id: created.json["id"],
      name: { givenName: "Changed", familyName: "Test" },
    });
    expect((await put({ active: false }))["active"]).toBe(false);
    expect((await put({ active: true }))["active"]).toBe(true);
    expect((await put({ active: false }))["active"]).toBe(false);
    expect((await scim.get(filter)).json["totalResults"]).toBe(1);
  });

  it("C4 C5 C6 O4 follows one whom it updates by PATCH", async () => {
    const { path } = await scim.newUser(userBody("crud@example.com"));
    for (const active of [false, true, false]) {
      const patched = await scim.patch(path, { op: "replace", value: { active } });
      expectStatus(patched, 200);
      expect((await scim.get(path)).json).toMatchObject({ active, displayName: "Runscope Test" });
    }
  });

  it("O5 O6 pushes groups: members by PATCH, all of it by PUT, a new name with the id in the value", async () => {
    const [a, b] = [await scim.newUser(userBody("a@example.com")), await scim.newUser(userBody("b@example.com"))];
    const group = await scim.newGroup({ displayName: "Test SCIMv2", members: [] });
    const member = (value: string) => ({ value, display: "somebody@example.com" });
    const steps = [
      [{ op: "add", path: "members", value: [member(a.id), member(b.id)] }, [a.id, b.id]],
      [{ op: "remove", path: `members[value eq "${a.id}"]` }, [b.id]],
      [{ op: "replace", path: "members", value: [member(a.id)] }, [a.id]],
    ] as const;
    for (const [operation, left] of steps) {
      expectStatus(await scim.patch(group.path, operation), 204);
      expect(await scim.membersOf(group)).toEqual([...left].sort());
    }
    const renamed = await scim.patch(group.path, { op: "replace", value: { id: group.id, displayName: "New" } });
    expect(renamed.json["displayName"]).toBe("New");
    const put = await scim.put(group.path, { id: group.id, displayName: "New", members: [member(b.id)] });
    expectStatus(put, 200);
    expect(await scim.membersOf(group)).toEqual([b.id]);
    const unknown = { op: "add", path: "members", value: [member(testId(999))] };
    expectError(await scim.patch(group.path, unknown), 400, "invalidValue");
  });

  it("O7 imports page after page in an order that stays", async () => {
    for (let index = 0; index < 7; index += 1) await scim.newUser(userBody(`u${index}@example.com`));
    const seen: unknown[] = [];
    for (let startIndex = 1; startIndex <= 7; startIndex += 3) {
      const page = await scim.get(`/Users?startIndex=${startIndex}&count=3`);
      expect(page.json["totalResults"]).toBe(7);
      seen.push(...resourcesOf(page).map(({ id }) => id));
    }
    expect(new Set(seen).size).toBe(7);
  });
});
