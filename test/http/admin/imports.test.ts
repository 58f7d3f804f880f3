import { afterEach, beforeEach, expect, it } from "vitest";
import { makeDirectoryWriting } from "../../../src/directory/write-resources.ts";
import { maxImportBytes } from "../../../src/http/admin/imports.ts";
import { makeSchemaCatalog } from "../../../src/scim/catalog.ts";
import { type AdminFixture, type Answer, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;

beforeEach(async () => {
  fixture = await makeAdminFixture();
  await fixture.request("POST", "/api/v1/sources", { name: "partners", type: "custom" });
  await fixture.request("POST", "/api/v1/sources", wecomSource("corp"));
});

afterEach(() => fixture.store.close());

interface Sent {
  readonly mode?: string;
  readonly source?: string;
  readonly type?: string;
}

async function send(file: string | Uint8Array<ArrayBuffer>, sent: Sent = {}): Promise<Answer> {
  const { mode, source = "partners", type = "text/csv" } = sent;
  const query = mode === undefined ? "" : `?mode=${mode}`;
  const response = await fixture.app.request(`/api/v1/sources/${source}/import${query}`, {
    ...{ method: "POST", body: file },
    headers: { authorization: `Bearer ${fixture.adminToken}`, "content-type": type },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

async function listed(what: "users" | "groups"): Promise<readonly Record<string, unknown>[]> {
  return (await fixture.request("GET", `/api/v1/sources/partners/${what}`)).body.items;
}

const file = "账号,姓名,部门,颜色\nwang,王,总部/销售;总部/市场,红\nli,李,总部/销售,蓝\n";

it("a preview, which is what is done if nothing else is said, shows everything and changes nothing", async () => {
  const before = await fixture.database.read("select changes from directory_clock", []);
  for (const mode of [undefined, "preview"]) {
    const { status, body } = await send(file, mode === undefined ? {} : { mode });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      mode: "preview",
      columns: [
        { heading: "账号", meaning: "userName" },
        { heading: "姓名", meaning: "displayName, name.formatted" },
        { heading: "部门", meaning: "departments" },
        { heading: "颜色", meaning: null },
      ],
      counts: { created: 2, updated: 0, unchanged: 0, refused: 0, unreadable: 0 },
      newDepartments: ["总部", "总部/销售", "总部/市场"],
      problems: [],
      people: [
        { line: 2, userName: "wang", action: "create", id: null, problem: null },
        { line: 3, userName: "li", action: "create", id: null, problem: null },
      ],
      isComplete: true,
    });
  }
  expect(await listed("users")).toEqual([]);
  expect(await listed("groups")).toEqual([]);
  expect(await fixture.database.read("select changes from directory_clock", [])).toEqual(before);
});

it("applied, a file makes people and departments; sent again it changes nothing", async () => {
  const { status, body } = await send(file, { mode: "apply" });
  expect([status, body.mode, body.counts.created]).toEqual([200, "apply", 2]);
  const paths = new Map((await listed("groups")).map(({ id, displayName }) => [id, displayName]));
  expect([...paths.values()]).toEqual(["总部", "总部/销售", "总部/市场"]);
  const people = await listed("users");
  expect(
    people.map(({ userName, departments }) => [userName, (departments as string[]).map((id) => paths.get(id))]),
  ).toEqual([
    ["wang", ["总部/销售", "总部/市场"]],
    ["li", ["总部/销售"]],
  ]);
  expect(people.map(({ id }) => id)).toEqual(body.people.map(({ id }: { id: string }) => id));

  const again = await send(file, { mode: "apply" });
  expect(again.body).toMatchObject({
    counts: { created: 0, updated: 0, unchanged: 2, refused: 0, unreadable: 0 },
    ...{ newDepartments: [], people: [] },
  });
  expect(await listed("users")).toEqual(people);
});

it("changes are shown attribute by attribute before they are made", async () => {
  await send(file, { mode: "apply" });
  const changed = "账号,姓名,部门\nwang,王五,总部/市场\nli,李,总部/销售\n";
  const { body } = await send(changed);
  expect(body.counts).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
  expect(body.people).toHaveLength(1);
  expect(body.people[0]).toMatchObject({
    ...{ line: 2, userName: "wang", action: "update" },
    changes: expect.arrayContaining([
      { attribute: "displayName", before: "王", after: "王五" },
      { attribute: "departments", before: ["总部/销售", "总部/市场"], after: ["总部/市场"] },
    ]),
  });
  await send(changed, { mode: "apply" });
  expect((await listed("users")).map(({ displayName }) => displayName)).toEqual(["王五", "李"]);
});

it("a preview and what is done show the same departments, those before and those after", async () => {
  const changesOf = async (people: string): Promise<unknown> => {
    const [shown, done] = [await send(people), await send(people, { mode: "apply" })];
    expect(shown.body.people.map(({ changes }: { changes: unknown }) => changes)).toEqual(
      done.body.people.map(({ changes }: { changes: unknown }) => changes),
    );
    return done.body.people[0]?.changes.filter(({ attribute }: { attribute: string }) => attribute !== "userName");
  };
  const active = { attribute: "active", before: null, after: true };
  const moved = (before: unknown, after: unknown) => ({ attribute: "departments", before, after });
  expect(await changesOf("账号,部门\nwang,验证部\n")).toEqual([active, moved(null, ["验证部"])]);
  // The department is there by now.
  expect(await changesOf("账号,部门\nli,验证部\n")).toEqual([active, moved(null, ["验证部"])]);
  expect(await changesOf("账号,部门\nwang,验证部\n")).toBeUndefined();
  expect(await changesOf("账号,部门\nwang,验证部/子\n")).toEqual([moved(["验证部"], ["验证部/子"])]);
  expect(await changesOf("账号,部门\nwang,\n")).toEqual([moved(["验证部/子"], null)]);
  expect(await changesOf("账号,部门\nzhao,\n")).toEqual([active]);
});

it("the enterprise department is what its own column says, and is not made from the departments", async () => {
  const department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
  const departments = async (): Promise<readonly unknown[]> =>
    (await listed("users")).map((user) => user[department.replace(/:department$/, "")]);
  await send("账号,部门\nwang,总部/销售\n", { mode: "apply" });
  expect(await departments()).toEqual([undefined]);
  await send(`账号,部门,${department}\nwang,总部/市场,市场部\n`, { mode: "apply" });
  expect(await departments()).toEqual([{ department: "市场部" }]);
  // A file without the column leaves it alone.
  await send("账号,部门\nwang,总部/销售\n", { mode: "apply" });
  expect(await departments()).toEqual([{ department: "市场部" }]);
});

it("problems are told line by line, and the others go in", async () => {
  const long = "部".repeat(400);
  const broken = `账号,姓名,状态,部门,直属上级\n,无名,,,\nli,李,也许,,\nwang,王,启用,总部,nobody\nzhao,赵,,${long},\nwang2,王,x\n`;
  const { status, body } = await send(broken, { mode: "apply" });
  expect(status).toBe(200);
  expect(body.problems.map(({ line, column }: { line: number; column: string | null }) => [line, column])).toEqual([
    [2, "账号"],
    [3, "状态"],
    [6, null],
  ]);
  expect(body.counts).toEqual({ created: 1, updated: 0, unchanged: 0, refused: 1, unreadable: 3 });
  expect(body.people).toMatchObject([
    { line: 4, userName: "wang", action: "create", problem: expect.stringContaining("manager") },
    { line: 5, userName: "zhao", action: "refused", problem: expect.stringContaining("1024 bytes") },
  ]);
  expect((await listed("users")).map(({ userName }) => userName)).toEqual(["wang"]);
  expect((await listed("groups")).map(({ displayName }) => displayName)).toEqual(["总部"]);
});

it("nobody becomes his own manager, and two people can be each other's", async () => {
  const circle = "账号,直属上级\nwang,WANG\nli,zhao\nzhao,li\n";
  for (const mode of ["preview", "apply"]) {
    const { body } = await send(circle, { mode });
    expect(body.people).toMatchObject([
      { userName: "wang", action: "create", problem: expect.stringContaining("himself") },
      { userName: "li", action: "create", problem: null },
      { userName: "zhao", action: "create", problem: null },
    ]);
  }
  const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  const rows = await fixture.database.read<[document: string]>(
    "select document from resource where type = 'User' order by id",
    [],
  );
  const managed = rows.map(([document]) => enterprise in JSON.parse(document));
  expect(managed).toEqual([false, true, true]);
});

it("a file without a heading that means userName brings nobody, and says so", async () => {
  const { status, body } = await send("姓名\n王\n", { mode: "apply" });
  expect(status).toBe(200);
  expect(body.problems[0].detail).toContain("userName");
  expect(await listed("users")).toEqual([]);
});

it("more new departments than an import makes are refused, with nothing written", async () => {
  const many = `账号,部门\nwang,${Array.from({ length: 5001 }, (_, index) => `部门${index}`).join(";")}\n`;
  const { status, body } = await send(many, { mode: "apply" });
  expect([status, body.errors[0].pointer]).toEqual([400, ""]);
  expect(body.detail).toContain("5001 departments");
  expect(await listed("users")).toEqual([]);
  expect(await listed("groups")).toEqual([]);
});

const text = "账号,姓名\nwang,王\n";
const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
const gb18030 = [0xd5, 0xcb, 0xba, 0xc5, 0x2c, 0xd0, 0xd5, 0xc3, 0xfb, 0x0a, ...Buffer.from("wang,"), 0xcd, 0xf5, 0x0a];

it.each([
  ["UTF-8", Buffer.from(text), "text/csv"],
  ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`), "text/csv; charset=utf-8"],
  ["UTF-16LE with a mark", utf16, "text/csv"],
  ["UTF-16BE with a mark", Buffer.from(utf16).swap16(), "text/csv"],
  ["GB18030", Buffer.from(gb18030), "Text/CSV; charset=gb18030"],
])("a file in %s is understood", async (_, bytes, type) => {
  const { status, body } = await send(new Uint8Array(bytes), { mode: "apply", type });
  expect([status, body.counts.created]).toEqual([200, 1]);
  expect((await listed("users"))[0]).toMatchObject({ userName: "wang", displayName: "王" });
});

it.each([
  ["a workbook", [0x50, 0x4b, 0x03, 0x04, 0x14], "Excel workbook"],
  ["UTF-16 without a mark", [...Buffer.from(text, "utf16le")], "not text"],
  ["bytes that are no text", [0xff, 0xff, 0xff], "not text"],
])("%s is refused", async (_, bytes, detail) => {
  const { status, body } = await send(new Uint8Array(bytes));
  expect([status, body.type]).toEqual([400, "urn:wecom-scim-bridge:problem:invalid-request"]);
  expect(body.detail).toContain(detail);
});

it.each([
  ["application/json"],
  ["multipart/form-data; boundary=x"],
  ["application/x-www-form-urlencoded"],
  ["text/csvx"],
])("a body sent as %s is refused: it might be no file", async (type) => {
  const { status, body } = await send(file, { mode: "apply", type });
  expect([status, body.detail]).toEqual([
    ...[400, "The body has to be the file itself, sent with Content-Type: text/csv."],
  ]);
  expect(await listed("users")).toEqual([]);
});

it("a file of more than 16 MiB is refused; one of more than other bodies may have is not", async () => {
  const line = `账号,姓名\n${" ".repeat(70)}\n`;
  const tooLarge = await send(new Uint8Array(maxImportBytes + 1).fill(0x20), { mode: "apply" });
  expect([tooLarge.status, tooLarge.body.type]).toEqual([413, "urn:wecom-scim-bridge:problem:too-large"]);
  expect((await send(line + "x".repeat(1_100_000))).status).toBe(200);
});

it("a mode that is none is refused, and so are sources that are none, WeCom's, or disabled", async () => {
  const mode = await send(file, { mode: "do" });
  expect([mode.status, mode.body.errors[0].parameter]).toEqual([400, "mode"]);
  expect((await send(file, { source: "nowhere" })).status).toBe(404);
  const wecom = await send(file, { source: "corp", mode: "apply" });
  expect([wecom.status, wecom.body.type]).toEqual([409, "urn:wecom-scim-bridge:problem:conflict"]);
  await fixture.request("PATCH", "/api/v1/sources/partners", { status: "disabled", people: "keep" });
  expect((await send(file)).status).toBe(200);
  const disabled = await send(file, { mode: "apply" });
  expect([disabled.status, disabled.body.detail]).toEqual([409, expect.stringContaining("disabled")]);
  expect(await listed("users")).toEqual([]);
});

it("somebody of another source is refused by his line", async () => {
  await fixture.request("POST", "/api/v1/sources/partners/users", {
    ...{ schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "wang" },
  });
  await fixture.request("PATCH", "/api/v1/sources/partners", { status: "disabled", people: "keep" });
  expect((await fixture.request("POST", "/api/v1/sources", { name: "others", type: "custom" })).status).toBe(201);
  const { body } = await send(file, { source: "others", mode: "apply" });
  expect(body.people).toMatchObject([
    { line: 2, userName: "wang", action: "refused", problem: expect.stringContaining("another source") },
    { line: 3, userName: "li", action: "create" },
  ]);
});

/** Somebody left the custom source; a document that says otherwise counts for nothing. */
async function leaves(userName: string, active: boolean): Promise<void> {
  const { status } = await send(`账号,状态\n${userName},${active ? "启用" : "禁用"}\n`, { mode: "apply" });
  expect(status).toBe(200);
  await fixture.database.write((trx) =>
    trx.updateTable("resource").set({ departed_at: 1 }).where("user_name", "=", userName).execute(),
  );
}

const states = () =>
  fixture.database.read<[version: number, departedAt: number | null]>(
    "select version, departed_at from resource where type = 'User' order by id",
    [],
  );

it.each([[true], [false]])(
  "who had left is brought back, and that is told (active in his document: %s)",
  async (active) => {
    await leaves("wang", active);
    const id = (await fixture.request("POST", "/api/v1/user-groups", { displayName: "g", memberFilter: "userName pr" }))
      .body.id;
    const changes = [{ attribute: "active", before: false, after: true }];
    const before = await fixture.store.directoryChanges();
    for (const mode of ["preview", "apply"]) {
      const { body } = await send("账号,状态\nwang,启用\n", { mode });
      expect(body.counts).toMatchObject({ updated: 1, unchanged: 0 });
      expect(body.people).toMatchObject([{ userName: "wang", action: "update", changes }]);
    }
    expect(await states()).toEqual([[expect.any(Number), null]]);
    expect((await fixture.request("GET", `/api/v1/user-groups/${id}`)).body.members).toBe(1);
    const source = (await fixture.request("GET", "/api/v1/sources/partners")).body.id;
    expect((await fixture.store.directoryChanges()).get(source)).toBeGreaterThan(before.get(source) ?? 0);
    expect((await send("账号,状态\nwang,启用\n", { mode: "apply" })).body.counts).toMatchObject({ unchanged: 1 });
  },
);

it("who had left stays so by a file that says so, and is not written again", async () => {
  await leaves("wang", false);
  const before = await states();
  for (const text of ["账号,状态\nwang,禁用\n", "账号\nwang\n"]) {
    expect((await send(text, { mode: "apply" })).body.counts).toMatchObject({ updated: 0, unchanged: 1 });
  }
  expect(await states()).toEqual(before);
});

it("who had left is back when a client writes him as he was, active", async () => {
  for (const method of ["replace", "modify"] as const) {
    await leaves("wang", true);
    const { items } = (await fixture.request("GET", "/api/v1/sources/partners/users")).body;
    const catalog = makeSchemaCatalog([]);
    const writing = makeDirectoryWriting({ writer: fixture.store, catalog: () => catalog });
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    const body =
      method === "replace"
        ? { schemas, userName: "wang", active: true }
        : {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            Operations: [{ op: "replace", path: "active", value: true }],
          };
    const all = { access: "write" as const, sources: "all" as const };
    expect(await writing[method]("User", items[0].id, body, all)).toMatchObject({ changed: true });
    expect(await states()).toEqual([[expect.any(Number), null]]);
    expect(await writing[method]("User", items[0].id, body, all)).toMatchObject({ changed: false });
  }
});

/** A dynamic group, and how many members it has. */
async function dynamic(memberFilter: string): Promise<() => Promise<number>> {
  const made = await fixture.request("POST", "/api/v1/user-groups", { displayName: memberFilter, memberFilter });
  return async () => (await fixture.request("GET", `/api/v1/user-groups/${made.body.id}`)).body.members;
}

/** People by number, with their `title`s. */
function titles(from: number, to: number, titleOf: (index: number) => string): string {
  const lines = Array.from({ length: to - from }, (_, index) => `u${from + index},${titleOf(from + index)}\n`);
  return `账号,职务\n${lines.join("")}`;
}

it("takes no more out of a dynamic group than one write may, however many transactions it is", async () => {
  await send(
    titles(0, 450, () => "a"),
    { mode: "apply" },
  );
  const [a, b] = [await dynamic('title eq "a"'), await dynamic('title eq "b"')];
  // 226 of 450, in two transactions of which each is within half; others come at the same time.
  const moved = titles(0, 650, (index) => (index % 2 === 0 || index === 1 ? "b" : "a"));
  expect((await send(moved, { mode: "apply" })).body.counts).toMatchObject({ created: 200, updated: 226 });
  expect([await a(), await b()]).toEqual([450 + 100, 226 + 100]);
});

it("takes half of a dynamic group out of it, in whatever transactions", async () => {
  await send(
    titles(0, 450, () => "a"),
    { mode: "apply" },
  );
  const a = await dynamic('title eq "a"');
  await send(
    titles(0, 225, () => "b"),
    { mode: "apply" },
  );
  expect(await a()).toBe(225);
});

it("takes no more out of a dynamic group by managers either", async () => {
  const people = (manager: string) =>
    `账号,直属上级\nboss,\n${Array.from({ length: 30 }, (_, index) => `u${index},${manager}\n`).join("")}`;
  await send(people("boss"), { mode: "apply" });
  const managed = await dynamic("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager pr");
  const unmanaged = await dynamic("not (urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager pr)");
  expect([await managed(), await unmanaged()]).toEqual([30, 1]);
  await send(people(""), { mode: "apply" });
  expect([await managed(), await unmanaged()]).toEqual([30, 31]);
});
