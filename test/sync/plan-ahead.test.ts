import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlannedRequest, TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, type EngineFixtureOptions, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { groupAt, leavable, membersOf, tagWith, userAt, writeProfile } from "./targets/support.ts";

interface Recorded extends EngineFixture {
  readonly proxy: RecordingProxy;
}

const unguarded: EngineFixtureOptions = {
  source: { safeguards: noSafeguards },
  targetSettings: { safeguards: noSafeguards },
};

/** A target behind a proxy that notes what arrives there. */
async function recorded(options: EngineFixtureOptions = unguarded): Promise<Recorded> {
  const fixture = await startEngineFixture(options);
  const proxy = await startRecordingProxy(fixture.simulator.url);
  await fixture.patchTarget({ baseUrl: proxy.url });
  return { ...fixture, proxy };
}

const requestsOf = async ({ store }: EngineFixture, task: TaskRow): Promise<readonly PlannedRequest[]> =>
  (await store.listPlanRequests(task.id, { limit: 10_000 })).items;

async function planTarget({ store, row, engine, ended }: EngineFixture): Promise<TaskRow> {
  const { task } = await store.queueTask({ sourceId: null, targetId: row.id, trigger: "manual", mode: "plan" });
  engine().nudge();
  return ended(task);
}

async function apply({ store, engine, ended }: EngineFixture, plan: TaskRow): Promise<TaskRow> {
  const { sourceId, targetId } = plan;
  const { task } = await store.queueTask({ sourceId, targetId, trigger: "manual", mode: "apply", planId: plan.id });
  engine().nudge();
  return ended(task);
}

/** Requests as lines, letter by letter, whatever their order. Of a PUT the body is what the target answered just then. */
function lines(requests: readonly { method: string; path: string; body: unknown }[]): readonly string[] {
  return requests
    .map(({ method, path, body }) => `${method} ${path} ${method === "PUT" ? "" : body === null ? "" : body}`)
    .sort();
}

async function planned(fixture: EngineFixture, plan: TaskRow): Promise<readonly string[]> {
  const requests = await requestsOf(fixture, plan);
  return lines(requests.map((one) => ({ ...one, body: one.body === null ? null : JSON.stringify(one.body) })));
}

/** What arrived, with the ids that the target gave meanwhile as a plan calls them. */
async function arrived({ store, row, proxy }: Recorded): Promise<readonly string[]> {
  const ids = proxy.writes.flatMap(({ createdId }) => createdId ?? []);
  const holders = await store.linkedTo(row.id, ids);
  const name = (text: string): string =>
    ids.reduce((all, id) => all.replaceAll(id, `~id-of-${holders.get(id)?.resourceId}~`), text);
  return lines(proxy.writes.map(({ method, path, body }) => ({ method, path: name(path), body: name(body) })));
}

/** Everything that the database holds, but tasks, their records and what was read of the source. */
async function everythingKept({ database }: EngineFixture): Promise<string> {
  const tables = ["resource", "member", "link", "link_member", "target", "remote_match", "removal", "directory_clock"];
  const rows = [];
  for (const table of tables)
    rows.push(
      await database.db
        .selectFrom(table as "member")
        .selectAll()
        .execute(),
    );
  return JSON.stringify(rows);
}

function change(fixture: EngineFixture): void {
  const [one = "", two = "", three = ""] = leavable(fixture);
  fixture.corp.patchMember(one, { position: "队长" });
  fixture.corp.deleteMember(two);
  fixture.corp.moveMember(three, [fixture.corp.createDepartment({ name: "新部门", parentid: 1 })]);
  fixture.corp.createMember({ userid: "joiner", name: "新人", department: [1], direct_leader: [one] });
}

describe("a plan of a source", () => {
  test.each(["sqlite", "postgres"] as const)(
    "says letter by letter what is sent, first contact and later, and touches nothing (%s)",
    async (dialect) => {
      const fixture = await recorded({ ...(await onDatabase(dialect)), ...unguarded });
      for (const isFirst of [true, false]) {
        if (!isFirst) change(fixture);
        const [before, kept] = [fixture.control.dump(), await everythingKept(fixture)];
        fixture.proxy.writes.length = 0;
        const plan = await fixture.sync({ mode: "plan" });
        expect(plan).toMatchObject({ state: "succeeded", error: null, hold: null, plan: { whole: true, hold: null } });
        expect(fixture.proxy.writes).toEqual([]);
        expect(fixture.control.dump()).toEqual(before);
        expect(await everythingKept(fixture)).toBe(kept);

        const requests = await planned(fixture, plan);
        expect(requests.length).toBeGreaterThan(4);
        expect(plan.plan?.requests).toBe(requests.length);
        const applied = await apply(fixture, plan);
        expect(applied).toMatchObject({ state: "succeeded", error: null, planId: plan.id });
        expect(await arrived(fixture)).toEqual(requests);
        expect(applied.targets[0]?.counts).toEqual(plan.targets[0]?.counts);
        const { unchanged: _, ...users } = applied.counts.users;
        expect(plan.counts.users).toMatchObject(users);
        await fixture.verify();
      }
    },
  );

  test("has for each request the record that it belongs to, and says where an id is not known yet", async () => {
    const fixture = await recorded();
    await fixture.sync();
    change(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    const records = new Map((await fixture.records(plan, { target: fixture.row.id })).map((one) => [one.id, one]));
    const requests = await requestsOf(fixture, plan);
    for (const { record, resourceId, method, path, body, exact } of requests) {
      expect(records.get(record ?? "")).toMatchObject({ resourceId, status: "planned" });
      if (method === "POST") expect(records.get(record ?? "")).toMatchObject({ action: "create", remoteId: null });
      expect(exact).toBe(!`${path} ${JSON.stringify(body)}`.includes("~id-of-"));
    }
    expect(requests.some(({ exact }) => exact)).toBe(true);
    const joiner = requests.find(({ method, body }) => method === "POST" && body?.["externalId"] === "joiner");
    const intoGroup = requests.filter(({ method, body }) => {
      return method === "PATCH" && JSON.stringify(body).includes(`~id-of-${joiner?.resourceId}~`);
    });
    expect(intoGroup).toMatchObject([{ resourceType: "Group", exact: false }]);
  });

  test("comes out the same twice, and finds nothing once it is applied", async () => {
    const fixture = await recorded();
    const [first, second] = [await fixture.sync({ mode: "plan" }), await fixture.sync({ mode: "plan" })];
    expect(first.plan?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(second.plan?.digest).toBe(first.plan?.digest);
    // What is the same may be applied, whichever of the two it is called.
    expect(await apply(fixture, first)).toMatchObject({ state: "succeeded" });
    expect((await fixture.sync({ mode: "plan" })).plan).toMatchObject({ changes: 0, requests: 0 });
    expect(await apply(fixture, second)).toMatchObject({ state: "failed", error: { code: "plan.moved" } });
  });

  test("says what the safeguards of the source would hold, and of a target", async () => {
    const fixture = await recorded({ targetSettings: { safeguards: noSafeguards } });
    await fixture.sync();
    for (const userid of leavable(fixture).slice(0, 12)) fixture.corp.deleteMember(userid);
    const plan = await fixture.sync({ mode: "plan" });
    expect(plan).toMatchObject({ state: "succeeded", hold: null, plan: { hold: { removals: { users: 12 } } } });
    expect(await fixture.records(plan, { status: "held", target: null, action: "deactivate" })).toHaveLength(12);
    fixture.proxy.writes.length = 0;
    const requests = await planned(fixture, plan);
    // Applied, it holds just that.
    expect(await apply(fixture, plan)).toMatchObject({ state: "held", hold: { removals: { users: 12 } } });
    expect(await arrived(fixture)).toEqual(requests);

    const other = await recorded({ source: { safeguards: noSafeguards } });
    await other.sync();
    for (const userid of leavable(other).slice(0, 12)) other.corp.deleteMember(userid);
    const atTarget = await other.sync({ mode: "plan" });
    expect(atTarget).toMatchObject({ state: "succeeded", targets: [{ state: "held" }] });
    expect(atTarget.plan?.hold?.reason).toContain("users at this target");
    expect(await other.records(atTarget, { status: "held", target: other.row.id, action: "deactivate" })).toHaveLength(
      12,
    );
  });

  test("of which a target does not answer is not whole", async () => {
    const fixture = await recorded({ ...unguarded, impatient: true });
    fixture.control.setDown(true);
    const plan = await fixture.sync({ mode: "plan" });
    expect(plan).toMatchObject({
      state: "partial",
      targets: [{ state: "failed" }],
      plan: { whole: false, requests: 0 },
    });
    expect(plan.plan?.changes).toBeGreaterThan(0);
  });
});

describe("a plan of a target", () => {
  test("before the first contact says whom it would adopt and make, and a push does that", async () => {
    const fixture = await recorded();
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await fixture.sync();
    const [a = "", b = ""] = fixture.corp.truth().members.map(({ userid }) => userid);
    const theirs = fixture.control.add("User", { userName: "old", externalId: a, active: true });
    fixture.control.add("User", { userName: b, active: true });
    const kept = await everythingKept(fixture);
    const plan = await planTarget(fixture);
    expect(plan).toMatchObject({ state: "succeeded", targets: [{ counts: { users: { adopted: 2 } } }] });
    expect(new Set(fixture.proxy.methods)).toEqual(new Set(["GET"]));
    expect(await everythingKept(fixture)).toBe(kept);
    const [adopted] = await fixture.records(plan, { action: "adopt" });
    const ofAdopted = (await requestsOf(fixture, plan)).filter(({ path }) => path === `/Users/${theirs}`);
    expect(ofAdopted).toMatchObject([{ method: "PATCH", exact: expect.any(Boolean), resourceId: adopted?.resourceId }]);

    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    const second = await planTarget(fixture);
    expect(second.plan?.digest).toBe(plan.plan?.digest);
    expect(await apply(fixture, second)).toMatchObject({ state: "succeeded", error: null });
    expect(await arrived(fixture)).toEqual(await planned(fixture, second));
    expect((await planTarget(fixture)).plan).toMatchObject({ changes: 0, requests: 0 });
  });

  test("is not applied when the target was pushed to since", async () => {
    const fixture = await recorded();
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await fixture.sync();
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    const plan = await planTarget(fixture);
    await fixture.push();
    fixture.proxy.writes.length = 0;
    const refused = await apply(fixture, plan);
    expect(refused).toMatchObject({ state: "failed", error: { code: "plan.moved" } });
    expect(refused.error?.detail).toMatch(/target \S+ was pushed to, linked or read since \(\d+ changes or requests\)/);
    expect(fixture.proxy.writes).toEqual([]);
  });
});

describe("applying a plan", () => {
  test("does nothing when the source says something else by now, and says so with counts", async () => {
    const fixture = await recorded();
    await fixture.sync();
    change(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    const [other = ""] = leavable(fixture).slice(-1);
    fixture.corp.patchMember(other, { position: "changed since" });
    const kept = await everythingKept(fixture);
    fixture.proxy.writes.length = 0;
    const refused = await apply(fixture, plan);
    expect(refused).toMatchObject({ state: "failed", error: { code: "plan.moved" } });
    expect(refused.error?.detail).toContain(
      "the source says something else than it did; 1 change of the directory differs",
    );
    expect(fixture.proxy.writes).toEqual([]);
    expect(await everythingKept(fixture)).toBe(kept);
    expect(await fixture.records(refused, { status: "planned" })).toEqual([]);
    // Nothing of it is in the way of the next sync.
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    await fixture.verify();
  });

  test("goes on after a restart in the middle", async () => {
    const fixture = await recorded();
    await fixture.sync();
    change(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    fixture.control.fault({ match: { method: "PATCH", type: "Group" }, effect: { kind: "hang" } });
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply", planId: plan.id },
    });
    fixture.engine().nudge();
    while (!fixture.proxy.writes.some(({ method }) => method === "POST")) await new Promise((r) => setTimeout(r, 5));
    await fixture.stop();
    fixture.control.clearFault();
    fixture.start();
    expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", error: null });
    await fixture.verify();
  });

  test("is refused when some of what was kept of it is gone", async () => {
    const fixture = await recorded();
    const plan = await fixture.sync({ mode: "plan" });
    await fixture.database.db.deleteFrom("plan_request").where("method", "=", "PATCH").execute();
    expect(await apply(fixture, plan)).toMatchObject({ state: "failed", error: { code: "plan.gone" } });
    expect(fixture.proxy.writes).toEqual([]);
  });
});

describe("whatever a product wants", () => {
  test.each(["put-only", "replace-members"] as const)(
    "a plan asks for just the requests that are sent: %s",
    async (kind) => {
      const fixture = await recorded(kind === "put-only" ? { ...unguarded, target: { like: "put-only" } } : unguarded);
      if (kind === "replace-members") {
        writeProfile(fixture, "own", { memberRemoval: "replaceAll", membersPerRequest: 3 });
        await fixture.patchTarget({ profile: "own" });
      }
      for (const isFirst of [true, false]) {
        if (!isFirst) change(fixture);
        fixture.proxy.writes.length = 0;
        const plan = await fixture.sync({ mode: "plan" });
        const requests = await planned(fixture, plan);
        expect(await apply(fixture, plan)).toMatchObject({ state: "succeeded", error: null });
        expect(await arrived(fixture)).toEqual(requests);
      }
      await fixture.verify();
    },
  );

  test("of what is sent whole it keeps what the bridge says, and only names of what others wrote there", async () => {
    const fixture = await startEngineFixture({ ...unguarded, target: { like: "put-only" } });
    const [one = "", two = "", three = ""] = leavable(fixture);
    const tag = tagWith(fixture, "班", [one, two]);
    await fixture.sync();
    const { control, corp, database } = fixture;
    const id = userAt(fixture, one)?.id ?? "";
    control.modify(id, { roles: [{ value: "their-role" }], nickName: "their-nick" });
    const stranger = control.add("User", { userName: "stranger" });
    control.addMember(groupAt(fixture, "班")?.id ?? "", stranger);
    corp.patchMember(one, { position: "班长" });
    corp.changeTagMembers(tag, { addUsers: [three], removeUsers: [two] });
    const plan = await fixture.sync({ mode: "plan" });
    const requests = await requestsOf(fixture, plan);
    const ofUser = requests.filter(({ path }) => path === `/Users/${id}`);
    expect(ofUser).toMatchObject([{ method: "PUT", body: { id, title: "班长" }, exact: false }]);
    expect(Object.keys(ofUser[0]?.body ?? {}).sort()).toEqual(["id", "schemas", "title"]);
    expect(ofUser[0]?.kept).toEqual(expect.arrayContaining(["roles", "nickName", "userName"]));
    expect(ofUser[0]?.kept).not.toContain("title");
    const ofGroup = requests.filter(({ path }) => path.startsWith("/Groups/"));
    expect(ofGroup.map(({ body }) => (body?.["members"] as unknown[] | undefined)?.length)).toEqual([1, undefined]);
    for (const { kept } of ofGroup) expect(kept).toContain("members");
    const kept = JSON.stringify([
      await database.db.selectFrom("plan_request").selectAll().execute(),
      await database.db.selectFrom("change").selectAll().execute(),
    ]);
    for (const theirs of ["their-role", "their-nick", stranger]) expect(kept).not.toContain(theirs);

    // It is compared to the letter all the same.
    control.modify(id, { nickName: "another" });
    expect(await apply(fixture, plan)).toMatchObject({ state: "failed", error: { code: "plan.moved" } });
    const again = await fixture.sync({ mode: "plan" });
    expect(await apply(fixture, again)).toMatchObject({ state: "succeeded" });
    expect(userAt(fixture, one)?.resource).toMatchObject({ title: "班长", nickName: "another" });
    expect(membersOf(fixture, "班")).toEqual([one, three, "stranger"].sort());
  });

  test("and whatever happened in the directory", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 25 }), async (seed, count) => {
        const fixture = await recorded({
          ...unguarded,
          corp: { shape: { members: 25, departments: 6, seed: seed % 50, quirks: true } },
        });
        expect((await fixture.sync()).state).not.toBe("failed");
        fixture.corp.randomChanges(count, seed);
        fixture.proxy.writes.length = 0;
        const plan = await fixture.sync({ mode: "plan" });
        const requests = await planned(fixture, plan);
        expect((await apply(fixture, plan)).error?.code).not.toBe("plan.moved");
        expect(await arrived(fixture)).toEqual(requests);
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});
