import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDirectoryWriting } from "../../../src/directory/write-resources.ts";
import { makeSchemaCatalog } from "../../../src/scim/catalog.ts";
import { userGroupSchemaUrn } from "../../../src/scim/schemas/user-group.ts";
import { type AdminFixture, type Answer, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
let custom: string;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  fixture = await makeAdminFixture();
  custom = (await request("POST", "/api/v1/sources", { name: "partners", type: "custom" })).body.id;
  await request("POST", "/api/v1/sources", wecomSource("corp"));
});

afterEach(() => fixture.store.close());

async function addUser(userName: string, more: object = {}): Promise<string> {
  const { body } = await request("POST", "/api/v1/sources/partners/users", {
    userName,
    displayName: userName,
    ...more,
  });
  return body.id;
}

const made = async (form: object): Promise<string> => (await request("POST", "/api/v1/user-groups", form)).body.id;
const problemOf = ({ status, body }: Answer) => [status, body.errors?.[0]?.pointer ?? null];

async function membersOf(id: string): Promise<readonly string[]> {
  const { body } = await request("GET", `/api/v1/user-groups/${id}/members`);
  return body.items.map((item: { userName: string }) => item.userName);
}

describe("user groups", () => {
  it("are made with a list, read, changed and deleted", async () => {
    const ann = await addUser("ann");
    const answer = await request("POST", "/api/v1/user-groups", { displayName: "VPN", members: [ann] });
    expect(answer.status).toBe(201);
    const { id } = answer.body;
    expect(answer.headers.get("location")).toBe(`http://bridge.test/api/v1/user-groups/${id}`);
    const view = { id, displayName: "VPN", externalId: null, memberFilter: null, sources: null, members: 1 };
    expect(answer.body).toMatchObject({ ...view, warning: null });
    expect((await request("GET", `/api/v1/user-groups/${id}`)).body).toEqual(answer.body);
    const changed = await request("PATCH", `/api/v1/user-groups/${id}`, { displayName: "Net", externalId: "net" });
    expect(changed.body).toMatchObject({ displayName: "Net", externalId: "net", members: 1 });
    expect((await request("PATCH", `/api/v1/user-groups/${id}`, { externalId: null })).body.externalId).toBeNull();
    expect((await request("DELETE", `/api/v1/user-groups/${id}`)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) {
      expect((await request(method, `/api/v1/user-groups/${id}`)).status).toBe(404);
    }
  });

  it("are made with a filter, and lose it", async () => {
    await addUser("ann", { title: "顾问" });
    await addUser("bob");
    const answer = await request("POST", "/api/v1/user-groups", { displayName: "g", memberFilter: 'title eq "顾问"' });
    expect(answer.body).toMatchObject({ memberFilter: 'title eq "顾问"', sources: "all", members: 1, warning: null });
    const { id } = answer.body;
    const other = await request("PATCH", `/api/v1/user-groups/${id}`, { memberFilter: 'userName sw "b"' });
    expect(other.body).toMatchObject({ members: 1, sources: "all" });
    expect(await membersOf(id)).toEqual(["bob"]);
    const listed = await request("PATCH", `/api/v1/user-groups/${id}`, { memberFilter: null });
    expect(listed.body).toMatchObject({ memberFilter: null, sources: null, members: 1 });
  });

  it("are listed page by page, and found by name", async () => {
    for (const displayName of ["alpha", "beta", "alphabet"]) await made({ displayName });
    const first = (await request("GET", "/api/v1/user-groups?limit=2")).body;
    expect(first.items.map((item: { displayName: string }) => item.displayName)).toEqual(["alpha", "beta"]);
    const second = (await request("GET", `/api/v1/user-groups?limit=2&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({ items: [{ displayName: "alphabet" }], nextCursor: null });
    expect((await request("GET", "/api/v1/user-groups?q=ALPHA")).body.items).toHaveLength(2);
  });

  it("gain and lose members, who are listed page by page", async () => {
    const [a, b, c] = [await addUser("a"), await addUser("b"), await addUser("c")];
    const id = await made({ displayName: "g", members: [a] });
    const path = `/api/v1/user-groups/${id}/members`;
    expect((await request("POST", path, { add: [b, c], remove: [a] })).body).toMatchObject({ members: 2 });
    const first = (await request("GET", `${path}?limit=1`)).body;
    expect(first.items).toEqual([{ id: b, type: "User", displayName: "b", userName: "b", sourceId: custom }]);
    const second = (await request("GET", `${path}?limit=1&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({ items: [{ id: c }], nextCursor: null });
    expect(problemOf(await request("POST", path, { add: ["nobody"] }))).toEqual([400, "/members"]);
  });

  it("are refused with the place of what is wrong, named once", async () => {
    const id = await made({ displayName: "g" });
    for (const [form, pointer] of [
      [{ displayName: "h", memberFilter: "nonsense" }, "/memberFilter"],
      [{ displayName: "h", memberFilter: "title pr", members: [] }, "/members"],
      [{ displayName: "h", sources: ["corp"] }, "/sources"],
      [{ displayName: "h", memberFilter: "title pr", sources: ["nobody"] }, "/sources/0"],
      [{ displayName: "h", members: ["nobody"] }, "/members"],
      [{}, "/displayName"],
    ] as const) {
      expect(problemOf(await request("POST", "/api/v1/user-groups", form))).toEqual([400, pointer]);
    }
    expect(problemOf(await request("PATCH", `/api/v1/user-groups/${id}`, { sources: "all" }))).toEqual([
      400,
      "/sources",
    ]);
    const { body } = await request("PATCH", `/api/v1/user-groups/${id}`, { memberFilter: "nonsense" });
    expect(body.detail.match(/memberFilter/g)).toHaveLength(1);
    expect((await request("POST", "/api/v1/user-groups", { displayName: "G" })).status).toBe(409);
  });

  it("are for administrators", async () => {
    for (const path of ["", "/preview", "/x", "/x/members", "/x/evaluate"]) {
      expect((await fixture.app.request(`/api/v1/user-groups${path}`)).status).toBe(401);
    }
  });
});

describe("the sources of a filter", () => {
  it("change alone, and stay when the filter changes", async () => {
    await addUser("ann", { title: "顾问" });
    const id = await made({ displayName: "g", memberFilter: "title pr", sources: ["corp"] });
    const path = `/api/v1/user-groups/${id}`;
    const corp = (await request("GET", "/api/v1/sources/corp")).body.id;
    const other = await request("PATCH", path, { memberFilter: "userName pr" });
    expect(other.body).toMatchObject({ sources: [corp], members: 0 });
    const wider = await request("PATCH", path, { sources: ["corp", "partners"] });
    expect(wider.body).toMatchObject({ memberFilter: "userName pr", sources: [corp, custom], members: 1 });
    expect((await request("PATCH", path, { sources: ["corp"] })).body).toMatchObject({ members: 0 });
    expect((await request("PATCH", path, { sources: "all" })).body).toMatchObject({ sources: "all", members: 1 });
  });

  it("are not those that a client with fewer of them would leave of it", async () => {
    const { writing, ann, few } = { ...(await withClient()), ann: await addUser("ann", { title: "顾问" }) };
    const id = await made({ displayName: "g", memberFilter: "title pr" });
    const listed = await made({ displayName: "h", members: [ann] });
    const path = `${userGroupSchemaUrn}:memberFilter`;
    const patch = (operation: object) => ({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [operation],
    });
    const refused = { status: 403, message: expect.stringContaining("does not see") };
    for (const operation of [
      { op: "replace", path, value: "userName pr" },
      { op: "remove", path },
    ]) {
      await expect(writing("Group", id, patch(operation), few)).rejects.toMatchObject(refused);
    }
    await expect(writing("Group", listed, patch({ op: "add", path, value: "userName pr" }), few)).rejects.toMatchObject(
      refused,
    );
    expect([await membersOf(id), await membersOf(listed)]).toEqual([["ann"], ["ann"]]);
    // Its name is anybody's to change who may write.
    await writing("Group", id, patch({ op: "replace", path: "displayName", value: "other" }), few);
    expect((await request("GET", `/api/v1/user-groups/${id}`)).body).toMatchObject({ sources: "all", members: 1 });
  });
});

describe("a list with people whom a client does not see", () => {
  const rename = (displayName: string) => ({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "displayName", value: displayName }],
  });

  it("is not that client's to rename where a filter goes by groups, so that nobody comes or goes by it", async () => {
    const { writing, replace, few } = await withClient();
    const listed = await made({ displayName: "Lunch", members: [await addUser("ann")] });
    // As long as nothing goes by its name, that is anybody's.
    await writing("Group", listed, rename("Dinner"), few);
    await writing("Group", listed, rename("Lunch"), few);
    const admins = await made({ displayName: "Admins", memberFilter: 'groups.display eq "Root"' });
    const lunch = await made({ displayName: "At lunch", memberFilter: 'groups.display eq "Lunch"' });
    const refused = { status: 403, message: expect.stringContaining("does not see") };
    await expect(writing("Group", listed, rename("Root"), few)).rejects.toMatchObject(refused);
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    await expect(replace("Group", listed, { schemas, displayName: "Root" }, few)).rejects.toMatchObject(refused);
    expect([await membersOf(admins), await membersOf(lunch)]).toEqual([[], ["ann"]]);
    // What is no name of it to a filter can be changed.
    await writing("Group", listed, { ...rename(""), Operations: [{ op: "add", value: { externalId: "x" } }] }, few);
    const empty = await made({ displayName: "empty" });
    await writing("Group", empty, rename("Root"), few);
    await writing("Group", listed, rename("other"), { access: "write", sources: "all" });
    expect([await membersOf(admins), await membersOf(lunch)]).toEqual([[], []]);
  });

  it("is not that client's to delete", async () => {
    const { remove, few } = await withClient();
    const ann = await addUser("ann");
    const listed = await made({ displayName: "Lunch", members: [ann] });
    const dynamic = await made({ displayName: "dynamic", memberFilter: "userName pr" });
    const empty = await made({ displayName: "empty" });
    for (const id of [listed, dynamic]) {
      await expect(remove("Group", id, few)).rejects.toMatchObject({
        ...{ status: 403, message: expect.stringContaining("does not see") },
      });
      expect(await membersOf(id)).toEqual(["ann"]);
    }
    await remove("Group", empty, few);
    await remove("Group", listed, { access: "write", sources: [...few.sources, custom] });
  });
});

/** What a SCIM client writes that sees the source `corp` and user groups. */
async function withClient() {
  const catalog = makeSchemaCatalog([]);
  const corp = (await request("GET", "/api/v1/sources/corp")).body.id;
  const { modify, replace, remove } = makeDirectoryWriting({ writer: fixture.store, catalog: () => catalog });
  return { writing: modify, replace, remove, few: { access: "write" as const, sources: [corp, "user-groups"] } };
}

describe("a filter", () => {
  it("is tried before a group is made", async () => {
    for (let index = 0; index < 22; index += 1) await addUser(`user${index}`, { title: "顾问" });
    const preview = (form: object) => request("POST", "/api/v1/user-groups/preview", form);
    const { body } = await preview({ memberFilter: 'title eq "顾问"' });
    expect(body).toMatchObject({ total: 22, warning: null });
    expect(body.items).toHaveLength(20);
    expect((await preview({ memberFilter: "title pr", sources: ["corp"] })).body.total).toBe(0);
    expect(problemOf(await preview({ memberFilter: "nonsense" }))).toEqual([400, "/memberFilter"]);
  });

  it("that names a dynamic group is refused, one that names nothing is warned of", async () => {
    const dynamic = await made({ displayName: "dynamic", memberFilter: "title pr" });
    await made({ displayName: "listed" });
    for (const memberFilter of ['groups.display eq "Dynamic"', `groups.value eq "${dynamic}"`]) {
      for (const [path, form] of [
        ["/api/v1/user-groups", { displayName: "h", memberFilter }],
        ["/api/v1/user-groups/preview", { memberFilter }],
      ] as const) {
        expect(problemOf(await request("POST", path, form))).toEqual([400, "/memberFilter"]);
      }
    }
    const own = await request("PATCH", `/api/v1/user-groups/${dynamic}`, {
      memberFilter: 'groups.display eq "dynamic"',
    });
    expect(own.status).toBe(400);
    const memberFilter = 'groups.display eq "listed" or groups.display eq "nothing"';
    const warning = 'there is no such group, and nobody matches that: groups.display eq "nothing"';
    expect((await request("POST", "/api/v1/user-groups/preview", { memberFilter })).body).toMatchObject({ warning });
    const answer = await request("POST", "/api/v1/user-groups", { displayName: "h", memberFilter });
    expect([answer.status, answer.body.warning]).toEqual([201, warning]);
  });

  it("is one of 200 at most", async () => {
    await fixture.store.writeDirectory(async (write) => {
      for (let index = 0; index < 200; index += 1) {
        const rule = { filter: "title pr", sources: "all" as const };
        const document = { schemas: [], displayName: `g${index}` };
        await write.create({ type: "Group", kind: "group", sourceId: "user-groups", document, rule });
      }
    });
    const answer = await request("POST", "/api/v1/user-groups", { displayName: "more", memberFilter: "title pr" });
    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining("200 dynamic groups")]);
    expect((await request("POST", "/api/v1/user-groups", { displayName: "more" })).status).toBe(201);
  });
});

describe("a filter by the name of a department", () => {
  it("follows when that one, or one above it, is renamed or removed", async () => {
    const path = "/api/v1/sources/partners/groups";
    const department = async (form: object) => (await request("POST", path, form)).body.id;
    const top = await department({ name: "总部" });
    const below = await department({ name: "销售", parent: top });
    await addUser("ann", { departments: [below] });
    const ids = new Map<string, string>();
    for (const name of ["总部/销售", "分部/销售", "销售"]) {
      ids.set(name, await made({ displayName: `of ${name}`, memberFilter: `groups.display eq "${name}"` }));
    }
    const held = async () => {
      const names: string[] = [];
      for (const [name, id] of ids) if ((await membersOf(id)).length > 0) names.push(name);
      return names;
    };
    expect(await held()).toEqual(["总部/销售"]);
    expect((await request("PATCH", `${path}/${top}`, { name: "分部" })).status).toBe(200);
    expect(await held()).toEqual(["分部/销售"]);
    expect((await request("DELETE", `${path}/${top}`)).status).toBe(204);
    expect(await held()).toEqual(["销售"]);
    expect((await request("DELETE", `${path}/${below}`)).status).toBe(204);
    expect(await held()).toEqual([]);
  });
});

describe("evaluating a dynamic group", () => {
  it("shows who would come and go, and does it", async () => {
    const users: string[] = [];
    for (let index = 10; index < 35; index += 1) users.push(await addUser(`user${index}`));
    const listed = await made({ displayName: "listed", members: users });
    const id = await made({ displayName: "g", memberFilter: 'groups.display eq "listed"' });
    await request("PATCH", `/api/v1/user-groups/${listed}`, { displayName: "other" });
    expect((await membersOf(id)).length).toBe(25);
    const path = `/api/v1/user-groups/${id}/evaluate`;
    const shown = await request("POST", path, { apply: false });
    expect(shown.body).toMatchObject({ applied: false, join: { total: 0, items: [] }, leave: { total: 25 } });
    expect(shown.body.leave.items[0]).toEqual({ id: users[0], userName: "user10", displayName: "user10" });
    expect((await membersOf(id)).length).toBe(25);
    expect((await request("POST", path, { apply: true })).body).toMatchObject({ applied: true, leave: { total: 25 } });
    expect(await membersOf(id)).toEqual([]);
    expect((await request("POST", path, {})).body.leave.total).toBe(0);
    expect((await request("POST", `/api/v1/user-groups/${listed}/evaluate`, {})).status).toBe(409);
    expect((await request("POST", "/api/v1/user-groups/nobody/evaluate", {})).status).toBe(404);
  });
});
