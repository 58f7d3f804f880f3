import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (method, path, body) =>
  fixture.request(method, `/api/v1/sources${path}`, body);

beforeEach(async () => {
  fixture = await makeAdminFixture();
  await request("POST", "", { name: "partners", type: "custom" });
  await request("POST", "", wecomSource("corp"));
});

afterEach(() => fixture.store.close());

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const user = (userName: string, more: object = {}) => ({ schemas: [userSchema], userName, ...more });

async function makeUser(userName: string, more: object = {}): Promise<string> {
  const { status, body } = await request("POST", "/partners/users", user(userName, more));
  expect(status).toBe(201);
  return body.id;
}

async function makeDepartment(name: string, parent: string | null = null): Promise<string> {
  const { status, body } = await request("POST", "/partners/groups", { name, parent });
  expect(status).toBe(201);
  return body.id;
}

/** A person of another custom source, and a department there. */
async function makeOthers(): Promise<{ readonly user: string; readonly group: string }> {
  await request("PATCH", "/partners", { status: "disabled", people: "keep" });
  expect((await request("POST", "", { name: "others", type: "custom" })).status).toBe(201);
  const { body: made } = await request("POST", "/others/users", user("other"));
  const { body: group } = await request("POST", "/others/groups", { name: "别处" });
  await request("PATCH", "/others", { status: "disabled", people: "keep" });
  await request("PATCH", "/partners", { status: "enabled" });
  return { user: made.id, group: group.id };
}

describe("people of a custom source", () => {
  it("are made, read, replaced and deleted, with their departments", async () => {
    const sales = await makeDepartment("销售");
    const made = await request("POST", "/partners/users", user("wang", { title: "顾问", departments: [sales] }));
    expect(made.status).toBe(201);
    const { id } = made.body;
    expect(made.headers.get("location")).toMatch(new RegExp(`^http://bridge\\.test/api/v1/sources/[^/]+/users/${id}$`));
    expect(made.body).toMatchObject({
      ...{ schemas: [userSchema], userName: "wang", title: "顾问", active: true, departments: [sales] },
      meta: { resourceType: "User", created: expect.stringMatching(/^2026-03-01T08:00:00/), version: "1" },
    });
    const path = `/partners/users/${id}`;
    expect((await request("GET", path)).body).toEqual(made.body);

    const kept = await request("PUT", path, user("wang", { displayName: "王" }));
    expect(kept.body).toMatchObject({ displayName: "王", departments: [sales] });
    expect(kept.body).not.toHaveProperty("title");
    expect((await request("PUT", path, user("wang", { departments: [] }))).body).toMatchObject({ departments: [] });

    expect((await request("DELETE", path)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await request(method, path)).status).toBe(404);
    expect((await request("PUT", path, user("wang"))).status).toBe(404);
    // His userName is free.
    await makeUser("wang");
  });

  it("are listed in pages, each with his departments, and searched", async () => {
    const sales = await makeDepartment("销售");
    const east = await makeDepartment("华东", sales);
    for (let index = 0; index < 5; index += 1) {
      const departments = [[], [sales], [sales, east]][index % 3];
      await makeUser(`user${index}`, { displayName: index === 4 ? "王" : "李", departments });
    }
    const seen: unknown[] = [];
    let cursor = "";
    for (const expected of [2, 2, 1]) {
      const { body } = await request("GET", `/partners/users?limit=2${cursor}`);
      expect(body.items).toHaveLength(expected);
      expect(body.total).toBe(5);
      seen.push(...body.items.map((each: Record<string, unknown>) => [each["userName"], each["departments"]]));
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(cursor).toBe("&cursor=null");
    expect(seen).toEqual([
      ["user0", []],
      ["user1", [sales]],
      ["user2", [sales, east]],
      ["user3", []],
      ["user4", [sales]],
    ]);
    const found = await request("GET", `/partners/users?q=${encodeURIComponent("王")}`);
    expect(found.body).toMatchObject({ total: 1, items: [{ userName: "user4" }] });
    const filter = encodeURIComponent('userName eq "USER1"');
    expect((await request("GET", `/partners/users?filter=${filter}`)).body.items).toHaveLength(1);
  });

  it("take one question for the departments of a whole page", async () => {
    for (const name of ["a1", "a2", "a3"]) await makeUser(name);
    const asked: (readonly string[])[] = [];
    const { store } = fixture;
    const counting = await makeAdminFixture({
      store: {
        ...store,
        departmentsOf(sourceId, ids) {
          asked.push(ids);
          return store.departmentsOf(sourceId, ids);
        },
      },
    });
    const { status } = await counting.request("GET", "/api/v1/sources/partners/users");
    expect([status, asked.length, asked[0]?.length]).toEqual([200, 1, 3]);
    await counting.store.close();
  });

  it.each([
    ["a userName that is missing", { schemas: [userSchema] }, "", "userName"],
    ["an attribute of another type", user("wang", { active: "perhaps" }), "", "active"],
    ["departments that are no list", user("wang", { departments: "销售" }), "/departments", "array"],
    ["a department that is no text", user("wang", { departments: [1] }), "/departments/0", "string"],
    ["a department that is not there", user("wang", { departments: ["nobody"] }), "/departments/0", "no department"],
  ])("are refused with %s, before anything is written", async (_, body, pointer, detail) => {
    const id = await makeUser("li");
    for (const [method, path] of [
      ["POST", "/partners/users"],
      ["PUT", `/partners/users/${id}`],
    ] as const) {
      const answer = await request(method, path, body);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.body.errors[0]).toMatchObject({ pointer, detail: expect.stringContaining(detail) });
    }
    const { body: all } = await request("GET", "/partners/users");
    expect(all.items.map(({ userName }: { userName: string }) => userName)).toEqual(["li"]);
  });

  it("are refused with bodies that are no JSON object, and with parameters that are none", async () => {
    for (const body of ["{", "[]", '"text"']) {
      expect((await request("POST", "/partners/users", body)).status).toBe(400);
    }
    const filter = await request("GET", "/partners/users?filter=userName+is");
    expect(filter.status).toBe(400);
    const limit = await request("GET", "/partners/users?limit=0");
    expect([limit.status, limit.body.errors[0].parameter]).toEqual([400, "limit"]);
  });

  it("have a userName that nobody else has: 409, whatever its case", async () => {
    await makeUser("wang");
    const li = await makeUser("li");
    for (const answer of [
      await request("POST", "/partners/users", user("WANG")),
      await request("PUT", `/partners/users/${li}`, user("Wang")),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.body.detail).toContain("userName");
    }
  });
});

describe("departments of a custom source", () => {
  it("are made, listed, renamed, moved and deleted", async () => {
    const top = await makeDepartment("总部");
    const sales = await makeDepartment("销售", top);
    const east = await makeDepartment("华东", sales);
    expect((await request("GET", "/partners/groups")).body).toEqual({
      items: [
        { id: top, name: "总部", displayName: "总部", parent: null },
        { id: sales, name: "销售", displayName: "总部/销售", parent: top },
        { id: east, name: "华东", displayName: "总部/销售/华东", parent: sales },
      ],
      nextCursor: null,
    });
    const renamed = await request("PATCH", `/partners/groups/${sales}`, { name: "市场" });
    expect([renamed.status, renamed.body]).toEqual([
      200,
      { id: sales, name: "市场", displayName: "总部/市场", parent: top },
    ]);
    const moved = await request("PATCH", `/partners/groups/${sales}`, { parent: null });
    expect(moved.body).toEqual({ id: sales, name: "市场", displayName: "市场", parent: null });
    expect(await pathsNow()).toEqual(["总部", "市场", "市场/华东"]);
    await request("PATCH", `/partners/groups/${top}`, { name: "集团", parent: sales });
    expect(await pathsNow()).toEqual(["市场/集团", "市场", "市场/华东"]);

    const wang = await makeUser("wang", { departments: [sales, east] });
    expect((await request("DELETE", `/partners/groups/${sales}`)).status).toBe(204);
    expect(await pathsNow()).toEqual(["集团", "华东"]);
    expect((await request("GET", `/partners/users/${wang}`)).body.departments).toEqual([east]);
    for (const method of ["PATCH", "DELETE"]) {
      expect((await request(method, `/partners/groups/${sales}`, method === "PATCH" ? {} : undefined)).status).toBe(
        404,
      );
    }
  });

  it.each([
    ["no name", {}, "/name"],
    ["an empty name", { name: "" }, "/name"],
    ["a name with a slash", { name: "a/b" }, "/name"],
    ["a name with a control character", { name: "a\u0000" }, "/name"],
    ["a name of more than 200 characters", { name: "部".repeat(201) }, "/name"],
    // 200 characters, which folded are more than a resource can be looked up by.
    ["a name that is too long when folded", { name: "\ufdfa".repeat(200) }, "/name"],
    ["a parent that is not there", { name: "销售", parent: "nobody" }, "/parent"],
    ["a member that is not known", { name: "销售", displayName: "销售" }, "/displayName"],
  ])("are refused with %s", async (_, body, pointer) => {
    const answer = await request("POST", "/partners/groups", body);
    expect([answer.status, answer.body.errors?.[0].pointer]).toEqual([400, pointer]);
    expect(await pathsNow()).toEqual([]);
  });

  it("are refused where a path would be too long, and stay as they were", async () => {
    const top = await makeDepartment("部");
    const below = await makeDepartment("门".repeat(170), top);
    await makeDepartment("门".repeat(160), below);
    const before = await pathsNow();
    const made = await request("POST", "/partners/groups", { name: "门".repeat(200), parent: below });
    expect([made.status, made.body.errors[0]]).toEqual([
      400,
      { pointer: "/name", detail: "the path of the department has more than 1024 bytes" },
    ]);
    const renamed = await request("PATCH", `/partners/groups/${top}`, { name: "部".repeat(20) });
    expect([renamed.status, renamed.body.errors[0]]).toEqual([
      400,
      { pointer: "/name", detail: "the path of a department below it has more than 1024 bytes" },
    ]);
    expect(await pathsNow()).toEqual(before);
  });

  it("cannot lie in themselves", async () => {
    const top = await makeDepartment("总部");
    const below = await makeDepartment("销售", top);
    for (const parent of [top, below]) {
      const { status, body } = await request("PATCH", `/partners/groups/${top}`, { parent });
      expect([status, body.errors[0].pointer]).toEqual([400, "/parent"]);
    }
  });

  it("have a name of their own among their neighbours: 409", async () => {
    const top = await makeDepartment("总部");
    const sales = await makeDepartment("销售", top);
    await makeDepartment("市场", top);
    await makeDepartment("销售");
    for (const answer of [
      await request("POST", "/partners/groups", { name: "市场", parent: top }),
      await request("PATCH", `/partners/groups/${sales}`, { name: "市场" }),
      await request("PATCH", `/partners/groups/${sales}`, { parent: null }),
    ]) {
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([409, "/name"]);
    }
  });
});

describe("what is not a custom source's", () => {
  it("is not found there: people and departments of other sources", async () => {
    const others = await makeOthers();
    const attempts: readonly (readonly [string, string, object?])[] = [
      ["GET", `/partners/users/${others.user}`],
      ["PUT", `/partners/users/${others.user}`, user("other")],
      ["DELETE", `/partners/users/${others.user}`],
      ["PATCH", `/partners/groups/${others.group}`, { name: "这里" }],
      ["DELETE", `/partners/groups/${others.group}`],
      // Of the same source, but of the other kind.
      ["GET", `/partners/users/${await makeDepartment("销售")}`],
      ["DELETE", `/partners/groups/${await makeUser("wang")}`],
      ["GET", "/nowhere/users"],
      ["GET", "/nowhere/groups"],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await request(method, path, body);
      expect([method, path, answer.status, answer.body.type]).toEqual([
        ...[method, path, 404, "urn:wecom-scim-bridge:problem:not-found"],
      ]);
    }
    const lost = await request("POST", "/partners/groups", { name: "下级", parent: others.group });
    expect([lost.status, lost.body.errors[0].pointer]).toEqual([400, "/parent"]);
    const put = await request("POST", "/partners/users", user("li", { departments: [others.group] }));
    expect([put.status, put.body.errors[0].pointer]).toEqual([400, "/departments/0"]);
    const { body } = await request("GET", "/others/groups");
    expect(body.items).toHaveLength(1);
  });

  it("is not written by way of a WeCom source", async () => {
    const attempts: readonly (readonly [string, string, object?])[] = [
      ["GET", "/corp/users"],
      ["POST", "/corp/users", user("wang")],
      ["GET", "/corp/users/some-id"],
      ["PUT", "/corp/users/some-id", user("wang")],
      ["DELETE", "/corp/users/some-id"],
      ["GET", "/corp/groups"],
      ["POST", "/corp/groups", { name: "销售" }],
      ["PATCH", "/corp/groups/some-id", { name: "销售" }],
      ["DELETE", "/corp/groups/some-id"],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await request(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 409]);
      expect(answer.body.detail).toContain("no custom source");
    }
  });

  it("is told to nobody without the administrator's token", async () => {
    for (const headers of [{}, { authorization: "Bearer another-token-0123456789" }]) {
      for (const [method, path] of [
        ["GET", "users"],
        ["POST", "users"],
        ["GET", "users/some-id"],
        ["PUT", "users/some-id"],
        ["DELETE", "users/some-id"],
        ["GET", "groups"],
        ["POST", "groups"],
        ["PATCH", "groups/some-id"],
        ["DELETE", "groups/some-id"],
        ["POST", "import"],
      ] as const) {
        const response = await fixture.app.request(`/api/v1/sources/partners/${path}`, { method, headers });
        expect([method, path, response.status]).toEqual([method, path, 401]);
      }
    }
  });
});

async function pathsNow(): Promise<readonly string[]> {
  const { body } = await request("GET", "/partners/groups");
  return body.items.map(({ displayName }: { readonly displayName: string }) => displayName);
}
