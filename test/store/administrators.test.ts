import { expect, it } from "vitest";
import { NameTakenError } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";

const form = (name: string) => ({ name, role: "administrator", tokenHash: `hash-of-${name}`, password: null }) as const;
const hourMs = 3_600_000;

onEachDatabase("administrators", (at) => {
  it("have names that are unique in any case of letters, also for two who make them at once", async () => {
    const other = await at.openAnother();
    const made = await Promise.allSettled([
      at.store.createAdministrator(form("alice")),
      other.createAdministrator({ ...form("Alice"), tokenHash: "another" }),
    ]);
    expect(made.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(made.find((each) => each.status === "rejected")?.reason).toBeInstanceOf(NameTakenError);
    expect(await at.store.findAdministrator("ALICE")).toMatchObject({ role: "administrator", lastSeenAt: null });
  });

  it("are let in by what they have, until they are disabled", async () => {
    const { id } = await at.store.createAdministrator(form("alice"));
    await at.store.noteSeen(id);
    const found = await at.store.findCredentials({ tokenHash: "hash-of-alice" });
    expect(found).toMatchObject({ administrator: { id, lastSeenAt: at.clock.now }, password: null, version: 1 });
    await at.store.updateAdministrator(id, { disabled: true, role: "auditor" });
    expect(await at.store.findCredentials({ tokenHash: "hash-of-alice" })).toBeNull();
    expect(await at.store.findCredentials({ name: "alice" })).toBeNull();
    expect(await at.store.findAdministrator(id)).toMatchObject({ disabled: true, role: "auditor" });
    expect(await at.store.updateAdministrator("gone", { disabled: false })).toBeNull();
  });

  it("have sessions that every server knows, as long as nothing of the account changed", async () => {
    const other = await at.openAnother();
    const { id } = await at.store.createAdministrator(form("alice"));
    const expiresAt = at.clock.now + hourMs;
    await at.store.createSession("one", { administratorId: id, credentials: 1 }, expiresAt);
    await at.store.createSession("first", null, expiresAt);
    expect(await other.findSession(["nothing", "one"])).toMatchObject({ administrator: { id }, expiresAt });
    await other.updateAdministrator(id, { role: "auditor" });
    expect(await at.store.findSession(["one"])).toMatchObject({ administrator: { role: "auditor" } });
    await other.updateAdministrator(id, { tokenHash: "new" });
    expect(await at.store.findSession(["one"])).toBeNull();
    // Signed in with what was so far, at the very moment at which it ended.
    await at.store.createSession("late", { administratorId: id, credentials: 1 }, expiresAt);
    expect(await at.store.findSession(["late"])).toBeNull();
    await at.store.createSession("two", { administratorId: id, credentials: 2 }, expiresAt);
    expect(await at.store.findSession(["two"])).not.toBeNull();
    expect(await at.store.deleteAdministrator(id)).toBe(true);
    expect(await at.store.findSession(["two"])).toBeNull();
    expect(await other.findSession(["first"])).toMatchObject({ administrator: null });
  });

  it("have sessions that end in time, and are forgotten with the next one", async () => {
    await at.store.createSession("one", null, at.clock.now + hourMs);
    await at.store.extendSession("one", at.clock.now + 2 * hourMs);
    at.clock.now += 2 * hourMs - 1;
    expect(await at.store.findSession(["one"])).not.toBeNull();
    at.clock.now += 1;
    expect(await at.store.findSession(["one"])).toBeNull();
    await at.store.createSession("two", null, at.clock.now + hourMs);
    expect(await at.rows("select id_hash from admin_session")).toEqual([{ id_hash: "two" }]);
    await at.store.createSession("three", null, at.clock.now + hourMs, "two");
    expect(await at.rows("select id_hash from admin_session")).toEqual([{ id_hash: "three" }]);
    await at.store.deleteSession("three");
    expect(await at.rows("select id_hash from admin_session")).toEqual([]);
  });

  it("leave records that are found by who, what, when, and to what it was done", async () => {
    const record = (administrator: string, action: string, id: string, status: number | null) =>
      at.store.beginAudit({
        ...{ administrator, role: "administrator", action, status, fields: ["/a"], address: "192.0.2.1" },
        subject: { kind: "source", id, name: null },
      });
    const first = await record("alice", "PATCH /a_b", "s1", null);
    at.clock.now += hourMs;
    await record("bob", "PATCH /aXb", "s1", 409);
    await record("bob", "DELETE /a_b", "s2", 204);
    const found = async (query: object) =>
      (await at.store.listAudit({ limit: 10, ...query })).items.map(({ action }) => action);
    expect(await found({})).toEqual(["DELETE /a_b", "PATCH /aXb", "PATCH /a_b"]);
    expect(await found({ action: "a_b", to: at.clock.now })).toEqual(["PATCH /a_b"]);
    expect(await found({ administrator: "bob", from: at.clock.now, action: "PATCH" })).toEqual(["PATCH /aXb"]);
    const { nextCursor } = await at.store.listAudit({ limit: 2 });
    expect(await found({ cursor: nextCursor })).toEqual(["PATCH /a_b"]);

    // What is not answered yet may be done; what was refused was not.
    const done = async (since: number) =>
      (await at.store.auditOf([{ kind: "source", id: "s1" }], since)).map(({ administrator }) => administrator);
    expect(await done(0)).toEqual(["alice"]);
    expect(await done(at.clock.now)).toEqual([]);
    expect(await at.store.auditOf([], 0)).toEqual([]);
    await at.store.endAudit(first, { status: 500, subject: { kind: "source", id: "s1", name: "corp" } });
    expect(await done(0)).toEqual([]);
    const ended = (await at.store.listAudit({ limit: 1, administrator: "alice" })).items[0];
    expect(ended).toMatchObject({ id: first, status: 500, subject: { name: "corp" }, fields: ["/a"] });
    // By name too: an account may be deleted by now.
    await at.store.endAudit(first, { status: 200, subject: { kind: "source", id: "s1", name: "corp" } });
    const called = await at.store.auditOf([{ kind: "source", name: "corp" }], 0);
    expect(called.map(({ id }) => id)).toEqual([first]);

    // As long as a task waits, what says who must not approve it stays.
    const asked = { sourceId: "s1", targetId: null, trigger: "schedule", mode: "apply" } as const;
    const { task } = await at.store.queueTask(asked);
    at.clock.now += 48 * hourMs;
    await at.store.pruneRecords(at.clock.now);
    expect(await found({ administrator: "alice" })).toEqual(["PATCH /a_b"]);
    await at.store.cancelTask(task.id);
    await at.store.pruneRecords(at.clock.now);
    expect(await found({ administrator: "alice" })).toEqual([]);
  });

  it("are named in tasks that they asked for and decided about", async () => {
    const asked = { sourceId: "s", targetId: null, trigger: "manual", mode: "apply" } as const;
    const { task } = await at.store.queueTask({ ...asked, requestedBy: "alice" });
    expect(task).toMatchObject({ requestedBy: "alice", decidedBy: null, decidedAt: null });
    await at.database.db.updateTable("sync_task").set({ state: "held", slot: null }).execute();
    expect(await at.store.approveTask(task.id, null, "bob")).toBe(true);
    const decided = { requestedBy: "alice", decidedBy: "bob", decidedAt: at.clock.now, approved: true };
    expect(await at.store.findTask(task.id)).toMatchObject(decided);
    expect(await at.store.cancelTask(task.id, "carol")).toBe(true);
    expect(await at.store.findTask(task.id)).toMatchObject({ decidedBy: "carol" });
    // It has ended: who comes too late decides nothing.
    expect(await at.store.cancelTask(task.id, "dave")).toBe(false);
    expect(await at.store.findTask(task.id)).toMatchObject({ decidedBy: "carol" });
  });
});
