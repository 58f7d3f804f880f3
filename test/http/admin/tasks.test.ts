import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, bearerTarget, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);
let taskId: string;

beforeEach(async () => {
  fixture = await makeAdminFixture();
  await request("POST", "/api/v1/sources", wecomSource("corp"));
  taskId = (await request("POST", "/api/v1/sources/corp/sync-tasks")).body.id;
});

afterEach(() => fixture.store.close());

/** As the engine leaves a task that a safeguard stopped. */
async function hold(): Promise<void> {
  const reason = "12 of 40 users would be deactivated";
  const held = { reason, removals: { users: 12, groups: 0, members: 3 }, expiresAt: fixture.clock.now + 1000 };
  await fixture.database.db
    .updateTable("sync_task")
    .set({ state: "held", slot: null, hold: JSON.stringify(held), started_at: fixture.clock.now })
    .where("id", "=", taskId)
    .execute();
}

async function addChange(more: {
  display_name: string;
  target_id?: string | null;
  status?: "held" | "skipped";
}): Promise<void> {
  await fixture.database.db
    .insertInto("change")
    .values({
      task_id: taskId,
      target_id: null,
      resource_type: "User",
      resource_id: "0198c2a4-0000-7000-8000-000000000000",
      external_id: "member-1",
      action: "update",
      status: "planned",
      error: null,
      because: "title differs",
      before: '{"title":"经理"}',
      after: '{"title":"总监"}',
      sources: '{"title":"总监"}',
      added_count: 0,
      removed_count: 0,
      base_version: 1,
      created_at: fixture.clock.now,
      apply: null,
      leavers: 0,
      members_applied: 0,
      ...more,
    })
    .execute();
}

describe("sync tasks", () => {
  it("lists tasks by source and state and refuses what is neither", async () => {
    const all = await request("GET", "/api/v1/sync-tasks?source=corp&state=queued");
    expect(all.body.items.map((task: { id: string }) => task.id)).toEqual([taskId]);
    expect((await request("GET", "/api/v1/sync-tasks?state=held")).body.items).toEqual([]);
    expect((await request("GET", "/api/v1/sync-tasks?source=nobody")).body.errors[0].parameter).toBe("source");
    expect((await request("GET", "/api/v1/sync-tasks?state=done")).body.errors[0].parameter).toBe("state");
    expect((await request("GET", "/api/v1/sync-tasks/nothing")).status).toBe(404);
  });

  it("shows why a task is held and until when", async () => {
    await hold();
    const { body } = await request("GET", `/api/v1/sync-tasks/${taskId}`);
    expect(body).toMatchObject({ state: "held", startedAt: "2026-03-01T08:00:00.000Z", finishedAt: null });
    expect(body.hold).toEqual({
      reason: "12 of 40 users would be deactivated",
      removals: { users: 12, groups: 0, members: 3 },
      expiresAt: "2026-03-01T08:00:01.000Z",
    });
  });

  it("approves nothing that was held before its source protected somebody else", async () => {
    await hold();
    fixture.clock.now += 1;
    const protects = (text: string | null) =>
      request("PATCH", "/api/v1/sources/corp", { safeguards: { protected: text } });
    expect((await protects('userName eq "boss"')).status).toBe(200);
    const refused = await request("POST", `/api/v1/sync-tasks/${taskId}/approve`, {});
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("sync again")]);
    expect((await protects(null)).status).toBe(200);
    expect((await request("POST", `/api/v1/sync-tasks/${taskId}/approve`, {})).status).toBe(202);
  });

  it("approves what is held, once, and wakes the engine", async () => {
    expect((await request("POST", `/api/v1/sync-tasks/${taskId}/approve`)).status).toBe(409);
    await hold();
    const wrong = await request("POST", `/api/v1/sync-tasks/${taskId}/approve`, { changes: [] });
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, "/changes"]);
    const approved = await request("POST", `/api/v1/sync-tasks/${taskId}/approve`, {});
    expect([approved.status, approved.body.state, approved.body.approved]).toEqual([202, "queued", true]);
    expect(fixture.calls.at(-1)).toEqual(["nudge"]);
    expect((await request("POST", `/api/v1/sync-tasks/${taskId}/approve`)).status).toBe(409);
  });

  it("names the changes that are none of the task, or not held any more, and stays held", async () => {
    await addChange({ display_name: "One", status: "held" });
    await addChange({ display_name: "Two", status: "skipped" });
    await hold();
    const before = (await request("GET", `/api/v1/sync-tasks/${taskId}`)).body;
    const { records } = (await request("GET", `/api/v1/sync-tasks/${taskId}/records`)).body;
    const [held, skipped] = records.map(({ id }: { id: string }) => id);
    const approve = (changes: readonly string[]) =>
      request("POST", `/api/v1/sync-tasks/${taskId}/approve`, { changes });
    const unknown = await approve([held, "nope"]);
    expect([unknown.status, unknown.body.errors]).toEqual([
      400,
      [{ pointer: "/changes/1", detail: '"nope" is no record of this task' }],
    ]);
    const settled = await approve([skipped, held]);
    expect([settled.status, settled.body.errors]).toEqual([
      409,
      [{ pointer: "/changes/0", detail: `"${skipped}" is not held (any more)` }],
    ]);
    expect((await request("GET", `/api/v1/sync-tasks/${taskId}`)).body).toEqual(before);
    expect(before).toMatchObject({ state: "held", approved: false });
  });

  it("does not approve what a newer task is about to replace", async () => {
    await hold();
    await request("POST", "/api/v1/sources/corp/sync-tasks");
    const answer = await request("POST", `/api/v1/sync-tasks/${taskId}/approve`);
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain("Another task");
  });

  it("cancels a task once", async () => {
    const cancelled = await request("POST", `/api/v1/sync-tasks/${taskId}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([200, "cancelled"]);
    const again = await request("POST", `/api/v1/sync-tasks/${taskId}/cancel`);
    expect([again.status, again.body.detail]).toEqual([409, "The task has ended already: it is cancelled."]);
  });
});

describe("records", () => {
  it("shows before, after and the source's value of each attribute", async () => {
    await addChange({ display_name: "Member One" });
    const { body } = await request("GET", `/api/v1/sync-tasks/${taskId}/records`);
    expect(body).toEqual({
      records: [
        {
          id: expect.any(String),
          ...{ at: "2026-03-01T08:00:00.000Z", task: taskId, trigger: "manual", mapping: null, source: null },
          resourceType: "User",
          resourceId: "0198c2a4-0000-7000-8000-000000000000",
          externalId: "member-1",
          displayName: "Member One",
          target: null,
          remoteId: null,
          action: "update",
          status: "planned",
          error: null,
          because: "title differs",
          warnings: [],
          changes: [{ attribute: "title", source: "总监", before: "经理", after: "总监" }],
        },
      ],
      nextCursor: null,
    });
    const members = await request("GET", `/api/v1/sync-tasks/${taskId}/records/${body.records[0].id}/members`);
    expect(members.body).toEqual({ items: [], nextCursor: null });
  });

  it("selects by target (null is the bridge's own directory), text and status, and pages", async () => {
    const { body: target } = await request("POST", "/api/v1/targets", bearerTarget("app"));
    await addChange({ display_name: "Alpha" });
    await addChange({ display_name: "Beta" });
    await addChange({ display_name: "Gamma", target_id: target.id });
    const names = async (query: string) => {
      const { body } = await request("GET", `/api/v1/sync-tasks/${taskId}/records?${query}`);
      return body.records.map((record: { displayName: string }) => record.displayName);
    };
    expect(await names("target=null")).toEqual(["Alpha", "Beta"]);
    expect(await names("target=app")).toEqual(["Gamma"]);
    expect(await names("q=bet")).toEqual(["Beta"]);
    expect(await names("status=failed")).toEqual([]);
    const first = await request("GET", `/api/v1/sync-tasks/${taskId}/records?limit=2`);
    expect(await names(`limit=2&cursor=${first.body.nextCursor}`)).toEqual(["Gamma"]);
  });

  it.each(["target=nobody", "cursor=abc", "limit=1000", "action=rename", "resourceType=user"])(
    "refuses %s by the parameter's name",
    async (query) => {
      const answer = await request("GET", `/api/v1/sync-tasks/${taskId}/records?${query}`);
      expect([answer.status, answer.body.errors[0].parameter]).toEqual([400, query.split("=")[0]]);
    },
  );
});
