import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, bearerTarget, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";

// The settings of a product's own API: `api`.

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);
const casdoor = (more: object = {}) =>
  bearerTarget("door", {
    baseUrl: "https://door.example.com/scim",
    profile: "casdoor",
    constants: { organization: "acme" },
    ...more,
  });
const pointersOf = (body: { errors: readonly { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer);

beforeEach(async () => {
  fixture = await makeAdminFixture();
  await request("POST", "/api/v1/sources", wecomSource("one"));
});
afterEach(async () => {
  expect(JSON.stringify(fixture.logLines)).not.toContain(planted.targetToken);
  await fixture.store.close();
});

describe("the product's own API", () => {
  it("is used as its settings say, which read back with their secrets masked", async () => {
    const api = {
      baseUrl: "https://door.example.com/api",
      auth: { type: "basic", username: "client", password: planted.targetToken },
      userid: "externalId",
    };
    const made = await request("POST", "/api/v1/targets", casdoor({ sources: ["one"], api }));
    expect(made.status).toBe(201);
    expect(made.body.api).toEqual({ ...api, auth: { ...api.auth, password: "********" } });
    const row = await fixture.store.findTarget("door");
    expect(row?.secrets).toMatchObject({ "/api/auth/password": planted.targetToken });
    expect(JSON.stringify(row?.settings)).not.toContain(planted.targetToken);
    // What was read can be sent back.
    expect((await request("PATCH", "/api/v1/targets/door", made.body)).body).toEqual(made.body);
    expect((await fixture.store.findTarget("door"))?.secrets).toEqual(row?.secrets);
  });

  it("is changed by a patch in parts, gets other credentials whole, and ends with null", async () => {
    const auth = { type: "basic", username: "client", password: planted.targetToken };
    await request("POST", "/api/v1/targets", casdoor({ sources: ["one"], api: { auth } }));
    const linked = await request("PATCH", "/api/v1/targets/door", { api: { userid: "externalId" } });
    expect(linked.body.api).toMatchObject({ userid: "externalId", auth: { type: "basic", password: "********" } });
    const bearer = { type: "bearer", token: planted.targetToken };
    const other = await request("PATCH", "/api/v1/targets/door", { api: { auth: bearer } });
    expect(other.body.api).toEqual({ userid: "externalId", auth: { type: "bearer", token: "********" } });
    expect(Object.keys((await fixture.store.findTarget("door"))?.secrets ?? {})).toEqual(
      expect.arrayContaining(["/api/auth/token"]),
    );
    expect((await fixture.store.findTarget("door"))?.secrets).not.toHaveProperty("/api/auth/password");
    const ended = await request("PATCH", "/api/v1/targets/door", { api: null });
    expect(ended.body).not.toHaveProperty("api");
    expect(Object.keys((await fixture.store.findTarget("door"))?.secrets ?? {})).toEqual(["/auth/token"]);
  });

  it.each([
    [{ profile: "generic", constants: {} }, "/api"],
    [{ baseUrl: "https://door.example.com/elsewhere" }, "/api/baseUrl"],
    [{ api: { baseUrl: "ftp://door.example.com" } }, "/api/baseUrl"],
    [{ api: { auth: { type: "basic", username: "x" } } }, "/api/auth/password"],
    [{ api: { userid: "external id" } }, "/api/userid"],
    [{ api: { useridd: "externalId" } }, "/api/useridd"],
  ])("refuses %j at %s", async (more, pointer) => {
    const answer = await request("POST", "/api/v1/targets", casdoor({ api: {}, ...more }));
    expect(answer.status).toBe(400);
    expect(pointersOf(answer.body)).toEqual([pointer]);
  });

  it("links to WeCom only where all people come from one source of WeCom", async () => {
    await request("POST", "/api/v1/sources", wecomSource("two"));
    await request("POST", "/api/v1/sources", { name: "own", type: "custom" });
    const api = { userid: "externalId" };
    for (const sources of [["one", "two"], ["own"], ["one", "own"]]) {
      const answer = await request("POST", "/api/v1/targets", casdoor({ sources, api }));
      expect([answer.status, pointersOf(answer.body)]).toEqual([400, ["/api/userid"]]);
    }
    expect((await request("POST", "/api/v1/targets", casdoor({ sources: ["one"], api }))).status).toBe(201);
    const later = await request("PATCH", "/api/v1/targets/door", { sources: ["one", "two"] });
    expect([later.status, pointersOf(later.body)]).toEqual([400, ["/api/userid"]]);
  });

  it("asks for its addresses, too, whether the bridge may call them", async () => {
    await fixture.store.close();
    fixture = await makeAdminFixture({ allowUrl: (url) => (url.includes("10.0.0.1") ? "is private" : null) });
    const auth = { type: "oauth2", tokenUrl: "https://10.0.0.1/t", clientId: "c", clientSecret: planted.targetToken };
    const answer = await request(
      "POST",
      "/api/v1/targets",
      casdoor({ api: { baseUrl: "https://10.0.0.1/api", auth } }),
    );
    expect(pointersOf(answer.body)).toEqual(["/api/baseUrl", "/api/auth/tokenUrl"]);
    expect(answer.text).not.toContain(planted.targetToken);
  });
});
