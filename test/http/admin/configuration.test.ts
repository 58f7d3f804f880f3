import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { toMergePatch } from "../../../src/cli/apply-plan.ts";
import { compareForms } from "../../../src/http/admin/compare-forms.ts";
import { configurationJsonSchema } from "../../../src/http/admin/configuration-json-schema.ts";
import { mergePatch } from "../../../src/http/admin/merge-patch.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { type AdminFixture, bearerTarget, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";
import { projectDir } from "../../support/imports.ts";

let fixture: AdminFixture;
beforeEach(async () => {
  fixture = await makeAdminFixture();
});
afterEach(() => fixture.store.close());

const compare = (document: unknown) => fixture.request("POST", "/api/v1/configuration/compare", document);
const pointersOf = ({ body }: Awaited<ReturnType<typeof compare>>) =>
  body.errors.map(({ pointer }: { pointer: string }) => pointer);

// After a change of a form: npx vitest run test/http/admin/configuration.test.ts -u
it("the JSON Schema of configuration files is the one in the repository", async () => {
  const { body } = await fixture.request("GET", "/api/v1/openapi.json");
  await expect(configurationJsonSchema(body)).toMatchFileSnapshot("../../../schemas/bridge.schema.json");
});

it("leaves out sources that have ended, where others are named beside them", async () => {
  const { request } = fixture;
  for (const name of ["corp", "gone"]) await request("POST", "/api/v1/sources", wecomSource(name));
  await request("POST", "/api/v1/targets", bearerTarget("app", { sources: ["corp", "gone"] }));
  await request("POST", "/api/v1/scim-clients", { name: "iam", sources: ["corp", "gone", "user-groups"] });
  const only = await request("POST", "/api/v1/scim-clients", { name: "old", sources: ["gone"] });
  expect((await request("DELETE", "/api/v1/sources/gone?people=keep")).status).toBe(204);
  const { body } = await request("GET", "/api/v1/configuration");
  expect(body.targets[0].sources).toEqual(["corp"]);
  expect(body.scimClients.map((client: { sources: unknown }) => client.sources)).toEqual([
    ["corp", "user-groups"],
    // It sees nothing, and must not come to see more.
    only.body.sources,
  ]);
  const { items } = (await compare(body)).body;
  expect(items.flatMap(({ changes }: { changes: unknown[] }) => changes)).toEqual([]);
});

describe("an editor with that schema", () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  let isRight: ReturnType<typeof ajv.compile>;
  beforeAll(() => {
    isRight = ajv.compile(JSON.parse(readFileSync(join(projectDir, "schemas/bridge.schema.json"), "utf8")));
  });
  const secret = { $env: "SECRET" };

  it("takes what the server exports", async () => {
    await fixture.request("POST", "/api/v1/sources", wecomSource("总部"));
    await fixture.request("POST", "/api/v1/targets", bearerTarget("app", { sources: ["总部"], query: { a: "b" } }));
    await fixture.request("POST", "/api/v1/user-groups", { displayName: "VPN", memberFilter: "active eq true" });
    const { body } = await fixture.request("GET", "/api/v1/configuration");
    isRight({ $schema: "./bridge.schema.json", ...body });
    expect(isRight.errors).toBeNull();
  });

  it.each<[string, boolean, object]>([
    [
      "a reference in the place of a secret",
      true,
      { sources: [wecomSource("hq", { wecom: { corpId: "ww1", corpSecret: secret } })] },
    ],
    ["a reference in the place of an address", true, { targets: [bearerTarget("app", { baseUrl: { $file: "url" } })] }],
    ["rules of a target", true, { targets: [bearerTarget("app", { mapping: { user: { title: null } } })] }],
    ["a misspelt list", false, { source: [] }],
    ["a misspelt member", false, { targets: [bearerTarget("app", { baseURL: "https://app.example.com" })] }],
    ["another reference", false, { targets: [bearerTarget("app", { baseUrl: { $vault: "url" } })] }],
    [
      "a reference in a rule",
      false,
      { targets: [bearerTarget("app", { mapping: { user: { title: { from: secret } } } })] },
    ],
    [
      "an id, which is ignored",
      false,
      { webhooks: [{ id: "x", name: "ops", url: "https://a.example.com", events: ["task.held"] }] },
    ],
  ])("is told of %s: %s", (_, right, document) => {
    expect(isRight(document)).toBe(right);
  });
});

it("tells all that is wrong at once: forms, names, what only this bridge can judge, of every thing", async () => {
  const answer = await compare({
    settings: { recordRetentionDays: 0 },
    sources: [
      wecomSource("hq", { mapping: "nothing", sync: { intervalHours: 99 } }),
      wecomSource("branch", { mapping: "nothing" }),
    ],
    targets: [
      bearerTarget("app", { sources: ["hq", "nobody"], auth: { type: "bearer", token: "********" } }),
      bearerTarget("app", { profile: "nothing" }),
    ],
    userGroups: [
      { displayName: "VPN", memberFilter: "active eq" },
      { displayName: "X", memberFilter: "active eq true", members: [] },
    ],
    scimClients: [{ name: "okta", sources: ["hq", "nobody"] }],
    webhooks: [{ name: "o", url: "https://a.example.com", events: [] }],
  });
  expect(answer.status).toBe(400);
  expect(pointersOf(answer).sort()).toEqual([
    "/scimClients/0/sources/1",
    "/settings/recordRetentionDays",
    "/sources/0/sync/intervalHours",
    "/sources/1/mapping",
    "/targets/0/auth/token",
    "/targets/0/sources/1",
    "/targets/1/name",
    "/targets/1/profile",
    "/userGroups/0/memberFilter",
    "/userGroups/1/members",
    "/webhooks/0/events",
    "/webhooks/0/name",
  ]);
});

it.each([
  [[]],
  [null],
  [{ sources: {} }],
  [{ sources: [null, 7, "x"] }],
  [{ targets: [{}] }],
  [{ settings: [] }],
  [{ __proto__: 1, x: 1 }],
])("%j is a 400", async (document) => {
  expect(await compare(document)).toMatchObject({ status: 400, body: { title: expect.any(String) } });
});

it("writes nothing, and shows no secret: of one that is another both sides are masks", async () => {
  await fixture.request("POST", "/api/v1/sources", wecomSource("hq"));
  const before = (await fixture.request("GET", "/api/v1/sources")).text;
  const document = { sources: [wecomSource("hq", { wecom: { corpId: "ww2", corpSecret: "another-corp-secret" } })] };
  const { body, text } = await compare(document);
  expect(body.items).toMatchObject([
    {
      action: "update",
      changes: [
        { pointer: "/wecom/corpId", before: "ww0123456789abcdef", after: "ww2" },
        { pointer: "/wecom/corpSecret", before: "********", after: "********" },
      ],
    },
  ]);
  expect(text).not.toContain("another-corp-secret");
  expect(text).not.toContain(planted.corpSecret);
  expect((await fixture.request("GET", "/api/v1/sources")).text).toBe(before);
  expect(fixture.logLines.join("")).not.toContain("another-corp-secret");
  expect((await compare({ sources: [wecomSource("hq")] })).body.items).toMatchObject([{ action: "none", changes: [] }]);
});

it("refuses another name for what is there, and takes both when both are named", async () => {
  await fixture.request("POST", "/api/v1/sources", wecomSource("old"));
  await fixture.request("POST", "/api/v1/targets", bearerTarget("old-app"));
  const answer = await compare({ sources: [wecomSource("new")], targets: [bearerTarget("new-app")] });
  expect(pointersOf(answer)).toEqual(["/sources/0/name", "/targets/0/name"]);
  expect(answer.body.errors[0].detail).toMatch(
    /"old".*To rename it: PATCH \/api\/v1\/sources\/\S+ with \{"name":"new"\}/,
  );
  const both = await compare({ sources: [wecomSource("new"), wecomSource("old")], targets: [] });
  expect(both.body.items.map(({ name, action }: { name: string; action: string }) => [name, action])).toEqual([
    ["new", "create"],
    ["old", "none"],
    ["old-app", "unlisted"],
  ]);
});

it("a listed group, or another spelling, is in the way of a dynamic one; listed ones are in no export", async () => {
  await fixture.request("POST", "/api/v1/user-groups", { displayName: "Listed" });
  await fixture.request("POST", "/api/v1/user-groups", { displayName: "Dynamic", memberFilter: "active eq true" });
  const memberFilter = "active eq false";
  const group = (displayName: string) => compare({ userGroups: [{ displayName, memberFilter }] });
  for (const name of ["listed", "dynamic"])
    expect(pointersOf(await group(name))).toEqual(["/userGroups/0/displayName"]);
  const { body } = await fixture.request("GET", "/api/v1/configuration");
  expect(body.userGroups).toEqual([{ displayName: "Dynamic", memberFilter: "active eq true", sources: "all" }]);
});

it("counts the sources that would be enabled, those that stay included", async () => {
  await fixture.request("PATCH", "/api/v1/settings", { maxEnabledSources: 1 });
  await fixture.request("POST", "/api/v1/sources", wecomSource("one"));
  const two = wecomSource("two", { wecom: { corpId: "ww2", corpSecret: "x" } });
  expect(pointersOf(await compare({ sources: [two] }))).toEqual(["/sources"]);
  expect(await compare({ sources: [two], settings: { maxEnabledSources: 2 } })).toMatchObject({ status: 200 });
  expect(await compare({ sources: [wecomSource("one", { status: "disabled" }), two] })).toMatchObject({ status: 200 });
});

describe("the difference of two forms", () => {
  const value = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.array(fc.integer(), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(fc.constantFrom("a", "b", "a/b", "~c", "d"), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonObject>,
  })).object;

  it("is the merge patch that makes one of the other, and is empty for equal ones alone", () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const changes = compareForms({ form: before, secrets: {} }, { form: after, secrets: {} });
        const patch = toMergePatch(structuredClone(changes) as never, after);
        expect(mergePatch(before, patch)).toEqual(after);
        expect(compareForms({ form: after, secrets: {} }, { form: after, secrets: {} })).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
