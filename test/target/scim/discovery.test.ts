import { describe, expect, test } from "vitest";
import type { AttributeDefinition } from "../../../src/scim/catalog.ts";
import { listOf, type Reply, scimError } from "./scripted-server.ts";
import { errorOf, generic, never, profileWith, targetAt, withTarget } from "./with-target.ts";

const core = ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"];
const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

/** Answers by the part of the path behind the base URL; 404 for the rest. */
function routes(replies: Readonly<Record<string, Reply>>) {
  return ({ path }: { path: string }): Reply => {
    const { pathname } = new URL(path, "http://server");
    return replies[pathname.replace("/scim/v2/", "")] ?? scimError(404, "no such endpoint");
  };
}

const everything = {
  ServiceProviderConfig: { body: { patch: { supported: true }, filter: { supported: true, maxResults: 50 } } },
  Schemas: listOf([...core, wecom].map((id) => ({ id }))),
  Users: listOf([]),
  Groups: listOf([]),
};

describe("discovery", () => {
  test("that finds nothing leaves the profile as it is", async () => {
    const { target } = await withTarget(routes({}));
    expect(await target.discover(never)).toEqual({
      users: true,
      groups: true,
      patch: true,
      membersPerRequest: 100,
      schemas: null,
      nestedGroups: true,
      memberRemoval: "valuePath",
      put: true,
      operationsPerPatch: 0,
      membersRead: true,
      groupRename: true,
    });
  });

  test.each([
    ["501", { status: 501 }],
    ["403", { status: 403 }],
    ["a web page", { body: "<html>" }],
  ])("that is answered with %s is not needed", async (_, reply) => {
    const { target } = await withTarget(() => reply);
    expect(await target.discover(never)).toMatchObject({ patch: true, schemas: null });
  });

  test.each<[string, Reply]>([
    ["a web page", { body: "<html>" }],
    ["half an answer", { body: '{"Resources":[{"id":"urn:' }],
    ["a schema without an id", listOf([{ name: "User" }])],
  ])("that is answered with %s once is asked again", async (_, spoilt) => {
    const asked = { ServiceProviderConfig: 0, Schemas: 0 };
    const { target } = await withTarget((request) => {
      const collection = request.path.includes("Schemas") ? "Schemas" : "ServiceProviderConfig";
      asked[collection] += 1;
      return asked[collection] === 1 ? spoilt : routes(everything)(request);
    });
    const { schemas } = await target.discover(never);
    expect(schemas?.has(wecom.toLowerCase())).toBe(true);
  });

  test.each<[string, Reply, string]>([
    ["401", { status: 401 }, "unauthorized"],
    ["500", { status: 500 }, "unavailable"],
    ["429", { status: 429 }, "throttled"],
  ])("that is answered with %s is an error", async (_, reply, code) => {
    const { target } = await withTarget(() => reply);
    expect(await errorOf(target.discover(never))).toMatchObject({ code });
  });

  test("narrows what the profile allows", async () => {
    const { target } = await withTarget(
      routes({
        ServiceProviderConfig: { body: { patch: { supported: false } } },
        Schemas: listOf([{ id: core[0] }, { id: wecom.toUpperCase() }]),
      }),
    );
    expect(await target.discover(never)).toMatchObject({
      patch: false,
      groups: false,
      schemas: new Map([
        [core[0]?.toLowerCase(), null],
        [wecom.toLowerCase(), null],
      ]),
    });
  });

  test("never widens what the profile denies", async () => {
    const profile = profileWith({ patch: false, groups: false, nestedGroups: false, schemas: [wecom] });
    const { target } = await withTarget(routes(everything), { profile });
    expect(await target.discover(never)).toMatchObject({
      patch: false,
      groups: false,
      nestedGroups: false,
      schemas: new Map([[wecom.toLowerCase(), null]]),
    });
  });

  test("keeps which attributes each schema has; one without a list may have any", async () => {
    const bare = ["", "none", "odd"].map((name) => `urn:x:${name}`);
    const { target } = await withTarget(
      routes({
        Schemas: listOf([
          {
            id: wecom.toUpperCase(),
            attributes: [{ name: "Gender" }, { name: "badge", type: "string" }, { name: 7 }, null],
          },
          { id: bare[0] },
          { id: bare[1], attributes: [] },
          { id: bare[2], attributes: "gender" },
        ]),
      }),
    );
    expect((await target.discover(never)).schemas).toEqual(
      new Map([[wecom.toLowerCase(), new Set(["gender", "badge"])], ...bare.map((urn) => [urn, null] as const)]),
    );
  });

  test("takes a profile's word for all attributes of a schema that it names", async () => {
    const { target } = await withTarget(
      routes({ Schemas: listOf([{ id: wecom, attributes: [{ name: "gender" }] }]) }),
      {
        profile: profileWith({ schemas: [wecom] }),
      },
    );
    expect((await target.discover(never)).schemas).toEqual(new Map([[wecom.toLowerCase(), null]]));
  });

  test.each([
    ["User only", ["User"], false],
    ["User and Group", ["User", "Group"], true],
    ["anything", ["uri"], true],
  ])("members that refer to %s", async (_, referenceTypes, nestedGroups) => {
    const members = { name: "members", subAttributes: [{ name: "value" }, { name: "$ref", referenceTypes }] };
    const group = { id: core[1], attributes: [{ name: "displayName" }, members] };
    const { target } = await withTarget(routes({ Schemas: listOf([{ id: core[0] }, group]) }));
    expect(await target.discover(never)).toMatchObject({ nestedGroups });
  });

  test("reads schemas that come in pages, or as an array", async () => {
    const all = [...core, wecom].map((id) => ({ id }));
    const paged = await withTarget(({ path }, index) =>
      path.includes("Schemas") ? listOf(all.slice(index - 1, index), { totalResults: 3 }) : { status: 404 },
    );
    expect((await paged.target.discover(never)).schemas?.size).toBe(3);
    const array = await withTarget(({ path }) => (path.includes("Schemas") ? { body: all } : { status: 404 }));
    expect((await array.target.discover(never)).schemas?.size).toBe(3);
    expect(array.server.requests.map(({ path }) => path)).toEqual([
      "/scim/v2/ServiceProviderConfig",
      "/scim/v2/Schemas",
    ]);
  });

  test("a server without filters is looked through, by pages of the size that it allows", async () => {
    const config = { body: { filter: { supported: false, maxResults: 50 } } };
    const { target, server } = await withTarget(
      routes({ ServiceProviderConfig: config, Users: listOf([{ id: "1", userName: "a" }]) }),
    );
    await target.discover(never);
    expect(await target.find("User", "userName", "A", never)).toHaveLength(1);
    expect(server.requests[2]?.path).toBe("/scim/v2/Users?startIndex=1&count=50");
  });
});

describe("the connection test", () => {
  const names = ["address", "credentials", "discovery", "users", "groups", "schemas"];

  test("of a server that has everything", async () => {
    const { target, server } = await withTarget(routes(everything));
    const result = await target.test(never);
    expect(result.ok).toBe(true);
    expect(result.checks.map(({ name }) => name)).toEqual(names);
    expect(result.checks.at(-1)?.detail).toContain(wecom.toLowerCase());
    expect(server.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  test("says which of our attributes the server does not know, with no more requests", async () => {
    const schemas = listOf([{ id: core[0] }, { id: core[1] }, { id: wecom, attributes: [{ name: "gender" }] }]);
    const { target, server } = await withTarget(routes({ ...everything, Schemas: schemas }));
    const named = (...names: readonly string[]) => names.map((name) => ({ name }) as AttributeDefinition);
    const asked = async (ours: Parameters<typeof target.test>[1]) => (await target.test(never, ours)).checks.at(-1);
    const plain = `Extension attributes are sent for ${wecom.toLowerCase()}.`;
    expect(await asked(undefined)).toEqual({ name: "schemas", ok: true, detail: plain });
    const without = server.requests.length;
    expect(await asked([{ id: wecom, attributes: named("Gender") }])).toMatchObject({ ok: true, detail: plain });
    const ours = [
      { id: wecom, attributes: named("gender", "badge", "seat") },
      { id: "urn:x:y", attributes: named("z") },
    ];
    expect(await asked(ours)).toEqual({
      name: "schemas",
      ok: true,
      detail: `${plain} Of our attributes the server does not know these, so they are not sent: badge, seat of ${wecom}; all of urn:x:y. Once it knows them, a push to it brings their values.`,
    });
    expect(server.requests.length).toBe(3 * without);
    const silent = await withTarget(routes({ Users: listOf([]), Groups: listOf([]) }));
    expect((await silent.target.test(never, ours)).checks.at(-1)?.detail).not.toContain("badge");
  });

  test("of a server without discovery is good all the same", async () => {
    const { target } = await withTarget(routes({ Users: listOf([]), Groups: listOf([]) }));
    expect(await target.test(never)).toMatchObject({ ok: true });
  });

  test("of a server that is not there says so, once", async () => {
    const { server } = await withTarget(() => ({}));
    await server.close();
    const { ok, checks } = await targetAt(server.url).test(never);
    expect(ok).toBe(false);
    expect(checks.map(({ name }) => name)).toEqual(names);
    expect(checks[0]?.detail).toMatch(/connection refused.*Check the base URL/);
    expect(checks.slice(1).every((check) => !check.ok && check.detail.startsWith("Not tried"))).toBe(true);
  });

  test("of wrong credentials", async () => {
    const { target, server } = await withTarget(() => scimError(401, "bad token s3cret-bearer-token"));
    const { ok, checks } = await target.test(never);
    expect(ok).toBe(false);
    expect(checks.map((check) => check.ok)).toEqual([true, false, false, false, false, false]);
    expect(checks[1]?.detail).toContain("Enter valid credentials");
    expect(JSON.stringify(checks)).not.toContain("s3cret-bearer-token");
    expect(server.requests).toHaveLength(1);
  });

  test("of a wrong path", async () => {
    const { target } = await withTarget(() => ({ status: 404, body: "<!doctype html>" }));
    const { checks } = await target.test(never);
    expect(checks.find(({ name }) => name === "users")).toMatchObject({ ok: false });
    expect(checks.find(({ name }) => name === "users")?.detail).toContain("Check the base URL");
  });

  test("of a server without groups fails, unless the profile knows it", async () => {
    const replies = routes({ ...everything, Groups: scimError(501, "not implemented") });
    const unknown = await withTarget(replies);
    expect((await unknown.target.test(never)).checks.filter(({ ok }) => !ok)).toMatchObject([{ name: "groups" }]);
    const known = await withTarget(replies, { profile: profileWith({ groups: false }) });
    expect(await known.target.test(never)).toMatchObject({ ok: true });
  });

  test("can be stopped", async () => {
    const { target } = await withTarget(() => ({}), { profile: generic });
    await expect(target.test(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });
});
