import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture } from "../../support/admin.ts";

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (method, path, body) => fixture.request(method, `/api/v1${path}`, body);

async function make(path: string, body: object): Promise<string> {
  const { status, body: made } = await request("POST", path, body);
  expect(status).toBe(201);
  return made.id;
}
const makeUser = (userName: string, more: object = {}) =>
  make("/sources/partners/users", { schemas: [userSchema], userName, ...more });
const makeUnit = (name: string, parent: string | null = null) => make("/sources/partners/groups", { name, parent });

interface Listed {
  readonly items: readonly { readonly userName: string }[];
  readonly nextCursor: string | null;
  readonly total: number;
}
async function list(query: Readonly<Record<string, string>> = {}): Promise<Listed> {
  const { status, body } = await request("GET", `/people?${new URLSearchParams(query)}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
const names = async (query: Readonly<Record<string, string>> = {}) =>
  (await list(query)).items.map(({ userName }) => userName);

beforeEach(async () => {
  fixture = await makeAdminFixture();
  await make("/sources", { name: "partners", type: "custom" });
});
afterEach(() => fixture.store.close());

describe("the list of people", () => {
  it("is in order of names, those without one last, and comes page by page", async () => {
    for (const [userName, displayName] of [
      ["c", "王"],
      ["a", "Bob"],
      ["d", "alice"],
      ["e", undefined],
      ["b", "alice"],
      ["f", undefined],
    ]) {
      await makeUser(userName ?? "", displayName === undefined ? {} : { displayName });
    }
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Listed = await list({ limit: "2", ...(cursor !== "" && { cursor }) });
      expect(page.total).toBe(6);
      seen.push(...page.items.map(({ userName }) => userName));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(["d", "b", "a", "c", "e", "f"]);
  });

  it("finds people by a part of a name, by a whole address or number", async () => {
    await makeUser("zhang.san", {
      displayName: "张三丰",
      emails: [{ value: "san@corp.example", type: "work" }],
      phoneNumbers: [{ value: "13800001234", type: "mobile" }],
    });
    await makeUser("li.si", { displayName: "李四", externalId: "E-7", active: false });
    expect(await names({ q: "三" })).toEqual(["zhang.san"]);
    expect(await names({ q: " SAN@corp.example " })).toEqual(["zhang.san"]);
    expect(await names({ q: "13800001234" })).toEqual(["zhang.san"]);
    await makeUser("13800005678");
    expect(await names({ q: "1380000" })).toEqual(["13800005678"]);
    expect(await names({ q: "I" })).toEqual(["li.si"]);
    const first = await list({ q: "n", limit: "1" });
    await makeUser("nobody");
    expect(await list({ q: "n", limit: "1" })).toMatchObject({ total: 2, nextCursor: expect.any(String) });
    expect(first).toMatchObject({ total: 1, nextCursor: null });
    expect(await names({ q: '"' })).toEqual([]);
    expect(await names({ active: "false" })).toEqual(["li.si"]);
    expect(await names({ q: "li", active: "true" })).toEqual([]);
    expect(await names({ q: "  " })).toHaveLength(4);
  });

  it("has of a department everybody below it, each once", async () => {
    const top = await makeUnit("总部");
    const sales = await makeUnit("销售部", top);
    const east = await makeUnit("华东", sales);
    await makeUser("boss", { departments: [top] });
    await makeUser("both", { departments: [sales, east] });
    await makeUser("east", { departments: [east] });
    await makeUser("none");
    expect((await names({ group: top })).sort()).toEqual(["boss", "both", "east"]);
    expect((await names({ group: sales })).sort()).toEqual(["both", "east"]);
    expect(await names({ group: east, q: "bo" })).toEqual(["both"]);
    expect(await list({ group: top, limit: "1" })).toMatchObject({ total: 3 });
  });

  it.each([
    ["source=nobody", /source: there is no such source/],
    ["group=nothing", /group: there is no such group/],
    ["cursor=elsewhere", /cursor: does not lead anywhere/],
    ["active=maybe", /active/],
  ])("refuses %s, and says where", async (query, detail) => {
    const { status, body } = await request("GET", `/people?${query}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toMatch(detail);
  });
});

describe("a person", () => {
  it("is shown with attributes, groups, and what stands at targets", async () => {
    const sales = await makeUnit("销售部");
    const id = await makeUser("zhang.san", { displayName: "张三", title: "经理", departments: [sales] });
    const group = await make("/user-groups", { displayName: "VPN", members: [id] });
    const { status, body } = await request("GET", "/people/zhang.san");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ id, userName: "zhang.san", displayName: "张三", title: "经理", active: true },
      ...{ resource: { title: "经理" }, links: [], pauses: [] },
    });
    expect(body.groups).toEqual(
      expect.arrayContaining([
        { id: sales, displayName: "销售部", externalId: null, kind: "of-source" },
        { id: group, displayName: "VPN", externalId: null, kind: "user-group" },
      ]),
    );
    expect((await request("GET", `/people/${group}`)).status).toBe(404);
    expect((await request("GET", "/people/nobody")).status).toBe(404);
  });
});

describe("the organisation of a source", () => {
  it("is read a level at a time, with who is in each and what is below", async () => {
    const top = await makeUnit("总部");
    const sales = await makeUnit("销售部", top);
    await makeUnit("分部");
    await makeUnit("华东", sales);
    await makeUser("boss", { departments: [top] });
    const read = async (query = "") => (await request("GET", `/sources/partners/organisation${query}`)).body;
    expect((await read()).items).toMatchObject([
      { displayName: "分部", people: 0, units: 0 },
      { displayName: "总部", people: 1, units: 1, id: top },
    ]);
    expect((await read(`?parent=${top}`)).items).toMatchObject([{ displayName: "总部/销售部", units: 1 }]);
    const first = await read("?limit=1");
    expect(first).toMatchObject({ items: [{ displayName: "分部" }], nextCursor: expect.any(String) });
    expect(await read(`?limit=1&cursor=${first.nextCursor}`)).toMatchObject({ items: [{ id: top }], nextCursor: null });
    expect((await read("?q=华")).items).toMatchObject([{ displayName: "总部/销售部/华东" }]);
    expect((await request("GET", "/sources/nobody/organisation")).status).toBe(404);
    expect((await request("GET", `/sources/partners/organisation?q=x&parent=${top}`)).status).toBe(400);
  });
});
