import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { MappingProgram } from "../../src/mapping/program.ts";
import { mappingInForce } from "../../src/schemas/in-force.ts";
import { openRegistry } from "../../src/schemas/registry.ts";
import { previewOfSource } from "../../src/sync/preview.ts";
import { type EngineFixture, type EngineFixtureOptions, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

const dayMs = 86_400_000;

/** A corp whose app is shown no sensitive fields, read once. */
async function start(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 60, departments: 12, seed: 1, quirks: false }, settings: { privacy: "new" } },
    source: { safeguards: noSafeguards },
    ...options,
  });
  expect((await fixture.sync()).state).toBe("succeeded");
  return fixture;
}

/** Waits until all that is marked was looked at, and pushed. */
async function settled({ store, engine }: EngineFixture): Promise<void> {
  engine().nudge();
  await expect
    .poll(async () => (await store.openTasks()).length + (await store.markedSources()).length, { timeout: 20_000 })
    .toBe(0);
}

const someone = ({ corp }: EngineFixture, index = 5) => corp.truth().members[index]?.userid ?? "";

async function agree(fixture: EngineFixture, userid: string, values: JsonObject): Promise<void> {
  await fixture.store.saveConsent(fixture.source.id, { key: userid.toLowerCase(), userid }, values);
  await settled(fixture);
}

async function withdraw(fixture: EngineFixture, userid: string): Promise<void> {
  expect(await fixture.store.withdrawConsent(fixture.source.id, userid.toLowerCase())).not.toBeNull();
  await settled(fixture);
}

function atTarget({ control }: EngineFixture, userid: string): JsonObject {
  const found = control.dump().users.find(({ resource }) => resource["externalId"] === userid);
  if (found === undefined) throw new Error(`${userid} is not at the target`);
  return found.resource as JsonObject;
}

const mail = (resource: JsonObject) => (resource["emails"] as readonly { value: string }[] | undefined)?.[0]?.value;
const phone = (resource: JsonObject) =>
  (resource["phoneNumbers"] as readonly { value: string; type: string }[] | undefined)?.find(
    ({ type }) => type === "mobile",
  )?.value;

const given = { mobile: "+86 13800000001", email: "given@example.com" };

describe.each(["sqlite", "postgres"] as const)("what somebody gives by consent, on %s", (dialect) => {
  it("is at the target at once, and gone from it at once when it is withdrawn", async () => {
    const fixture = await start(await onDatabase(dialect));
    const userid = someone(fixture);
    expect(mail(atTarget(fixture, userid))).toBeUndefined();
    fixture.corp.resetRequests();
    await agree(fixture, userid, given);
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([given.email, given.mobile]);
    expect(fixture.corp.requests()).toEqual({ gettoken: 1, "user/get": 1 });
    // Reads of everybody leave it.
    await fixture.sync();
    expect(mail(atTarget(fixture, userid))).toBe(given.email);

    await withdraw(fixture, userid);
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([undefined, undefined]);
    const rows = await fixture.database.db.selectFrom("source_consent").selectAll().execute();
    expect(rows).toMatchObject([{ sealed: null, given: "", withdrawn: "email,mobile" }]);
    await fixture.sync();
    expect(mail(atTarget(fixture, userid))).toBeUndefined();
    // Once more, with another number.
    await agree(fixture, userid, { mobile: "+86 13900000002" });
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([undefined, "+86 13900000002"]);
  });

  it("is kept encrypted, and stands in no record of what was read", async () => {
    const fixture = await start(await onDatabase(dialect));
    await agree(fixture, someone(fixture), given);
    const { db } = fixture.database;
    const kept = JSON.stringify([
      await db.selectFrom("source_consent").selectAll().execute(),
      await db.selectFrom("source_record").selectAll().execute(),
      await db.selectFrom("source_mark").selectAll().execute(),
    ]);
    for (const value of Object.values(given)) expect(kept).not.toContain(value);
    expect(fixture.logLines.join("\n")).not.toContain("given@example.com");
  });
});

describe("what somebody gives by consent", () => {
  it("concerns him alone: what is unknown of others stays, and his own other fields too", async () => {
    const fixture = await start({ corp: { shape: { members: 60, departments: 12, seed: 1, quirks: false } } });
    const all = fixture.corp.truth().members.filter(({ mobile, email, status }) => mobile && email && status === 1);
    const [one, other] = all;
    const [userid, another] = [one?.userid ?? "", other?.userid ?? ""];
    const before = atTarget(fixture, another);
    expect(phone(before)).toBe(other?.mobile);
    // The app is replaced by one that is shown none of it.
    fixture.corp.setSettings({ privacy: "new" });
    await fixture.sync();
    await agree(fixture, userid, { email: given.email });
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([given.email, one?.mobile]);
    await withdraw(fixture, userid);
    await fixture.sync();
    // The address was given; the number never was.
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([undefined, one?.mobile]);
    expect(atTarget(fixture, another)).toMatchObject({ phoneNumbers: before["phoneNumbers"] ?? [] });
  });

  it("goes by field: what is not given any more at a later visit is taken away", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    await agree(fixture, userid, { ...given, gender: "2" });
    await agree(fixture, userid, { mobile: given.mobile });
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([undefined, given.mobile]);
    expect(await fixture.store.findConsent(fixture.source.id, userid.toLowerCase())).toMatchObject({
      state: "agreed",
      fields: ["mobile"],
    });
    await agree(fixture, userid, {});
    expect(phone(atTarget(fixture, userid))).toBeUndefined();
  });

  it("is brought up to date by a look, and not given anew by one", async () => {
    const fixture = await start();
    const { store, source } = fixture;
    const userid = someone(fixture);
    const who = { key: userid.toLowerCase(), userid };
    expect(await store.saveConsent(source.id, who, given, { anew: false })).toBeNull();
    expect(await store.findConsent(source.id, who.key)).toBeNull();
    await agree(fixture, userid, given);
    await store.saveConsent(source.id, who, { ...given, email: "later@example.com" }, { anew: false });
    await settled(fixture);
    expect(mail(atTarget(fixture, userid))).toBe("later@example.com");
    // He withdraws in one window while another is on its way back.
    await withdraw(fixture, userid);
    expect(await store.saveConsent(source.id, who, given, { anew: false })).toBeNull();
    expect(await store.findConsent(source.id, who.key)).toMatchObject({ state: "withdrawn" });
  });

  it("is no news where it is the same as before", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    await agree(fixture, userid, given);
    const tasks = (await fixture.store.listTasks({ limit: 100 })).items.length;
    await agree(fixture, userid, { ...given });
    expect((await fixture.store.listTasks({ limit: 100 })).items).toHaveLength(tasks);
  });

  it("overwrites an account's own value, and takes away what it has put there; what nobody gave is left alone", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 20, departments: 4, seed: 1, quirks: false }, settings: { privacy: "new" } },
      source: { safeguards: noSafeguards },
    });
    const userid = someone(fixture, 2);
    const own = {
      emails: [{ value: "own@example.com", type: "work", primary: true }],
      phoneNumbers: [{ value: "+86 1111", type: "mobile", primary: true }],
    };
    fixture.control.add("User", { userName: userid, externalId: userid, active: true, ...own });
    await fixture.sync();
    expect(mail(atTarget(fixture, userid))).toBe("own@example.com");
    await agree(fixture, userid, { email: given.email });
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([given.email, "+86 1111"]);
    await withdraw(fixture, userid);
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([undefined, "+86 1111"]);
  });

  it("is withdrawn also while the engine stands still, and while the source is away", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    await agree(fixture, userid, given);
    await fixture.stop();
    await fixture.store.withdrawConsent(fixture.source.id, userid.toLowerCase());
    fixture.corp.addFault({ endpoint: "user/get", times: 1, answer: { kind: "errcode", errcode: 45009 } });
    fixture.start();
    await expect.poll(() => mail(atTarget(fixture, userid)), { timeout: 20_000 }).toBeUndefined();
  });

  it("makes nobody else's fields seen where reads show what was agreed to, and is not used once it is withdrawn", async () => {
    const fixture = await start({ corp: { shape: { members: 60, departments: 12, seed: 1, quirks: false } } });
    const people = fixture.corp.truth().members.filter(({ mobile, email, status }) => mobile && email && status === 1);
    const [one, other] = people;
    const [userid, another] = [one?.userid ?? "", other?.userid ?? ""];
    fixture.corp.setSettings({ privacy: "new", afterConsent: "read" });
    fixture.corp.setConsent(userid, true);
    await agree(fixture, userid, { email: given.email });
    await fixture.sync();
    // What a read shows of him is the latest that is known.
    expect([mail(atTarget(fixture, userid)), phone(atTarget(fixture, userid))]).toEqual([one?.email, one?.mobile]);
    expect(phone(atTarget(fixture, another))).toBe(other?.mobile);
    await withdraw(fixture, userid);
    await fixture.sync();
    expect(mail(atTarget(fixture, userid))).toBeUndefined();
    expect([mail(atTarget(fixture, another)), phone(atTarget(fixture, another))]).toEqual([
      other?.email,
      other?.mobile,
    ]);
  });

  it("is taken away also where the mapping keeps what is absent", async () => {
    const fixture = await start();
    fixture.edit((mapping) => {
      mapping.user['phoneNumbers[type eq "mobile"].value'] = { from: "mobile", absent: "keep" };
      mapping.user["nickName"] = { template: "{name}/{mobile}" };
    });
    await fixture.sync();
    const userid = someone(fixture);
    await agree(fixture, userid, given);
    expect(atTarget(fixture, userid)["nickName"]).toContain(given.mobile);
    await withdraw(fixture, userid);
    expect(phone(atTarget(fixture, userid))).toBeUndefined();
    expect(JSON.stringify(atTarget(fixture, userid))).not.toContain("13800000001");
  });

  it("is told of in the record, and in the preview of the mapping", async () => {
    const fixture = await start();
    const userid = someone(fixture);
    await agree(fixture, userid, given);
    const recordOf = async () => {
      const [task] = (await fixture.store.listTasks({ source: fixture.source.id, limit: 1 })).items;
      const records = await fixture.records(task as NonNullable<typeof task>, { target: null });
      return records[0]?.because;
    };
    expect(await recordOf()).toMatch(/; by consent: emails, phoneNumbers$/);
    const registry = await openRegistry({
      ...{ directory: fixture.schemasDir, store: fixture.store, watch: false },
      log: { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} } as never,
    });
    const preview = () =>
      previewOfSource(
        {
          store: fixture.store,
          mappingOf: async (name) => mappingInForce(registry.inForce(), name).mapping as MappingProgram,
        },
        { mapping: "wecom", text: null, extensions: {}, source: fixture.source.id, kind: "user", record: userid },
      );
    const shown = await preview();
    const sourcesOf = (attribute: string) =>
      shown?.attributes.find((each) => each.attribute === attribute)?.sources ?? [];
    expect(sourcesOf('emails[type eq "work"].value')).toContainEqual({
      path: "email",
      value: given.email,
      by: "consent",
    });
    const warned = shown?.warnings.map(({ detail }) => detail).join("\n");
    expect(warned).toContain("never shown avatar");
    expect(warned).toContain("unless people give it by consent");
    expect(warned).not.toContain("mobile");
    await withdraw(fixture, userid);
    expect(await recordOf()).toMatch(/; consent withdrawn: emails, phoneNumbers$/);
    const after = await preview();
    const why = after?.attributes.find((each) => each.attribute === 'phoneNumbers[type eq "mobile"].value')?.why;
    expect(why).toContain("withdrawn");
    expect(after?.resource["emails"]).toBeUndefined();
    await registry.close();
  });

  it("is forgotten with the leaver, and with the source", async () => {
    const fixture = await start();
    const { store, source, corp } = fixture;
    const [leaver, stayer, withdrawn] = [someone(fixture, 5), someone(fixture, 6), someone(fixture, 7)];
    for (const userid of [leaver, stayer, withdrawn]) await agree(fixture, userid, given);
    await withdraw(fixture, withdrawn);
    corp.deleteMember(leaver);
    await fixture.sync();
    expect(await store.deleteOldConsents(fixture.now() - 1000 * dayMs)).toBe(0);
    fixture.advance(91 * dayMs);
    await fixture.sync();
    await expect
      .poll(async () => (await store.listConsents(source.id, { limit: 10 })).items.map(({ userid }) => userid).sort())
      .toEqual([stayer, withdrawn].sort());
    expect(await store.eraseConsents(source.id)).toBe(1);
    await settled(fixture);
    expect(mail(atTarget(fixture, stayer))).toBeUndefined();
    await store.deleteSource(source.id);
    expect(await fixture.database.db.selectFrom("source_consent").selectAll().execute()).toEqual([]);
  });
});
