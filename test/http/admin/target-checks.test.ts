import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, bearerTarget, makeAdminFixture } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  fixture = await makeAdminFixture();
  await request("POST", "/api/v1/targets", bearerTarget("app"));
});
afterEach(() => fixture.store.close());

const path = "/api/v1/targets/app/verify";

describe("asking for a verify", () => {
  it("queues one beside a push, and answers the one that is queued already", async () => {
    const push = await request("POST", "/api/v1/targets/app/push");
    const first = await request("POST", path);
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({
      mode: "verify",
      repair: false,
      drift: null,
      state: "queued",
      trigger: "manual",
    });
    expect(first.headers.get("location")).toBe(`http://bridge.test/api/v1/sync-tasks/${first.body.id}`);
    expect(first.body.id).not.toBe(push.body.id);
    expect((await request("POST", path, { repair: false })).body.id).toBe(first.body.id);
    expect(fixture.calls).toContainEqual(["nudge"]);
  });

  it("is refused while another one than that is queued", async () => {
    const first = await request("POST", path, { repair: true });
    const other = await request("POST", path);
    expect([other.status, other.body.detail]).toEqual([409, expect.stringContaining(first.body.id)]);
    expect((await request("POST", "/api/v1/targets/app/match-preview")).status).toBe(409);
  });

  it("is refused for a target that is disabled or unknown, and for a body that says two things", async () => {
    const both = await request("POST", path, { repair: true, forget: true });
    expect([both.status, both.body.errors]).toEqual([400, [expect.objectContaining({ pointer: "/forget" })]]);
    const odd = await request("POST", path, { repiar: true });
    expect([odd.status, odd.body.errors[0].pointer]).toEqual([400, "/repiar"]);
    expect((await request("POST", "/api/v1/targets/other/verify")).status).toBe(404);
    await request("PATCH", "/api/v1/targets/app", { status: "disabled" });
    expect((await request("POST", path, { repair: true })).status).toBe(409);
    expect((await request("POST", path, { forget: true })).status).toBe(409);
    // To look changes nothing.
    expect((await request("POST", path)).status).toBe(202);
    expect(fixture.calls.map(([name]) => name)).not.toContain("forgetLinks");
  });

  it("with forget forgets the links and queues a push", async () => {
    const answer = await request("POST", path, { forget: true });
    expect([answer.status, answer.body.mode]).toEqual([202, "apply"]);
    expect(fixture.calls.map(([name]) => name)).toContain("forgetLinks");
  });
});

describe("a preview of matches", () => {
  it("is a task before the first push, one of a source that it was not given yet is too, and a conflict after them", async () => {
    const answer = await request("POST", "/api/v1/targets/app/match-preview");
    expect([answer.status, answer.body.mode, answer.body.matching]).toEqual([202, "match", null]);
    await fixture.database.db.updateTable("target").set({ contacted_at: 1 }).execute();
    const target = await fixture.store.findTarget("app");
    if (target === null) throw new Error("the target is gone");
    await fixture.store.updateTarget(target.id, { settings: { ...target.settings, sources: ["added"] } });
    expect((await request("POST", "/api/v1/targets/app/match-preview")).status).toBe(202);
    const pushed = { target_id: target.id, source_id: "added" };
    await fixture.database.db.insertInto("target_source").values(pushed).execute();
    expect((await request("POST", "/api/v1/targets/app/match-preview")).status).toBe(409);
  });

  it("is a task too while a user group is to be made there for the first time", async () => {
    await fixture.database.db.updateTable("target").set({ contacted_at: 1 }).execute();
    const target = (await fixture.store.findTarget("app")) ?? expect.unreachable();
    await fixture.store.updateTarget(target.id, { settings: { ...target.settings, sources: [] } });
    const preview = async () => (await request("POST", "/api/v1/targets/app/match-preview")).status;
    const group = { displayName: "VPN", memberFilter: "active eq true" };
    expect((await request("POST", "/api/v1/user-groups", group)).status).toBe(201);
    const provide = (userGroups: boolean) => request("PATCH", "/api/v1/targets/app", { provision: { userGroups } });
    await provide(false);
    expect(await preview()).toBe(409);
    await provide(true);
    expect(await preview()).toBe(202);
  });
});

describe("a schedule", () => {
  it("is kept with the target, has bounds, and ends with null", async () => {
    const set = await request("PATCH", "/api/v1/targets/app", { verify: { everyHours: 24 } });
    expect([set.status, set.body.verify]).toEqual([200, { everyHours: 24, repair: false }]);
    for (const everyHours of [0, 721, 1.5]) {
      const refused = await request("PATCH", "/api/v1/targets/app", { verify: { everyHours } });
      expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, "/verify/everyHours"]);
    }
    expect((await request("PATCH", "/api/v1/targets/app", { verify: null })).body.verify).toBeUndefined();
  });
});

describe("linking by hand", () => {
  it.each([
    ["no-resource", 404, undefined],
    ["no-account", 400, "/remoteId"],
    ["taken", 409, "/remoteId"],
    ["not-here", 409, undefined],
    ["busy", 409, undefined],
    ["target", 502, undefined],
  ] as const)("answers a refusal for %s with %i", async (refused, status, pointer) => {
    await fixture.store.close();
    fixture = await makeAdminFixture({ linkByHand: async () => ({ refused, detail: "because of that" }) });
    await request("POST", "/api/v1/targets", bearerTarget("app"));
    const put = await request("PUT", "/api/v1/targets/app/links/somebody", { remoteId: "1" });
    expect([put.status, put.body.errors?.[0]?.pointer]).toEqual([status, pointer]);
    expect((await request("DELETE", "/api/v1/targets/app/links/somebody")).status).toBe(status);
  });

  it("takes the id, the userName or the externalId of whom it is about", async () => {
    await request("POST", "/api/v1/sources", { name: "own", type: "custom" });
    const person = { userName: "zhangsan", externalId: "e-1", active: true };
    const made = await request("POST", "/api/v1/sources/own/users", person);
    expect(made.status).toBe(201);
    for (const named of [made.body.id, "zhangsan", "e-1"]) {
      await request("PUT", `/api/v1/targets/app/links/${named}`, { remoteId: "1" });
      expect(fixture.calls.at(-1)).toMatchObject(["linkByHand", {}, { resourceId: made.body.id, remoteId: "1" }]);
    }
    expect((await request("DELETE", "/api/v1/targets/app/links/zhangsan")).status).toBe(409);
    expect(fixture.calls.at(-1)).toMatchObject(["linkByHand", {}, { resourceId: made.body.id, remoteId: null }]);
  });
});
