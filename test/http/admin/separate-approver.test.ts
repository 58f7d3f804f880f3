import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAdminApp } from "../../../src/http/admin/app.ts";
import { type AdminFixture, type Answer, bearerTarget, makeAdminFixture, wecomSource } from "../../support/admin.ts";
import { ask, makeAccount } from "../../support/admin-requests.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);
type By = (method: string, path: string, form?: unknown) => Promise<Answer>;
let alice: By;
let bob: By;

const account = async (name: string): Promise<By> => {
  const { token } = await makeAccount(fixture, name);
  return (method, path, form) => ask(fixture, { token }, method, path, form);
};

const hourMs = 3_600_000;

beforeEach(async () => {
  fixture = await makeAdminFixture();
  [alice, bob] = [await account("alice"), await account("bob")];
  const made = await request("POST", "/api/v1/sources", wecomSource("corp"));
  await request("POST", "/api/v1/targets", bearerTarget("app", { sources: [made.body.id] }));
  // Long enough ago that neither the accounts nor the settings were just made.
  fixture.clock.now += 25 * hourMs;
  expect((await request("PATCH", "/api/v1/settings", { separateApprover: true })).status).toBe(200);
});

afterEach(() => fixture.store.close());

/** As the engine leaves a task that a safeguard stopped. */
async function hold(taskId: string): Promise<string> {
  const reason = "12 of 40 users would be deactivated";
  const held = { reason, removals: { users: 12, groups: 0, members: 0 }, expiresAt: fixture.clock.now + 1e9 };
  await fixture.database.db
    .updateTable("sync_task")
    .set({ state: "held", slot: null, hold: JSON.stringify(held), started_at: fixture.clock.now })
    .where("id", "=", taskId)
    .execute();
  return taskId;
}

/** A task that a schedule began, and that is held. */
async function heldBySchedule(): Promise<string> {
  const source = await fixture.store.findSource("corp");
  const asked = { sourceId: source?.id ?? "", targetId: null, trigger: "schedule", mode: "apply" } as const;
  return hold((await fixture.store.queueTask(asked)).task.id);
}

const approve = (by: By, id: string) => by("POST", `/api/v1/sync-tasks/${id}/approve`, {});

describe("with separateApprover", () => {
  it("nobody approves the task that he asked for; another does, and everybody may cancel", async () => {
    const id = await hold((await alice("POST", "/api/v1/sources/corp/sync-tasks")).body.id);
    const refused = await approve(alice, id);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      "separateApprover: you asked for this task, so another administrator has to approve it. Administrators other than alice may: admin, bob. Everybody may cancel it.",
    ]);
    expect((await fixture.store.findTask(id))?.state).toBe("held");
    const approved = await approve(bob, id);
    expect([approved.status, approved.body]).toMatchObject([202, { requestedBy: "alice", decidedBy: "bob" }]);
    const pushed = await hold((await alice("POST", "/api/v1/targets/app/push")).body.id);
    expect((await approve(alice, pushed)).status).toBe(409);
    const cancelled = await alice("POST", `/api/v1/sync-tasks/${pushed}/cancel`);
    expect([cancelled.status, cancelled.body]).toMatchObject([200, { decidedBy: "alice" }]);
  });

  it("what came to be held only while it was looked at is approved by nobody", async () => {
    const id = await hold((await alice("POST", "/api/v1/sources/corp/sync-tasks")).body.id);
    const findTask: typeof fixture.store.findTask = async (each) => {
      const task = await fixture.store.findTask(each);
      return task && { ...task, state: "running" };
    };
    const app = makeAdminApp({ ...fixture.parts, store: { ...fixture.store, findTask } });
    const { token } = (await request("POST", "/api/v1/administrators/alice/token")).body;
    const path = `/api/v1/sync-tasks/${id}/approve`;
    expect((await ask({ app }, { token }, "POST", path, {})).status).toBe(409);
    expect((await fixture.store.findTask(id))?.state).toBe("held");
  });

  it("anybody approves what a schedule began, whoever looked at it", async () => {
    await alice("POST", "/api/v1/sources/corp/test");
    await alice("PATCH", "/api/v1/sources/corp", { description: "headquarters" });
    expect((await approve(alice, await heldBySchedule())).status).toBe(202);
  });

  it.each([
    ["the source's safeguards", "PATCH", "/api/v1/sources/corp", { safeguards: { maxRemovals: { floor: 9 } } }],
    ["the source's scope", "PATCH", "/api/v1/sources/corp", { scope: { mode: "partial", departments: [2] } }],
    ["the safeguards of a target that gets it", "PATCH", "/api/v1/targets/app", { safeguards: null }],
    ["the rules of a target that gets it", "PATCH", "/api/v1/targets/app", { mapping: { user: { title: null } } }],
  ])("whoever changed %s does not approve it", async (_, method, path, form) => {
    expect((await alice(method, path, form)).status).toBe(200);
    const id = await heldBySchedule();
    const refused = await approve(alice, id);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("you changed what the")]);
    // To wait until a day is over does not help: it counts from the task.
    fixture.clock.now += 30 * hourMs;
    expect((await approve(alice, id)).status).toBe(409);
    expect((await approve(bob, id)).status).toBe(202);
  });

  it("does not count changes that were refused, that are of others, or that are more than a day older than the task", async () => {
    await request("POST", "/api/v1/targets", bearerTarget("elsewhere"));
    await bob("PATCH", "/api/v1/sources/corp", { safeguards: { maxRemovals: { floor: 9 } } });
    fixture.clock.now += 24 * hourMs + 1;
    await alice("PATCH", "/api/v1/targets/elsewhere", { safeguards: null });
    expect((await alice("PATCH", "/api/v1/sources/corp", { safeguards: { maxRemovals: 7 } })).status).toBe(400);
    const id = await heldBySchedule();
    expect((await approve(bob, id)).status).toBe(202);
    await hold(id);
    expect((await approve(alice, id)).status).toBe(202);
  });

  it("counts whoever activated the mapping", async () => {
    const activate = "POST /api/v1/mappings/{name}/activate";
    const subject = { kind: "mapping", id: "wecom", name: "wecom" };
    const record = { role: "administrator", action: activate, subject, fields: ["/version"], address: null } as const;
    await fixture.store.beginAudit({ ...record, administrator: "alice", status: 200 });
    const refused = await approve(alice, await heldBySchedule());
    expect(refused.body.detail).toContain('you activated the mapping "wecom"');
  });

  it("takes an account that somebody made for himself for no second person", async () => {
    const made = await alice("POST", "/api/v1/administrators", { name: "alice2", role: "administrator" });
    const second: By = (method, path, form) => ask(fixture, { token: made.body.token }, method, path, form);
    const taken = await alice("POST", "/api/v1/administrators/bob/token");
    const asBob: By = (method, path, form) => ask(fixture, { token: taken.body.token }, method, path, form);
    const id = await hold((await alice("POST", "/api/v1/sources/corp/sync-tasks")).body.id);
    for (const by of [second, asBob]) {
      const refused = await approve(by, id);
      expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("alice made or changed")]);
    }
    expect((await approve(request, id)).status).toBe(202);
  });

  it("takes nobody for a second person whose account was made by such an account, also once that is deleted", async () => {
    const as =
      (token: string): By =>
      (method, path, form) =>
        ask(fixture, { token }, method, path, form);
    const make = async (by: By, name: string) =>
      as((await by("POST", "/api/v1/administrators", { name, role: "administrator" })).body.token);
    const second = await make(alice, "alice2");
    const third = await make(second, "alice3");
    await alice("DELETE", "/api/v1/administrators/alice2");
    const id = await hold((await alice("POST", "/api/v1/sources/corp/sync-tasks")).body.id);
    const refused = await approve(third, id);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("alice made or changed")]);
    expect((await approve(bob, id)).status).toBe(202);
  });

  it("sees what decides also where it stands behind many other fields", async () => {
    const nothing = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`nothing${index}`, null]));
    const form = { ...nothing, safeguards: { maxRemovals: { floor: 9 } } };
    expect((await alice("PATCH", "/api/v1/sources/corp", form)).status).toBe(200);
    expect((await approve(alice, await heldBySchedule())).status).toBe(409);
  });

  it("is not switched off by whoever could not approve what waits, and is by another", async () => {
    const id = await hold((await alice("POST", "/api/v1/sources/corp/sync-tasks")).body.id);
    for (const form of [{ separateApprover: false }, { separateApprover: null }]) {
      const refused = await alice("PATCH", "/api/v1/settings", form);
      expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(id)]);
    }
    expect((await alice("PATCH", "/api/v1/settings", { maxCustomSources: 2 })).status).toBe(200);
    expect((await bob("PATCH", "/api/v1/settings", { separateApprover: false })).body.separateApprover).toBe(false);
    expect((await approve(alice, id)).status).toBe(202);
  });

  it("needs two administrators, as long as it is on", async () => {
    const remove = (name: string) => request("DELETE", `/api/v1/administrators/${name}`);
    expect((await remove("alice")).status).toBe(204);
    const last = [
      await remove("bob"),
      await request("PATCH", "/api/v1/administrators/bob", { status: "disabled" }),
      await request("PATCH", "/api/v1/administrators/bob", { role: "auditor" }),
    ];
    for (const { status, body } of last) expect([status, body.detail]).toEqual([409, expect.stringContaining("two")]);
    await request("PATCH", "/api/v1/settings", { separateApprover: false });
    expect((await request("PATCH", "/api/v1/administrators/bob", { role: "auditor" })).status).toBe(200);
    const refused = await request("PATCH", "/api/v1/settings", { separateApprover: true });
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("two administrators")]);
  });
});

describe("without it", () => {
  it("everybody approves what he asked for", async () => {
    await request("PATCH", "/api/v1/settings", { separateApprover: false });
    const id = await hold((await alice("POST", "/api/v1/sources/corp/sync-tasks")).body.id);
    expect((await approve(alice, id)).status).toBe(202);
  });
});
