import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../../src/scim/catalog.ts";
import { withSchemas } from "../../../src/scim/document.ts";
import { applyAll, beginWork, fillDirectory, groupId, userChange, userDocument, userId } from "../../store/support.ts";
import { type AdminFixture, bearerTarget, makeAdminFixture } from "../../support/admin.ts";

const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
const mapping = {
  user: {
    displayName: { template: "{displayName} ({userName})", description: "for people" },
    title: null,
    [`${wecom}:gender`]: null,
  },
  group: { displayName: { from: "displayName", normalise: { truncate: { bytes: 64 } } } },
};

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);
const pointersOf = ({ body }: { readonly body: { readonly errors: readonly { readonly pointer: string }[] } }) =>
  body.errors.map(({ pointer }) => pointer);
const storedMapping = async () => (await fixture.store.findTarget("app"))?.settings.mapping;

beforeEach(async () => {
  fixture = await makeAdminFixture();
});

afterEach(() => fixture.store.close());

describe("the rules of a target", () => {
  it("are stored and answered as they were written, and a target without any has no such member", async () => {
    const made = await request("POST", "/api/v1/targets", bearerTarget("app", { mapping }));
    expect([made.status, made.body.mapping]).toEqual([201, mapping]);
    expect((await request("GET", "/api/v1/targets/app")).body.mapping).toEqual(mapping);
    expect(await storedMapping()).toEqual(mapping);
    const { body } = await request("POST", "/api/v1/targets", bearerTarget("plain"));
    expect(body).not.toHaveProperty("mapping");
  });

  it("are replaced whole by a patch that has them, stay with one that has not, and go with null", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("app", { mapping }));
    expect((await request("PATCH", "/api/v1/targets/app", { limits: { concurrency: 2 } })).body.mapping).toEqual(
      mapping,
    );
    const other = { user: { nickName: null } };
    expect((await request("PATCH", "/api/v1/targets/app", { mapping: other })).body.mapping).toEqual(other);
    expect(await storedMapping()).toEqual(other);
    // What was read can be sent back, rules that are null included.
    const { body } = await request("GET", "/api/v1/targets/app");
    expect((await request("PATCH", "/api/v1/targets/app", body)).body).toEqual(body);
    expect((await request("PATCH", "/api/v1/targets/app", { mapping: null })).body).not.toHaveProperty("mapping");
    expect(await storedMapping()).toBeUndefined();
  });

  it("are refused with everything that is wrong, each at its place; nothing is stored", async () => {
    const broken = {
      user: {
        titel: null,
        title: { from: "positon" },
        nickName: { expr: "member.name" },
        userName: null,
        "a/b": { const: "x" },
        active: { const: true },
        locale: { from: "userName", apply: "create" },
      },
      group: { displayName: {} },
      users: {},
    };
    const pointers = [
      "/mapping/users",
      "/mapping/user/titel",
      "/mapping/user/title/from",
      "/mapping/user/nickName/expr",
      "/mapping/user/userName",
      "/mapping/user/a~1b",
      "/mapping/user/active",
      "/mapping/user/locale/apply",
      "/mapping/group/displayName",
    ];
    const made = await request("POST", "/api/v1/targets", bearerTarget("app", { mapping: broken, profile: "genric" }));
    expect(made.status).toBe(400);
    expect(pointersOf(made).toSorted()).toEqual(["/profile", ...pointers].toSorted());
    expect(made.text).toContain("did you mean title?");
    expect(await fixture.store.listTargets()).toEqual([]);
    await request("POST", "/api/v1/targets", bearerTarget("app", { mapping }));
    const patched = await request("PATCH", "/api/v1/targets/app", { mapping: broken });
    expect([patched.status, pointersOf(patched).length]).toEqual([400, pointers.length]);
    expect(await storedMapping()).toEqual(mapping);
  });

  it.each([[[]], ["text"], [7]])("are refused as %j", async (value) => {
    const answer = await request("POST", "/api/v1/targets", bearerTarget("app", { mapping: value }));
    expect([answer.status, pointersOf(answer)]).toEqual([400, ["/mapping"]]);
  });

  it("that have ceased to fit the schemas keep nobody from changing the rest of the target", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("app", { mapping }));
    const { store } = fixture;
    const later = await makeAdminFixture({ store, catalog: () => makeSchemaCatalog([]) });
    const disabled = await later.request("PATCH", "/api/v1/targets/app", { status: "disabled" });
    expect([disabled.status, disabled.body.status, disabled.body.mapping]).toEqual([200, "disabled", mapping]);
    const changed = { ...mapping, group: {} };
    const refused = await later.request("PATCH", "/api/v1/targets/app", { mapping: changed });
    expect(pointersOf(refused)).toEqual([`/mapping/user/${wecom}:gender`]);
    await later.store.close();
    fixture = await makeAdminFixture();
  });
});

describe("a preview", () => {
  const path = "/api/v1/targets/app/preview";

  /** A source with a user and a group, and a target of it. */
  async function begin(more: object = {}): Promise<void> {
    const work = await beginWork(fixture.store);
    await fillDirectory(fixture.store, work, { users: 1, members: { 1: [1] } });
    const after = withSchemas("User", userDocument(1, { title: "经理", [wecom]: { gender: "male" } }));
    await fixture.store.addChanges(work.lease, work.task.id, [
      userChange(1, { action: "update", after, baseVersion: 1 }),
    ]);
    await applyAll(fixture.store, work);
    await request("POST", "/api/v1/targets", bearerTarget("app", { sources: [work.source.id], mapping, ...more }));
  }

  it("shows a resource as it is and as the rules make it", async () => {
    await begin();
    const answer = await request("POST", path, { resource: userId(1) });
    expect(answer.status).toBe(200);
    expect(answer.body.document).toMatchObject({ title: "经理", [wecom]: { gender: "male" } });
    expect(answer.body.adjusted).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      ...{ externalId: "user-1", userName: "user-1", displayName: "User 1 (user-1)", active: true },
    });
    const { body } = await request("POST", path, { resource: groupId(1) });
    expect(body.adjusted).toEqual(body.document);
  });

  it("takes rules that are not saved, and says what is wrong with them", async () => {
    await begin();
    const tried = await request("POST", path, { resource: userId(1), mapping: { user: { title: { const: "x" } } } });
    expect(tried.body.adjusted).toMatchObject({ title: "x", displayName: "User 1" });
    const none = await request("POST", path, { resource: userId(1), mapping: {} });
    expect(none.body.adjusted).toEqual(none.body.document);
    const wrong = await request("POST", path, { resource: userId(1), mapping: { user: { titel: null, x: null } } });
    expect([wrong.status, pointersOf(wrong)]).toEqual([400, ["/mapping/user/titel", "/mapping/user/x"]]);
    expect(await storedMapping()).toEqual(mapping);
  });

  it("shows the resource itself where the target has no rules", async () => {
    await begin({ mapping: undefined });
    const { body } = await request("POST", path, { resource: userId(1) });
    expect(body.adjusted).toEqual(body.document);
  });

  it("answers 409 with the places when the stored rules do not fit the schemas any more", async () => {
    await begin();
    const later = await makeAdminFixture({ store: fixture.store, catalog: () => makeSchemaCatalog([]) });
    const answer = await later.request("POST", path, { resource: userId(1) });
    expect([answer.status, pointersOf(answer)]).toEqual([409, [`/mapping/user/${wecom}:gender`]]);
    await later.store.close();
    fixture = await makeAdminFixture();
  });

  it.each([
    ["an unknown resource", userId(9)],
    ["no id", "'; drop table resource"],
  ])("answers 404 to %s", async (_, resource) => {
    await begin();
    expect((await request("POST", path, { resource })).status).toBe(404);
  });

  it("answers 404 to a resource whose source does not go to this target, and for an unknown target", async () => {
    await begin({ sources: [] });
    expect((await request("POST", path, { resource: userId(1) })).status).toBe(404);
    expect((await request("POST", "/api/v1/targets/other/preview", { resource: userId(1) })).status).toBe(404);
  });

  it.each([
    [{}, "/resource"],
    [{ resource: "x", mappings: {} }, "/mappings"],
    [{ resource: "x", mapping: null }, "/mapping"],
  ])("refuses %j at its place", async (body, pointer) => {
    await begin();
    const answer = await request("POST", path, body);
    expect([answer.status, pointersOf(answer)]).toEqual([400, [pointer]]);
  });
});

it("the OpenAPI document describes the rules wherever they are written or read", async () => {
  const { body } = await request("GET", "/api/v1/openapi.json");
  const { schemas } = body.components as { schemas: Record<string, { properties: Record<string, JsonObject> }> };
  const reference = { $ref: "#/components/schemas/TargetMapping" };
  expect(schemas["TargetForm"]?.properties["mapping"]).toEqual(reference);
  expect(schemas["Target"]?.properties["mapping"]).toEqual(reference);
  expect(schemas["TargetMapping"]?.properties["user"]).toMatchObject({
    additionalProperties: { anyOf: [{ $ref: "#/components/schemas/TargetRule" }, { type: "null" }] },
  });
  const rule = Object.keys(schemas["TargetRule"]?.properties ?? {});
  expect(rule).toEqual(expect.arrayContaining(["from", "const", "template", "expr", "values", "normalise", "absent"]));
  expect(rule).not.toContain("apply");
  expect(rule).not.toContain("unique");
  expect(JSON.stringify(body)).not.toContain("#/$defs");
});
