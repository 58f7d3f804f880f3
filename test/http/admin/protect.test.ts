import { describe, expect, it } from "vitest";
import { makeLog } from "../../../src/lib/log.ts";
import { openRegistry } from "../../../src/schemas/registry.ts";
import { endSource } from "../../../src/sync/end-source.ts";
import { previewEnd } from "../../../src/sync/preview-end.ts";
import { type AdminFixture, bearerTarget, makeAdminFixture, wecomSource } from "../../support/admin.ts";
import { defaultSafeguards, type EngineFixture, startEngineFixture } from "../../support/engine.ts";

interface Bridge extends EngineFixture {
  readonly request: AdminFixture["request"];
}

/** The management API over the engine's own store. */
async function startBridge(): Promise<Bridge> {
  const engine = await startEngineFixture();
  const { store } = engine;
  const { request } = await makeAdminFixture({
    store,
    nudge: () => engine.engine().nudge(),
    removeSource: (id, people) => endSource(store, id, people, "delete", engine.now()),
    disableSource: (id, people) => endSource(store, id, people, "disable", engine.now()),
  });
  await engine.sync();
  return { ...engine, request };
}

const peopleOf = ({ corp }: EngineFixture) =>
  corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);
const active = ({ control }: EngineFixture) =>
  control.dump().users.filter(({ resource }) => resource["active"] === true).length;

describe("filters of protected accounts", () => {
  it("are stored, and refused with the place where they go wrong", async () => {
    const { request } = await makeAdminFixture();
    const refused = async (path: string, form: object, key = "protected") => {
      const { status, body } = await request("POST", path, form);
      return [
        status,
        body.errors?.map((item: { pointer: string; column?: number }) => [item.pointer, item.column]),
        key,
      ];
    };
    const safeguards = (filter: string) => ({ safeguards: { protected: filter } });
    const expected = (column: number) => [400, [["/safeguards/protected", column]], "protected"];
    expect(await refused("/api/v1/targets", bearerTarget("app", safeguards("userName eq")))).toEqual(expected(12));
    expect(await refused("/api/v1/sources", wecomSource("corp", safeguards('userName eq "a" or x')))).toEqual(
      expected(21),
    );
    expect(
      await refused("/api/v1/targets", bearerTarget("app", safeguards('active eq true and nothing eq "x"'))),
    ).toEqual(expected(20));
    expect(await refused("/api/v1/targets", bearerTarget("app", safeguards('groups.value eq "x"')))).toEqual(
      expected(1),
    );
    const made = await request("POST", "/api/v1/targets", bearerTarget("app", safeguards('userName eq "admin"')));
    expect([made.status, made.body.safeguards.protected]).toEqual([201, 'userName eq "admin"']);
    const cleared = await request("PATCH", "/api/v1/targets/app", { safeguards: { protected: null } });
    expect([cleared.status, cleared.body.safeguards.protected]).toEqual([200, undefined]);
  });
});

describe("the end of a source", () => {
  it("is shown before, and is not ordered without what was shown", async () => {
    const bridge = await startBridge();
    const { request, source, row } = bridge;
    const [boss = "", paused = "", leaver = ""] = peopleOf(bridge);
    await bridge.patchTarget({ safeguards: { ...defaultSafeguards, protected: `userName eq "${boss}"` } });
    const pause = await request("POST", `/api/v1/resources/${paused}/pause`, { target: row.name, reason: "away" });
    expect([pause.status, pause.body.target]).toEqual([200, row.id]);
    const count = active(bridge);
    const groups = bridge.control.counts().groups;

    const path = `/api/v1/sources/${source.id}`;
    const keep = await request("GET", `${path}/end?people=keep`);
    expect([keep.status, keep.body.confirm]).toEqual([200, null]);
    const preview = await request("GET", `${path}/end?people=deactivate`);
    expect(preview.body.targets).toMatchObject([
      { target: row.id, status: "enabled", users: { deactivated: count - 2, deleted: 0, protected: 1, paused: 1 } },
    ]);
    expect(preview.body.targets[0].groups.deleted + preview.body.targets[0].groups.protected).toBe(groups);
    expect(preview.body.targets[0].groups.protected).toBeGreaterThan(0);
    expect(preview.body.directory.users.deactivated).toBe(60);
    expect(preview.body.examples).toHaveLength(20);
    const unsaid = await request("DELETE", `${path}?people=deactivate`);
    expect([unsaid.status, unsaid.body.type]).toEqual([409, "urn:wecom-scim-bridge:problem:conflict"]);
    expect(unsaid.body.preview).toEqual(preview.body);
    // What was shown for another end, or before somebody left, is no word for this one.
    const other = await request("DELETE", `${path}?people=delete&confirm=${preview.body.confirm}`);
    expect(other.status).toBe(409);
    bridge.corp.deleteMember(leaver);
    await bridge.sync();
    const moved = await request("DELETE", `${path}?people=deactivate&confirm=${preview.body.confirm}`);
    expect([moved.status, moved.body.preview.confirm === preview.body.confirm]).toEqual([409, false]);
    expect(active(bridge)).toBe(count - 1);

    const { confirm, targets } = moved.body.preview;
    // He is not paused any more, or the source would wait for him.
    expect((await request("POST", `/api/v1/resources/${paused}/resume`, { target: row.id })).status).toBe(200);
    const again = await request("GET", `${path}/end?people=deactivate`);
    expect(again.body.targets[0].users.deactivated).toBe(targets[0].users.deactivated + 1);
    expect(again.body.confirm).not.toBe(confirm);
    expect((await request("DELETE", `${path}?people=deactivate&confirm=${again.body.confirm}`)).status).toBe(204);
    await expect.poll(() => bridge.store.findSource(source.id), { timeout: 20_000, interval: 10 }).toBeNull();
    expect(active(bridge)).toBe(1);
    expect(bridge.control.dump().groups).toHaveLength(again.body.targets[0].groups.protected);

    // Its tasks and records outlive it, under its name and its id.
    for (const name of ["corp", source.id]) {
      const tasks = await request("GET", `/api/v1/sync-tasks?source=${name}`);
      expect(tasks.body.items.length).toBeGreaterThan(1);
      expect(tasks.body.items[0]).toMatchObject({ source: source.id, endedSource: "corp" });
      const records = await request("GET", `/api/v1/records?source=${name}&externalId=${leaver}&action=deactivate`);
      expect(records.body.records.length).toBeGreaterThan(0);
    }
    // What it took out of groups counts for the safeguards until their window is over.
    await bridge.store.pruneRecords(bridge.now() + 1);
    expect(await bridge.store.findEnded("corp")).not.toBeNull();
    bridge.advance(25 * 3_600_000);
    await bridge.store.pruneRecords(bridge.now() + 1);
    expect(await bridge.store.findEnded("corp")).toBeNull();
  });

  it("is asked for when it is disabled with its people, and is not where nobody is lost", async () => {
    const bridge = await startBridge();
    const path = `/api/v1/sources/${bridge.source.id}`;
    const unsaid = await bridge.request("PATCH", path, { status: "disabled", people: "deactivate" });
    expect([unsaid.status, unsaid.body.preview.afterwards]).toEqual([409, "disable"]);
    expect((await bridge.store.findSource(bridge.source.id))?.status).toBe("enabled");
    const { confirm } = unsaid.body.preview;
    const shown = await bridge.request("GET", `${path}/end?people=deactivate&afterwards=disable`);
    expect(shown.body.confirm).toBe(confirm);
    expect((await bridge.request("PATCH", path, { status: "disabled", people: "deactivate", confirm })).status).toBe(
      200,
    );
    await expect.poll(() => active(bridge), { timeout: 20_000, interval: 10 }).toBe(0);
    await expect.poll(async () => (await bridge.store.openTasks()).length, { timeout: 20_000, interval: 10 }).toBe(0);
    expect((await bridge.request("DELETE", `${path}?people=deactivate`)).status).toBe(204);
    const { request } = await makeAdminFixture();
    await request("POST", "/api/v1/sources", wecomSource("empty"));
    expect((await request("DELETE", "/api/v1/sources/empty?people=delete")).status).toBe(204);
  });

  it("is another one when it concerns others, be they as many", async () => {
    const bridge = await startBridge();
    const path = `/api/v1/sources/${bridge.source.id}/end?people=deactivate`;
    const { confirm, examples: _, ...numbers } = (await bridge.request("GET", path)).body;
    const [{ resource_id: gone = "" } = {}, ...rest] = await bridge.database.db
      .selectFrom("link")
      .innerJoin("resource", "resource.id", "link.resource_id")
      .where("resource.type", "=", "User")
      .where("link.active", "=", 1)
      .select("link.resource_id")
      .execute();
    expect(rest.length).toBeGreaterThan(20);
    const asMany = async (): Promise<unknown> => {
      const { confirm: again, examples, ...others } = (await bridge.request("GET", path)).body;
      expect(others).toEqual(numbers);
      return again;
    };
    expect(await asMany()).toBe(confirm);
    // Somebody else in his place, and nothing else: an id is the only thing that is not the same.
    const { database } = bridge;
    await database.db.updateTable("link").set({ resource_id: "other" }).where("resource_id", "=", gone).execute();
    for (const column of ["member_id", "group_id"] as const)
      for (const table of ["member", "link_member"] as const)
        await database.db
          .updateTable(table)
          .set({ [column]: "other" })
          .where(column, "=", gone)
          .execute();
    await database.db.updateTable("resource").set({ id: "other" }).where("id", "=", gone).execute();
    expect(await asMany()).not.toBe(confirm);
  });

  it("is looked for by the engine, which gives way between pages and ends when nobody waits any more", async () => {
    const bridge = await startBridge();
    const asked: unknown[] = [];
    const { request } = await makeAdminFixture({
      store: bridge.store,
      previewEnd: async (question) => {
        asked.push(question);
        return null;
      },
    });
    const path = `/api/v1/sources/${bridge.source.id}`;
    expect((await request("GET", `${path}/end?people=delete`)).status).toBe(404);
    expect((await request("DELETE", `${path}?people=delete`)).status).toBe(404);
    const question = { source: bridge.source.id, people: "delete", afterwards: "delete" } as const;
    expect(asked).toEqual([question, question]);
    const waits = new AbortController();
    const { store, schemasDir } = bridge;
    const registry = await openRegistry({ directory: schemasDir, store, log: makeLog("error"), watch: false });
    const parts = { store, catalog: registry.inForce().catalog, removesInactive: () => false, signal: waits.signal };
    setImmediate(() => waits.abort(new Error("nobody waits")));
    await expect(previewEnd(parts, question)).rejects.toThrow("nobody waits");
    await registry.close();
  });

  it("says what is wrong with what it is asked", async () => {
    const { request } = await makeAdminFixture();
    await request("POST", "/api/v1/sources", wecomSource("corp"));
    expect((await request("GET", "/api/v1/sources/corp/end")).body.errors[0].parameter).toBe("people");
    expect((await request("GET", "/api/v1/sources/nobody/end?people=keep")).status).toBe(404);
  });
});

describe("pausing", () => {
  it("a target: pushes are refused with the reason, resuming pushes what waited", async () => {
    const bridge = await startBridge();
    const { request, row } = bridge;
    const [someone = ""] = peopleOf(bridge);
    const path = `/api/v1/targets/${row.id}`;
    const paused = await request("POST", `${path}/pause`, { reason: "maintenance" });
    expect(paused.body.paused).toMatchObject({ reason: "maintenance", by: "admin" });
    expect((await request("GET", path)).body.paused).toEqual(paused.body.paused);
    // Once more without a word: why and since when stays, also where the body is empty and has a type.
    expect((await request("POST", `${path}/pause`, "")).body.paused).toEqual(paused.body.paused);
    for (const [call, body] of [
      ["push", {}],
      ["verify", { repair: true }],
      ["verify", { forget: true }],
    ] as const) {
      const refused = await request("POST", `${path}/${call}`, body);
      expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("maintenance")]);
    }
    expect((await request("POST", `/api/v1/resources/${someone}/provision`, { target: row.id })).status).toBe(409);
    bridge.corp.patchMember(someone, { position: "新职务" });
    await bridge.sync();
    expect((await request("POST", `${path}/resume`)).body.paused).toBeNull();
    await expect.poll(() => bridge.differences(), { timeout: 20_000, interval: 20 }).toEqual([]);
    expect((await request("POST", `${path}/resume`)).status).toBe(409);
    expect((await request("POST", `${path}/pause`, { why: "x" })).body.errors[0].pointer).toBe("/why");
  });

  it("a person: by id, userName or externalId; groups and unknown targets are refused", async () => {
    const bridge = await startBridge();
    const { request } = bridge;
    const [someone = ""] = peopleOf(bridge);
    const path = `/api/v1/resources/${someone}`;
    const made = await request("POST", `${path}/pause`, { reason: "under investigation" });
    expect(made.body).toMatchObject({ target: null, reason: "under investigation", by: "admin" });
    bridge.advance(1000);
    expect((await request("POST", `${path}/pause`)).body).toEqual(made.body);
    expect((await request("GET", `${path}/pauses`)).body.items).toEqual([made.body]);
    const other = (await request("POST", `${path}/pause`, { reason: "on leave" })).body;
    expect([other.reason, other.since > made.body.since]).toEqual(["on leave", true]);
    await request("POST", `${path}/pause`, { reason: "under investigation" });
    const links = await request("GET", `/api/v1/targets/${bridge.row.id}/links?state=paused`);
    expect(links.body.items).toMatchObject([{ externalId: someone, state: "paused", reason: "under investigation" }]);
    expect((await request("GET", `/api/v1/targets/${bridge.row.id}`)).body.links.paused).toBe(1);
    const refused = await request("POST", `${path}/provision`, {});
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("under investigation")]);
    expect((await request("POST", `${path}/resume`, { target: bridge.row.id })).status).toBe(409);
    expect((await request("POST", `${path}/resume`)).body.items).toEqual([]);
    expect((await request("POST", "/api/v1/resources/department:1/pause")).status).toBe(409);
    expect((await request("POST", "/api/v1/resources/nobody-at-all/pause")).status).toBe(404);
    const unknown = await request("POST", `${path}/pause`, { target: "nowhere" });
    expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([400, "/target"]);
  });

  it("one person is pushed by himself, with a task that says so", async () => {
    const bridge = await startBridge();
    const { request, row } = bridge;
    const [someone = ""] = peopleOf(bridge);
    const { status, body, headers } = await request("POST", `/api/v1/resources/${someone}/provision`, {});
    expect([status, body.source, body.target]).toEqual([202, null, null]);
    expect(headers.get("location")).toContain(`/api/v1/sync-tasks/${body.id}`);
    const read = async () => (await request("GET", `/api/v1/sync-tasks/${body.id}`)).body;
    await expect.poll(async () => (await read()).state, { timeout: 20_000, interval: 10 }).toBe("succeeded");
    expect(await read()).toMatchObject({ resource: body.resource, targets: [{ target: row.id, state: "succeeded" }] });
  });
});
