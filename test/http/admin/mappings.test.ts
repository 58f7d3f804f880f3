import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, wecomSource } from "../../support/admin.ts";
import { failWrites } from "../../support/failing-writes.ts";
import { copySchemas } from "../../support/schemas.ts";

let fixture: AdminFixture;
let directory: string;
const request: AdminFixture["request"] = (method, path, body) => fixture.request(method, `/api/v1${path}`, body);

beforeEach(async () => {
  directory = copySchemas();
  fixture = await makeAdminFixture({}, directory);
});

afterEach(() => fixture.store.close());

const read = (file: string) => readFileSync(join(directory, file), "utf8");
const text = (title: string) =>
  `{\n  "user": {\n    "userName": { "from": "userid" }, "active": { "expr": "member.status == 1" },\n    "title": { "from": "${title}" }\n  }\n}\n`;

describe("mappings", () => {
  it("are listed with what is in force, and in pages", async () => {
    const { status, body } = await request("GET", "/mappings");
    expect(status).toBe(200);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(["hanzo-iam", "minimal", "sase", "wecom"]);
    expect(body.items[3]).toEqual({
      name: "wecom",
      file: "mappings/wecom.json",
      state: "current",
      active: {
        version: 1,
        state: "active",
        origin: "file",
        createdAt: expect.any(String),
        activatedAt: expect.any(String),
      },
      draft: null,
      problems: [],
      warnings: [],
      writable: true,
      usedBy: [],
    });
    const first = await request("GET", "/mappings?limit=3");
    expect(first.body.items).toHaveLength(3);
    expect((await request("GET", `/mappings?limit=3&cursor=${first.body.nextCursor}`)).body.items).toHaveLength(1);
  });

  it("read with their text and content; one that is not there is a 404", async () => {
    const { body } = await request("GET", "/mappings/minimal");
    expect(body.text).toBe(read("mappings/minimal.json"));
    expect(body.content).toEqual(JSON.parse(body.text));
    for (const path of ["/mappings/nobody", "/mappings/nobody/versions", "/mappings/wecom/versions/9"]) {
      expect({ path, status: (await request("GET", path)).status }).toEqual({ path, status: 404 });
    }
    expect((await request("GET", "/mappings/..%2Ftargets%2Fgeneric")).status).toBe(404);
  });

  it("say who uses them", async () => {
    const source = await request("POST", "/sources", wecomSource("corp"));
    expect((await request("GET", "/mappings/wecom")).body.usedBy).toEqual([source.body.id]);
    expect((await request("GET", "/mappings/minimal")).body.usedBy).toEqual([]);
  });

  it("are saved as drafts, letter by letter, and in force once activated", async () => {
    const saved = await request("PUT", "/mappings/wecom", text("alias"));
    expect(saved).toMatchObject({ status: 200, body: { version: 2, state: "draft", activatedAt: null, warnings: [] } });
    expect((await request("PUT", "/mappings/wecom", text("alias"))).body.version).toBe(2);
    expect((await request("GET", "/mappings/wecom")).body).toMatchObject({
      active: { version: 1 },
      draft: { version: 2 },
    });
    expect((await request("GET", "/mappings/wecom/versions/2")).body).toMatchObject({
      text: text("alias"),
      content: { user: { title: { from: "alias" } } },
    });
    const activated = await request("POST", "/mappings/wecom/activate", { version: 2, expected: 1 });
    expect(activated).toMatchObject({
      status: 200,
      body: { state: "current", active: { version: 2, origin: "api" }, draft: null },
    });
    expect(read("mappings/wecom.json")).toBe(text("alias"));
    expect(fixture.calls).toContainEqual(["nudge"]);
    const stale = await request("POST", "/mappings/wecom/activate", { version: 1, expected: 1 });
    expect(stale).toMatchObject({ status: 409, body: { detail: expect.stringContaining("version 2 is in force") } });
    const back = await request("POST", "/mappings/wecom/activate", { version: 1 });
    expect(back.body.active).toMatchObject({ version: 1 });
    expect((await request("GET", "/mappings/wecom/versions")).body.items).toMatchObject([
      { version: 2, state: "former" },
      { version: 1, state: "active" },
    ]);
  });

  it("with mistakes are refused, every one at its place in the body", async () => {
    const body =
      '{\n  "user": {\n    "userName": { "from": "userid" },\n    "titel": { "from": "position" },\n    "active": { "const": "maybe" }\n  }\n}';
    const refused = await request("PUT", "/mappings/wecom", body);
    expect(refused).toMatchObject({
      status: 400,
      body: {
        type: "urn:wecom-scim-bridge:problem:invalid-request",
        errors: [
          { pointer: "/user/titel", line: 4, column: 5, detail: expect.stringContaining("did you mean title") },
          { pointer: "/user/active/const", line: 5, column: 26 },
        ],
      },
    });
    const noJson = await request("PUT", "/mappings/wecom", '{\n  "user": {,}\n}');
    expect(noJson).toMatchObject({ status: 400, body: { errors: [{ pointer: "", line: 2, column: 12 }] } });
    expect((await request("PUT", "/mappings/wecom", "")).status).toBe(400);
    expect((await request("GET", "/mappings/wecom/versions")).body.items).toHaveLength(1);
    expect((await request("PUT", "/mappings/wecom", " ".repeat(1_048_577))).status).toBe(413);
  });

  it("that are no UTF-8 are refused: they would be kept with other characters", async () => {
    const gbk = Buffer.concat([
      Buffer.from('{ "user": { "title": { "const": "'),
      Buffer.of(0xb9, 0xa4),
      Buffer.from('" } } }'),
    ]);
    const answer = await fixture.app.request("/api/v1/mappings/wecom", {
      method: "PUT",
      headers: { authorization: `Bearer ${fixture.adminToken}`, "content-type": "application/json" },
      body: gbk,
    });
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
      400,
      expect.stringContaining("is no UTF-8 text"),
    ]);
  });

  it("that disagree with their own tests are saved with warnings", async () => {
    const mapping = JSON.parse(read("mappings/wecom.json"));
    mapping.user.title = { const: "staff" };
    const { status, body } = await request("PUT", "/mappings/wecom", mapping);
    expect(status).toBe(200);
    expect(body.warnings[0]).toMatchObject({
      file: "mappings/wecom.json",
      pointer: expect.stringContaining("/tests/"),
      detail: expect.stringContaining('got "staff"'),
    });
  });

  it("can be new, and then are a file; a name is never a path", async () => {
    expect((await request("PUT", "/mappings/总部", text("alias"))).body.version).toBe(1);
    expect((await request("GET", "/mappings/总部")).body).toMatchObject({
      state: "draft",
      active: null,
      draft: { version: 1 },
    });
    expect((await request("POST", "/mappings/总部/activate", { version: 1 })).body.state).toBe("current");
    expect(read("mappings/总部.json")).toBe(text("alias"));
    expect((await request("PUT", `/mappings/${"部".repeat(60)}`, text("alias"))).status).toBe(200);
    expect((await request("POST", `/mappings/${"部".repeat(60)}/activate`, { version: 1 })).status).toBe(200);
    expect(await request("PUT", `/mappings/${"部".repeat(61)}`, text("alias"))).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: "name", detail: expect.stringContaining("at most 180 bytes") }] },
    });
    for (const name of ["..%2Fx", "a.b", "a%00b", "%2e%2e%2fx", "wecom.schema"]) {
      expect({ name, status: (await request("PUT", `/mappings/${name}`, text("alias"))).status }).toEqual({
        name,
        status: 400,
      });
    }
    expect(existsSync(join(directory, "x.json"))).toBe(false);
  });

  it("that lie broken in the folder say so, and what is in force instead", async () => {
    writeFileSync(join(directory, "mappings/wecom.json"), '{ "user": {} }');
    expect((await request("GET", "/mappings/wecom")).body).toMatchObject({
      state: "broken",
      active: { version: 1 },
      problems: [{ file: "mappings/wecom.json", pointer: "/user", line: 1, column: 3, detail: expect.any(String) }],
    });
    const source = await request("POST", "/sources", wecomSource("corp"));
    expect(source.status).toBe(201);
  });

  it("that are used or written to from outside are not removed; others are, and can come back", async () => {
    await request("POST", "/sources", wecomSource("corp"));
    expect(await request("DELETE", "/mappings/wecom")).toMatchObject({
      status: 409,
      body: { detail: 'The mapping "wecom" is used by "corp": give that another one first.' },
    });
    expect((await request("DELETE", "/mappings/minimal")).status).toBe(204);
    expect((await request("DELETE", "/mappings/minimal")).status).toBe(404);
    expect((await request("GET", "/mappings/minimal")).body).toMatchObject({ state: "removed", active: null });
    expect((await request("POST", "/mappings/minimal/activate", { version: 1 })).body.state).toBe("current");
    expect((await request("POST", "/mappings/nobody/activate", { version: 1 })).status).toBe(404);
  });

  it("whose files come from outside cannot be activated, and the answer says where to go", async () => {
    await request("PUT", "/mappings/wecom", text("alias"));
    const lift = failWrites("EROFS");
    const refused = await request("POST", "/mappings/wecom/activate", { version: 2 });
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("change the file where it comes from") },
    });
    lift();
    failWrites("ENOSPC");
    expect(await request("POST", "/mappings/wecom/activate", { version: 2 })).toMatchObject({
      status: 500,
      body: {
        type: "urn:wecom-scim-bridge:problem:internal",
        detail: "The file mappings/wecom.json cannot be written (ENOSPC): nothing came into force.",
      },
    });
    expect((await request("GET", "/mappings/wecom")).body).toMatchObject({ state: "current", active: { version: 1 } });
  });

  it("that were never in force are drafts, however many there are, and go with them", async () => {
    for (const title of ["alias", "name"]) await request("PUT", "/mappings/fresh", text(title));
    expect((await request("GET", "/mappings/fresh")).body).toMatchObject({ state: "draft", draft: { version: 2 } });
    expect((await request("DELETE", "/mappings/fresh")).status).toBe(204);
    expect((await request("GET", "/mappings/fresh")).status).toBe(404);
    expect((await request("DELETE", "/mappings/fresh")).status).toBe(404);
  });

  it("have as their draft what was saved last, unless something came into force since", async () => {
    const draft = async () => (await request("GET", "/mappings/wecom")).body.draft?.version ?? null;
    for (const title of ["alias", "name"]) await request("PUT", "/mappings/wecom", text(title));
    expect(await draft()).toBe(3);
    fixture.clock.now += 1000;
    await request("PUT", "/mappings/wecom", text("alias"));
    expect(await draft()).toBe(2);
    fixture.clock.now += 1000;
    await request("POST", "/mappings/wecom/activate", { version: 3 });
    expect(await draft()).toBeNull();
    expect((await request("POST", "/mappings/wecom/impact", {})).body.version).toBe(3);
    fixture.clock.now += 1000;
    await request("PUT", "/mappings/wecom", text("alias"));
    expect([await draft(), (await request("POST", "/mappings/wecom/impact", {})).body.version]).toEqual([2, 2]);
  });

  it("with thousands of mistakes are refused soon, with a hundred of them", async () => {
    const rules = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`nope${index}`, { from: "x" }]));
    const body = JSON.stringify({ user: { userName: { from: "userid" }, ...rules } });
    const startedAt = performance.now();
    const refused = await request("PUT", "/mappings/wecom", body);
    writeFileSync(join(directory, "mappings/bad.json"), body);
    const { items } = (await request("GET", "/mappings")).body;
    expect(performance.now() - startedAt).toBeLessThan(4000);
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toHaveLength(100);
    expect(items.find(({ name }: { name: string }) => name === "bad").problems).toHaveLength(100);
  });

  it("need an administrator", async () => {
    for (const [method, path] of [
      ["GET", "/mappings"],
      ["PUT", "/mappings/wecom"],
      ["POST", "/mappings/wecom/preview"],
      ["POST", "/mappings/wecom/impact"],
      ["GET", "/extensions"],
    ] as const) {
      expect((await fixture.app.request(`/api/v1${path}`, { method })).status).toBe(401);
    }
  });
});

describe("the impact of a mapping", () => {
  it("is asked of the draft, a version, or one that is not saved", async () => {
    const { body: source } = await request("POST", "/sources", wecomSource("corp"));
    await request("POST", "/sources", wecomSource("firm", { mapping: "wecom-plain" }));
    await request("PUT", "/mappings/wecom", text("alias"));
    const asked = () => fixture.calls.filter(([name]) => name === "measureImpact").at(-1)?.[1];
    const newest = await request("POST", "/mappings/wecom/impact", {});
    expect(newest).toMatchObject({
      status: 200,
      body: { mapping: "wecom", version: 2, comparedWith: 1, warnings: [], sources: [] },
    });
    expect(asked()).toEqual({ name: "wecom", text: text("alias"), extensions: {}, sources: [source.id] });
    await request("POST", "/mappings/wecom/impact", { version: 1, sources: ["firm"] });
    // The version in force is asked for as what is in force: beside its own extensions.
    expect(asked()).toMatchObject({ text: null });
    const unsaved = await request("POST", "/mappings/wecom/impact", { mapping: JSON.parse(text("position")) });
    expect(unsaved.body.version).toBeNull();
    const broken = await request("POST", "/mappings/wecom/impact", { mapping: { user: { titel: {} } } });
    expect(broken.status).toBe(400);
    expect(broken.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain("/mapping/user/titel");
    expect((await request("POST", "/mappings/wecom/impact", { version: 1, mapping: {} })).status).toBe(400);
    expect((await request("POST", "/mappings/nobody/impact", {})).status).toBe(404);
    expect((await request("POST", "/mappings/wecom/impact", { sources: ["nobody"] })).status).toBe(404);
  });
});

describe("an extension schema", () => {
  it("says which sources write it by their mappings", async () => {
    const { body: source } = await request("POST", "/sources", wecomSource("corp"));
    await request("POST", "/sources", wecomSource("firm", { mapping: "wecom-plain" }));
    const { items } = (await request("GET", "/extensions")).body;
    expect(items).toMatchObject([{ name: "wecom", usedBy: [source.id] }]);
  });
});

describe("extension schemas that are not in force yet", () => {
  const urn = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
  const more = () => {
    const schema = JSON.parse(read("extensions/wecom.json"));
    return { ...schema, attributes: [...schema.attributes, { name: "badge", type: "string" }] };
  };
  const mapping = () => ({ user: { userName: { from: "userid" }, [`${urn}:badge`]: { from: "alias" } } });

  it("stand beside a mapping in a preview, and nothing comes of it", async () => {
    const record = { member: { userid: "ZhangSan", alias: "B7" }, mapping: mapping() };
    const refused = await request("POST", "/mappings/wecom/preview", record);
    expect(refused.body.errors).toMatchObject([
      { pointer: `/mapping/user/${urn}:badge`, detail: expect.stringContaining("added to the extension schema first") },
    ]);
    const { status, body } = await request("POST", "/mappings/wecom/preview", {
      ...record,
      extensions: { wecom: more() },
    });
    expect([status, body.resource[urn]]).toEqual([200, { badge: "B7" }]);
    await request("POST", "/sources", wecomSource("corp"));
    const among = await request("POST", "/mappings/wecom/preview", {
      ...{ ...record, source: "corp", extensions: { wecom: more() } },
    });
    expect([among.status, among.body.resource[urn]]).toEqual([200, { badge: "B7" }]);
    expect((await request("GET", "/extensions/wecom/versions")).body.items).toHaveLength(1);
  });

  it("are what an impact is asked with, beside the version in force too", async () => {
    await request("POST", "/sources", wecomSource("corp"));
    const answer = await request("POST", "/mappings/wecom/impact", { version: 1, extensions: { wecom: more() } });
    expect(answer).toMatchObject({ status: 200, body: { version: 1, comparedWith: 1 } });
    const [, question] = fixture.calls.findLast(([name]) => name === "measureImpact") ?? [];
    expect(question).toMatchObject({
      text: read("mappings/wecom.json"),
      extensions: { wecom: JSON.stringify(more()) },
    });
  });

  it("have their own mistakes, and those that they would make of the mapping, each at its place", async () => {
    const { attributes, ...rest } = more();
    const less = { wecom: { ...rest, attributes: attributes.slice(1) } };
    const gone = await request("POST", "/mappings/wecom/impact", { version: 1, extensions: less });
    expect([gone.status, gone.body.errors[0].pointer]).toEqual([400, `/user/${urn}:${attributes[0].name}`]);
    const wrong = { wecom: { ...rest, attributes: [{ name: "badge", type: "text" }] } };
    const typed = await request("POST", "/mappings/wecom/impact", { mapping: mapping(), extensions: wrong });
    expect([typed.status, typed.body.errors[0].pointer]).toEqual([400, "/extensions/wecom/attributes/0/type"]);
    const named = await request("POST", "/mappings/wecom/impact", { extensions: { "../wecom": more() } });
    expect([named.status, named.body.errors[0].pointer]).toEqual([400, "/extensions/..~1wecom"]);
  });
});

describe("impacts", () => {
  it("are measured one at a time: who asks meanwhile hears when to ask again", async () => {
    const ends: (() => void)[] = [];
    let asked = 0;
    const one = await makeAdminFixture(
      {
        measureImpact: async () => {
          asked += 1;
          await new Promise<void>((resolve) => ends.push(resolve));
          if (asked === 2) throw new Error("it went wrong");
          return [];
        },
      },
      directory,
    );
    const ask = () => one.request("POST", "/api/v1/mappings/wecom/impact", {});
    for (const status of [200, 500]) {
      const first = ask();
      await expect.poll(() => ends.length).toBe(1);
      const busy = await ask();
      expect(busy).toMatchObject({
        status: 429,
        body: { type: "urn:wecom-scim-bridge:problem:busy", detail: expect.stringContaining("ask again") },
      });
      expect(busy.headers.get("retry-after")).toBe("5");
      ends.pop()?.();
      expect((await first).status).toBe(status);
    }
    expect(asked).toBe(2);
    const { body } = await one.request("GET", "/api/v1/openapi.json");
    expect(body.paths["/mappings/{name}/impact"] ?? body.paths["/api/v1/mappings/{name}/impact"]).toMatchObject({
      post: { responses: { "429": expect.anything() } },
    });
    await one.store.close();
  });
});

describe("the preview of a mapping", () => {
  const member = { userid: "ZhangSan", name: "张三", position: "经理", status: 1, department: [2], main_department: 2 };

  it("shows of a pasted member what comes out, and why", async () => {
    const { status, body } = await request("POST", "/mappings/wecom/preview", {
      member,
      departments: [{ id: 2, name: "技术部" }],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      resource: {
        schemas: expect.arrayContaining(["urn:ietf:params:scim:schemas:core:2.0:User"]),
        userName: "ZhangSan",
        title: "经理",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department: "技术部" },
      },
      current: null,
      problems: [],
      mapping: { name: "wecom", version: 1 },
    });
    const of = (attribute: string) =>
      body.attributes.find((each: { attribute: string }) => each.attribute === attribute);
    expect(of("title")).toMatchObject({
      pointer: "/user/title",
      line: expect.any(Number),
      sources: [{ path: "position", value: "经理" }],
      result: "经理",
      why: null,
    });
    expect(of("nickName").why).toBe("the source has no value");
  });

  it("takes departments and tags, a version, and a mapping that is not saved", async () => {
    const department = await request("POST", "/mappings/wecom/preview", {
      department: { id: 7, name: "销售部" },
      path: "东区/销售部",
    });
    expect(department.body.resource).toMatchObject({ externalId: "department:7", displayName: "东区/销售部" });
    const tag = await request("POST", "/mappings/wecom/preview", { tag: { tagid: 3, tagname: "核心" } });
    expect(tag.body.resource).toMatchObject({ externalId: "tag:3", displayName: "核心" });
    const unsaved = { member, mapping: JSON.parse(text("name")) };
    expect((await request("POST", "/mappings/new/preview", unsaved)).body).toMatchObject({
      resource: { title: "张三" },
      mapping: { name: "new", version: null },
    });
    await request("PUT", "/mappings/wecom", text("name"));
    expect((await request("POST", "/mappings/wecom/preview", { member, version: 2 })).body.resource.title).toBe("张三");
    expect((await request("POST", "/mappings/wecom/preview", { member, version: 1 })).body.resource.title).toBe("经理");
    // Whoever names none means the draft; what is in force once there is none.
    expect((await request("POST", "/mappings/wecom/preview", { member })).body.mapping.version).toBe(2);
    fixture.clock.now += 1000;
    writeFileSync(join(directory, "mappings/wecom.json"), text("alias"));
    expect((await request("POST", "/mappings/wecom/preview", { member })).body.mapping.version).toBe(3);
  });

  it("is left to the engine where a source surrounds the record, and only there", async () => {
    const { body: source } = await request("POST", "/sources", wecomSource("corp"));
    const asked = () => fixture.calls.filter(([name]) => name === "previewOfSource").map(([, question]) => question);
    await request("POST", "/mappings/wecom/preview", { member });
    expect(asked()).toEqual([]);
    const { status, body } = await request("POST", "/mappings/wecom/preview", { source: "corp", member });
    expect(status).toBe(200);
    expect(body).toMatchObject({ resource: { userName: "ZhangSan", title: "经理" }, current: null });
    await request("POST", "/mappings/new/preview", { source: "corp", tag: { tagid: 3, tagname: "核心" }, mapping: {} });
    await request("PUT", "/mappings/wecom", text("alias"));
    await request("POST", "/mappings/wecom/preview", { source: "corp", department: 7, version: 2 });
    expect(asked()).toEqual([
      { mapping: "wecom", text: null, extensions: {}, source: source.id, kind: "user", record: member },
      { mapping: "wecom", text: text("alias"), extensions: {}, source: source.id, kind: "department", record: "7" },
    ]);
  });

  it.each([
    ["nothing to preview", {}, ""],
    ["two of them", { member, tag: {} }, ""],
    ["a userid of no source", { userid: "ZhangSan" }, "/source"],
    ["a department's id of no source", { department: 3 }, "/source"],
    ["a misspelt member", { membre: {} }, "/membre"],
    ["a version and a mapping", { member, version: 1, mapping: {} }, ""],
  ])("refuses %s", async (_, body, pointer) => {
    const refused = await request("POST", "/mappings/wecom/preview", body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map((each: { pointer: string }) => each.pointer)).toContain(pointer);
  });

  it("answers 404 for somebody whom the source did not have", async () => {
    await request("POST", "/sources", wecomSource("corp"));
    const refused = await request("POST", "/mappings/wecom/preview", { source: "corp", userid: "nobody" });
    expect(refused).toMatchObject({ status: 404, body: { detail: expect.stringContaining('had no userid "nobody"') } });
    expect((await request("POST", "/mappings/wecom/preview", { source: "firm", userid: "x" })).status).toBe(404);
    expect((await request("POST", "/mappings/nobody/preview", { member })).status).toBe(404);
  });
});

describe("extension schemas", () => {
  it("are listed, saved and activated as mappings are", async () => {
    const { body } = await request("GET", "/extensions/wecom");
    expect(body).toMatchObject({ file: "extensions/wecom.json", state: "current", active: { version: 1 } });
    const schema = body.content;
    schema.attributes.push({ name: "badge", type: "string", description: "Number of the badge." });
    expect((await request("PUT", "/extensions/wecom", schema)).body).toMatchObject({ version: 2, state: "draft" });
    expect((await request("POST", "/extensions/wecom/activate", { version: 2 })).body.active.version).toBe(2);
    expect(JSON.parse(read("extensions/wecom.json"))).toEqual(schema);
    const urn = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User:badge";
    const mapping = { user: { userName: { from: "userid" }, [urn]: { from: "extattr.工牌" } } };
    expect((await request("PUT", "/mappings/own", mapping)).status).toBe(200);
  });

  it("with mistakes are refused with their place", async () => {
    const refused = await request(
      "PUT",
      "/extensions/own",
      '{\n  "id": "urn:example:own:User",\n  "name": "Own",\n  "attributes": [{ "name": "1st" }]\n}',
    );
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: "/attributes/0/name", line: 4 }] } });
  });

  it("that would break a mapping in force are refused with what it needs", async () => {
    const { content } = (await request("GET", "/extensions/wecom")).body;
    content.attributes = content.attributes.slice(1);
    await request("PUT", "/extensions/wecom", content);
    const refused = await request("POST", "/extensions/wecom/activate", { version: 2 });
    expect(refused).toMatchObject({ status: 409, body: { type: "urn:wecom-scim-bridge:problem:conflict" } });
    expect(refused.body.errors[0]).toMatchObject({ detail: expect.stringMatching(/^mappings\/.*\.json: .*gender/) });
    expect((await request("DELETE", "/extensions/wecom")).status).toBe(409);
    expect((await request("GET", "/extensions/wecom")).body.active.version).toBe(1);
  });
});
