import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { EventSubject } from "../../src/source/source.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

// What a plan does about other userids, and what is known of people before anything is written.

async function start(options: Parameters<typeof startEngineFixture>[0] = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture(options);
  expect((await fixture.sync()).state).toBe("succeeded");
  await fixture.verify();
  // The events below wait for the syncs that the tests ask for.
  await fixture.patchSource({ sync: { automatic: false, users: true, intervalHours: 1, identity: { ask: true } } });
  return fixture;
}

const active = ({ corp }: EngineFixture) =>
  corp
    .truth()
    .members.filter(({ status }) => status === 1)
    .map(({ userid }) => userid);

const accountOf = ({ control }: EngineFixture, userid: string) =>
  control.dump().users.find(({ resource }) => resource["externalId"] === userid);

const cases = async ({ store }: EngineFixture) => (await store.listIdentityCases({ limit: 100 })).items;

async function tell({ store, source }: EngineFixture, from: string, to: string): Promise<void> {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  const subjects: readonly EventSubject[] = [
    { kind: "user", key: a, isGone: true },
    { kind: "user", key: b },
  ];
  await store.keepEvent(source.id, "contacts", subjects, { from: a, to: b });
}

/** All by which it is known who is who. */
async function known({ database: { db } }: EngineFixture) {
  const rows = async (query: ReturnType<typeof sql>) => (await query.execute(db)).rows;
  return {
    people: await rows(sql`select id, key, version, fingerprint, departed_at from resource order by id`),
    told: await rows(sql`select * from told_rename order by from_key`),
    cases: await rows(sql`select * from identity_case order by id`),
  };
}

describe.each(["sqlite", "postgres"] as const)("a plan, on %s", (dialect) => {
  it("says that somebody whose new userid was told gets other names, and moves nobody", async () => {
    const fixture = await start(await onDatabase(dialect));
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "planned.one");
    await tell(fixture, userid, "planned.one");
    const before = await known(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    expect(await known(fixture)).toEqual(before);
    expect(plan.counts.users).toMatchObject({ created: 0, updated: 1, deactivated: 0 });
    const [record, ...more] = await fixture.records(plan, { resourceType: "User", target: null });
    expect(more).toEqual([]);
    expect(record).toMatchObject({ action: "update", status: "planned" });
    expect(record?.because).toContain("calls this person planned.one now");
    // It comes out the same when it is made once more, and can be applied.
    const again = await fixture.sync({ mode: "plan" });
    expect((await fixture.store.findPlan(again.id))?.digest).toBe((await fixture.store.findPlan(plan.id))?.digest);
    const { task } = await fixture.store.queueTask({
      ...{ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply", planId: plan.id },
    });
    fixture.engine().nudge();
    expect(await fixture.ended(task)).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, "planned.one")?.id).toBe(account?.id);
    await fixture.verify();
  });

  it("asks nobody, answers nobody's question, and lets none expire", async () => {
    const fixture = await start(await onDatabase(dialect));
    const [userid = "", second = ""] = active(fixture);
    fixture.corp.renameUserid(userid, "planned.one");
    let before = await known(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    expect(await known(fixture)).toEqual(before);
    expect(plan.counts.users).toMatchObject({ created: 0, deactivated: 0 });
    await fixture.sync();
    const [open] = await cases(fixture);
    expect(open).toMatchObject({ state: "open" });
    // Another one comes in the meantime, and he whom it was about is back: it is for a sync to say so.
    fixture.corp.renameUserid(second, "planned.two");
    fixture.corp.renameUserid("planned.one", userid);
    fixture.advance(8 * 86_400_000);
    before = await known(fixture);
    await fixture.sync({ mode: "plan" });
    expect(await known(fixture)).toEqual(before);
  });

  it("carries nothing out that was answered, and says what a sync will", async () => {
    const fixture = await start(await onDatabase(dialect));
    const [userid = ""] = active(fixture);
    const account = accountOf(fixture, userid);
    fixture.corp.renameUserid(userid, "planned.one");
    await fixture.sync();
    const [open] = await cases(fixture);
    await fixture.store.decideIdentityCase(open?.id ?? "", "accepted", "admin");
    const before = await known(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    expect(await known(fixture)).toEqual(before);
    expect(plan.counts.users).toMatchObject({ created: 0, updated: 1, deactivated: 0 });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    expect(accountOf(fixture, "planned.one")?.id).toBe(account?.id);
    await fixture.verify();
  });
});

describe("a plan", () => {
  it("says the same of a key that another one leaves, and moves nobody", async () => {
    const fixture = await start();
    const [first = "", second = ""] = active(fixture);
    const [one, two] = [accountOf(fixture, first), accountOf(fixture, second)];
    fixture.corp.renameUserid(second, "free.one");
    fixture.corp.renameUserid(first, second);
    await tell(fixture, first, second);
    await tell(fixture, second, "free.one");
    const before = await known(fixture);
    const plan = await fixture.sync({ mode: "plan" });
    expect(await known(fixture)).toEqual(before);
    expect(plan.counts.users).toMatchObject({ created: 0, deactivated: 0 });
    // As in the sync that follows: the name is free only once the other one has his own.
    expect(plan.error).toMatchObject({ code: "records.failed" });
    for (let turn = 0; turn < 3; turn += 1) await fixture.sync();
    fixture.advance(86_400_000);
    await fixture.push();
    expect(accountOf(fixture, "free.one")?.id).toBe(two?.id);
    expect(accountOf(fixture, second)?.id).toBe(one?.id);
    await fixture.verify();
  });
});

describe("whoever is led by somebody of whom it is asked", () => {
  it("keeps his manager with the very sync that asks", async () => {
    const fixture = await start();
    const [userid = "", led = ""] = active(fixture);
    fixture.corp.patchMember(led, { direct_leader: [userid] });
    await fixture.sync();
    const before = accountOf(fixture, led)?.resource;
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    expect(before?.[enterprise]).toHaveProperty("manager");
    fixture.corp.renameUserid(userid, "asked.one");
    fixture.control.resetJournal();
    expect((await fixture.sync()).error).toMatchObject({ code: "source.identity-unclear" });
    expect(accountOf(fixture, led)?.resource).toEqual(before);
    expect(fixture.control.requests().counts["PATCH User"]).toBeUndefined();
  });
});
