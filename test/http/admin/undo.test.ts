import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TaskMode } from "../../../src/store/store.ts";
import { type AdminFixture, bearerTarget, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);
let sourceId: string;

beforeEach(async () => {
  fixture = await makeAdminFixture();
  sourceId = (await request("POST", "/api/v1/sources", wecomSource("corp"))).body.id;
});

afterEach(() => fixture.store.close());

const person = "0198c2a4-0000-7000-8000-000000000001";

/** A task as the engine leaves it. */
async function ended(
  mode: TaskMode = "apply",
  more: Readonly<Record<string, unknown>> = {},
  about: { sourceId: string | null; targetId: string | null } = { sourceId, targetId: null },
): Promise<string> {
  const { task } = await fixture.store.queueTask({ ...about, trigger: "manual", mode });
  const columns = { state: "succeeded", slot: null, finished_at: fixture.clock.now, ...more } as const;
  await fixture.database.db
    .updateTable("sync_task")
    .set(columns as { state: "succeeded" })
    .where("id", "=", task.id)
    .execute();
  return task.id;
}

async function addChange(taskId: string, more: { target_id?: string } = {}): Promise<void> {
  await fixture.database.db
    .insertInto("change")
    .values({
      ...{ task_id: taskId, target_id: null, resource_type: "User", resource_id: person, external_id: "zhangsan" },
      ...{ display_name: "张三", action: "update", status: "applied", error: null, because: "title differs" },
      ...{ before: "{}", after: '{"title":"总监"}', sources: null, apply: null, leavers: 0, members_applied: 0 },
      ...{ added_count: 0, removed_count: 0, base_version: 1, created_at: fixture.clock.now, ...more },
    })
    .execute();
}

const countsOf = (updated: number): string => {
  const none = { read: 0, created: 0, adopted: 0, updated: 0, deleted: 0, unchanged: 0, failed: 0 };
  return JSON.stringify({ users: { ...none, deactivated: 0, reactivated: 0, updated }, groups: none });
};

const undo = (id: string) => request("POST", `/api/v1/sync-tasks/${id}/undo`);

describe("the undo of a task", () => {
  it("is a plan that says what it takes back, and is itself once while it is under way", async () => {
    const id = await ended("apply", { counts: countsOf(1) });
    await addChange(id);
    const plan = await undo(id);
    expect([plan.status, plan.body]).toMatchObject([202, { mode: "plan", state: "queued", undoes: id }]);
    expect(plan.headers.get("location")).toBe(`http://bridge.test/api/v1/sync-tasks/${plan.body.id}`);
    expect(fixture.calls.at(-1)).toEqual(["nudge"]);
    expect((await undo(id)).body.id).toBe(plan.body.id);
    const other = await ended("apply", {}, { sourceId: null, targetId: "t" });
    expect((await request("GET", `/api/v1/sync-tasks/${other}`)).body.undoes).toBeNull();
  });

  it("is applied as the undo that it is", async () => {
    await fixture.store.close();
    fixture = await makeAdminFixture({ planCheckMs: 0 });
    sourceId = (await request("POST", "/api/v1/sources", wecomSource("corp"))).body.id;
    const { updatedAt } = (await fixture.store.findSource("corp")) ?? { updatedAt: 0 };
    const basis = { source: updatedAt, mapping: null, directory: 0, targets: {} };
    const made = { digest: "d".repeat(64), changes: 1, requests: 0, hold: null, whole: true, basis };
    const plan = await ended("plan", { undoes: "01", plan: JSON.stringify(made) });
    const applied = await request("POST", `/api/v1/sync-tasks/${plan}/apply`, {});
    expect([applied.status, applied.body]).toMatchObject([
      202,
      { mode: "apply", state: "queued", appliesPlan: plan, undoes: "01" },
    ]);
  });

  it("waits for another task of the source", async () => {
    const id = await ended();
    await addChange(id);
    const { body: running } = await request("POST", "/api/v1/sources/corp/sync-tasks");
    const refused = await undo(id);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(running.id)]);
  });

  it("is refused with the reason where there is nothing that could go back", async () => {
    const reasons: [string, RegExp][] = [
      [await ended("plan"), /A plan has changed nothing/],
      [await ended("verify"), /reads a target back/],
      [await ended("match"), /preview of matches/],
      [await ended("link"), /by hand/],
      [await ended("apply", { state: "held" }), /approve or cancel that first/],
      [await ended("apply", { state: "running" }), /under way/],
      [await ended("apply", {}, { sourceId: null, targetId: "t" }), /Change those, and push/],
      [await ended("apply", {}, { sourceId: "gone", targetId: null }), /source of the task has ended/],
      [await ended("apply"), /changed nothing in the directory/],
      [await ended("apply", { counts: countsOf(1) }), /Records of the task are gone/],
      [await ended("apply", { undoes: "01" }), /is an undo itself: .*\/kept/],
    ];
    for (const [id, reason] of reasons) {
      const answer = await undo(id);
      expect([answer.status, answer.body.detail]).toEqual([409, expect.stringMatching(reason)]);
    }
    expect((await undo("nothing")).status).toBe(404);
    expect((await fixture.store.listTasks({ limit: 100 })).items).toHaveLength(reasons.length);
  });

  it("is refused once it was done, and of a source that is disabled", async () => {
    const id = await ended();
    await addChange(id);
    const failed = await ended("apply", { undoes: id, state: "failed" });
    const done = await ended("apply", { undoes: id, state: "partial" });
    const again = await undo(id);
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining(done)]);
    expect(again.body.detail).not.toContain(failed);
    await fixture.database.db.deleteFrom("sync_task").where("id", "=", done).execute();
    await request("PATCH", "/api/v1/sources/corp", { status: "disabled" });
    expect((await undo(id)).body.detail).toContain("is disabled");
    await request("PATCH", "/api/v1/sources/corp", { status: "enabled" });
    expect((await undo(id)).status).toBe(202);
  });

  it("takes back nothing of which only a target heard", async () => {
    const { id: target } = (await request("POST", "/api/v1/targets", bearerTarget("app"))).body;
    const id = await ended();
    await addChange(id, { target_id: target });
    expect((await undo(id)).body.detail).toContain("changed nothing in the directory");
  });
});

describe("what an undo keeps", () => {
  async function keep(fingerprint: string | null): Promise<string> {
    const id = await ended("apply", { undoes: "01" });
    const { db } = fixture.database;
    const now = fixture.clock.now;
    await db
      .insertInto("resource")
      .values({
        ...{ id: person, source_id: sourceId, type: "User", kind: "user", key: "zhangsan", version: 1 },
        ...{ members_version: 0, fingerprint: "undone", mapping_version: "undone", external_id: "zhangsan" },
        ...{ user_name: "zhangsan", user_name_folded: "zhangsan", display_name: "张三", display_name_folded: "张三" },
        ...{ active: 1, manager_key: null, manager_id: null, document: '{"userName":"zhangsan"}', folded: "{}" },
        ...{ created_at: now, last_modified_at: now, departed_at: null, deleted_at: null },
      })
      .execute();
    const kept = { resource_id: person, source_id: sourceId, task_id: id, undoes: "01", fingerprint };
    await db
      .insertInto("kept")
      .values({ ...kept, mapping_version: "1", since: now, ended: 0 })
      .execute();
    if (fingerprint !== null) {
      const record = { source_id: sourceId, kind: "user", key: "zhangsan", raw: "{}", relations: "{}" } as const;
      await db
        .insertInto("source_record")
        .values({ ...record, hash: "h", fingerprint, resource_id: person })
        .execute();
    }
    return id;
  }

  it("is listed, stands in the history, and is let go of by the person", async () => {
    const task = await keep("f");
    const kept = { task, undoes: "01", since: "2026-03-01T08:00:00.000Z", gone: false, ended: false };
    const { body } = await request("GET", `/api/v1/kept?source=corp&task=${task}`);
    expect(body).toEqual({
      items: [
        {
          ...{ resourceId: person, resourceType: "User", externalId: "zhangsan", displayName: "张三" },
          ...{ source: sourceId, ...kept },
        },
      ],
      nextCursor: null,
    });
    expect((await request("GET", "/api/v1/kept?task=other")).body.items).toEqual([]);
    expect((await request("GET", "/api/v1/kept?source=nobody")).status).toBe(400);
    expect((await request("GET", "/api/v1/resources/zhangsan/history")).body.resource.kept).toEqual(kept);

    const ends = await request("DELETE", "/api/v1/resources/zhangsan/kept");
    expect([ends.status, ends.body]).toEqual([200, { ended: 1 }]);
    expect((await request("GET", "/api/v1/kept")).body.items).toEqual([]);
    expect((await request("GET", "/api/v1/resources/zhangsan/history")).body.resource.kept).toBeNull();
    // The next sync looks at him again.
    const [resource] = await fixture.store.readCurrent([person]);
    expect(resource?.fingerprint).toBeNull();
    expect((await request("DELETE", "/api/v1/resources/zhangsan/kept")).status).toBe(409);
  });

  it("is let go of with all of its undo, also once that task is gone; who left waits for the next read", async () => {
    const task = await keep(null);
    await fixture.database.db.deleteFrom("sync_task").where("id", "=", task).execute();
    const ends = await request("DELETE", `/api/v1/sync-tasks/${task}/kept`);
    expect([ends.status, ends.body]).toEqual([200, { ended: 1 }]);
    expect((await request("GET", "/api/v1/kept")).body.items).toMatchObject([{ gone: true, ended: true }]);
    expect((await request("DELETE", `/api/v1/sync-tasks/${task}/kept`)).status).toBe(404);
    const other = await ended();
    expect((await request("DELETE", `/api/v1/sync-tasks/${other}/kept`)).body.detail).toBe("The task is no undo.");
  });
});
