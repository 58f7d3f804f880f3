import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { canonicalJson, type JsonObject } from "../../src/lib/json.ts";
import { makeTarget, type TargetOptions } from "../../src/target/open-target.ts";
import { readTargetProfile } from "../../src/target/read-profile.ts";
import type { PatchOperation } from "../../src/target/target.ts";
import { projectDir } from "../support/imports.ts";
import { type Reply, type SeenRequest, startScriptedServer } from "./scim/scripted-server.ts";
import { errorOf, never } from "./scim/with-target.ts";

const profile = readTargetProfile(`${projectDir}/schemas`, "casdoor");
const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
const link = "urn:ietf:params:scim:schemas:extension:casdoor:2.0:User";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const token = "s3cret-bearer-token";

/** A user as Casdoor answers it: more than the bridge knows of. */
const stored: JsonObject = {
  ...{ owner: "acme", name: "zhangsan", id: "u-1", displayName: "张三", email: "z@example.com", phone: "1" },
  ...{
    type: "normal-user",
    countryCode: "CN",
    isForbidden: false,
    gender: "",
    wecom: "",
    balance: 3.5,
    password: "***",
  },
};

async function start(script: (request: SeenRequest) => Reply, more: Partial<TargetOptions> = {}) {
  const server = await startScriptedServer(script);
  const { target, language } = makeTarget({
    ...{ baseUrl: server.url, auth: { type: "bearer", token }, profile, version: "1.2.3" },
    ...{ constants: { organization: "acme" }, query: { userId: "acme/scim-admin" } },
    api: { baseUrl: server.url.replace("/scim/v2", "/api"), userid: "externalId" },
    ...more,
  });
  onTestFinished(async () => {
    await target.close();
    await server.close();
  });
  return { target, language, server };
}

const data = (value: unknown): Reply => ({ body: { status: "ok", msg: "", data: value, data2: null } });
const refused = (msg: string): Reply => ({ body: { status: "error", msg, data: null, data2: null } });
const forbid: readonly PatchOperation[] = [{ op: "replace", path: "active", value: false }];

describe("a change of what goes by Casdoor's API", () => {
  test("reads the user and sends all of him back with the columns that differ", async () => {
    const { target, server } = await start(({ path }) => data(path.includes("get-user") ? stored : "Affected"));
    const gender = { op: "replace", path: `${wecom}:gender`, value: "Male" } as const;
    const same = { op: "remove", path: `${link}:wecom` } as const;
    await target.modify("User", "u-1", [...forbid, gender, same], never);
    expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
      ["GET", "/api/get-user?owner=acme&userId=u-1"],
      ["POST", "/api/update-user?id=acme%2Fzhangsan&columns=is_forbidden%2Cgender&allowEmpty=1"],
    ]);
    expect(JSON.parse(server.requests[1]?.body ?? "")).toEqual({ ...stored, isForbidden: true, gender: "Male" });
    for (const { headers } of server.requests) expect(headers.authorization).toBe(`Bearer ${token}`);
  });

  test("writes nothing where nothing differs, and comes before SCIM's part", async () => {
    const { target, server } = await start(({ method }) => (method === "PATCH" ? { status: 204 } : data(stored)));
    const name = { op: "replace", path: "displayName", value: "x" } as const;
    await target.modify("User", "u-1", [name, { op: "replace", path: "active", value: true }], never);
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "PATCH"]);
    expect(JSON.parse(server.requests[1]?.body ?? "").Operations).toEqual([name]);
  });

  test.each([
    ["a refusal", refused("The Gender of zhangsan, z@example.com is immutable"), "refused", false],
    ["half an answer", { body: '{"status":"ok' }, "nonsense", true],
    ["a web page", { body: "<html>sign in</html>" }, "nonsense", true],
    ["a server's fault", { status: 500 }, "unavailable", true],
    ["a redirect", { status: 302, headers: { location: "https://x.example/" } }, "nonsense", false],
    ["some other JSON", { body: { hello: 1 } }, "nonsense", true],
  ] as const)("that is answered with %s fails and tells nothing of the person", async (_, reply, code, doubt) => {
    const { target } = await start(({ path }) => (path.includes("get-user") ? data(stored) : reply));
    const error = await errorOf(target.modify("User", "u-1", forbid, never));
    expect(error).toMatchObject({ code, doubt });
    expect(error.message).toContain("POST /update-user");
    for (const part of ["zhangsan", "z@example.com", "张三", token]) expect(error.message).not.toContain(part);
  });

  test.each([
    ["nobody", data(null), "missing"],
    ["somebody else", data({ ...stored, id: "u-2" }), "nonsense"],
    ["somebody without a name", data({ id: "u-1" }), "nonsense"],
    ["a refusal", refused("Unauthorized operation"), "refused"],
    ["no SCIM and no API", { status: 404, body: "<html>404</html>" }, "nonsense"],
    ["401", { status: 401 }, "unauthorized"],
  ] as const)("is not sent where %s was read", async (_, reply, code) => {
    const { target, server } = await start(() => reply);
    expect(await errorOf(target.modify("User", "u-1", forbid, never))).toMatchObject({ code, doubt: false });
    expect(server.requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  test("that did nothing, as Casdoor says, is looked at: it may have been so already", async () => {
    let user = stored;
    const { target } = await start(({ method }) => {
      if (method === "GET") return data(user);
      user = { ...stored, isForbidden: true };
      return data("Unaffected");
    });
    await target.modify("User", "u-1", forbid, never);
    const { target: deaf } = await start(({ method }) => data(method === "GET" ? stored : "Unaffected"));
    expect(await errorOf(deaf.modify("User", "u-1", forbid, never))).toMatchObject({ code: "refused" });
  });

  test("goes to the API with its own credentials, where there are such", async () => {
    const auth = { type: "basic", username: "client", password: "its-secret" } as const;
    const { target, server } = await start(() => data(stored));
    await target.modify("User", "u-1", [{ op: "replace", path: "active", value: true }], never);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
    const baseUrl = server.url.replace("/scim/v2", "/api");
    const other = makeTarget({
      ...{ baseUrl: server.url, auth: { type: "bearer", token }, profile, version: "1" },
      ...{ constants: { organization: "acme" }, api: { baseUrl, auth } },
    });
    onTestFinished(() => other.target.close());
    expect(await errorOf(other.target.read("User", "u-1", never))).toMatchObject({ code: "nonsense" });
    await other.target.modify("User", "u-1", [{ op: "replace", path: "active", value: true }], never);
    expect(server.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
  });
});

test("the language says with any document what a create and what is sent after it make of it", async () => {
  const { language } = await start(() => data(null));
  const capabilities = {
    schemas: new Map([
      [wecom.toLowerCase(), null],
      [link.toLowerCase(), null],
      [enterprise.toLowerCase(), null],
    ]),
  };
  const document = fc.record({
    userName: fc.constantFrom("a", "b"),
    externalId: fc.constantFrom("a", "north:a", ""),
    active: fc.option(fc.boolean(), { nil: undefined }),
    [wecom]: fc.option(fc.record({ gender: fc.constantFrom("male", "Female", "x", null), status: fc.constant(1) }), {
      nil: undefined,
    }),
  });
  fc.assert(
    fc.property(document, (given) => {
      const options = { type: "User", capabilities, managerRemoteId: null } as const;
      const desired = language.adjust(JSON.parse(JSON.stringify(given)) as JsonObject, options);
      const { sent, held, rest } = language.atCreate("User", desired);
      const gone = ["active", link, "gender", "status"].filter((part) => part !== "status");
      for (const part of gone) expect(canonicalJson(sent)).not.toContain(`"${part}":`);
      expect(rest).toEqual(language.difference("User", held, desired));
      expect(language.difference("User", held, sent).map(({ path }) => path)).toEqual(
        given.active === undefined ? [] : ["active"],
      );
      const wanted = given.externalId === "" ? undefined : "a";
      expect((desired[link] as JsonObject | undefined)?.["wecom"]).toBe(wanted);
      // What is written once is not written otherwise a second time.
      expect(language.difference("User", desired, language.adjust(desired, options))).toEqual([]);
    }),
  );
});
