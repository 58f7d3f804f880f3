import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";

const wecomSchema = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** The extension schema as the target has it, with these attributes besides the ones that it came with. */
const schemaWith = (...names: readonly string[]): JsonObject => ({
  id: wecomSchema,
  attributes: [
    { name: "gender", type: "string" },
    { name: "status", type: "integer" },
    { name: "mainDepartment", type: "string" },
    ...names.map((name) => ({ name, type: "string" })),
  ],
});

/** An administrator adds the attribute to the extension file, and a rule for it: the alias, which some people have. */
function addBadge({ schemasDir }: EngineFixture): void {
  edit(join(schemasDir, "extensions", "wecom.json"), (schema) => ({
    ...schema,
    attributes: [...(schema["attributes"] as JsonObject[]), { name: "badge", type: "string", description: "Badge" }],
  }));
  edit(join(schemasDir, "mappings", "wecom.json"), (mapping) => ({
    ...mapping,
    user: { ...(mapping["user"] as JsonObject), [`${wecomSchema}:badge`]: { from: "alias" } },
  }));
}

function edit(file: string, change: (json: JsonObject) => JsonObject): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as JsonObject)));
}

/** Badges at the target by externalId, of those who have one. */
function badges({ control }: EngineFixture): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    control.dump().users.flatMap(({ resource }) => {
      const badge = (resource[wecomSchema] as JsonObject | undefined)?.["badge"];
      return badge === undefined ? [] : [[String(resource["externalId"]), badge]];
    }),
  );
}

/** The badges that there should be. */
function aliases({ corp }: EngineFixture): Readonly<Record<string, string>> {
  return Object.fromEntries(corp.truth().members.flatMap(({ userid, alias }) => (alias ? [[userid, alias]] : [])));
}

/** Requests that changed something, by kind, since the journal was reset. */
function sent({ control }: EngineFixture): Readonly<Record<string, number>> {
  const { counts } = control.requests();
  return Object.fromEntries(Object.entries(counts).filter(([what]) => !what.startsWith("GET")));
}

/** A push that an administrator asks for, and what it changed. */
async function pushed(fixture: EngineFixture): Promise<Readonly<Record<string, number>>> {
  fixture.control.resetJournal();
  expect(await fixture.push()).toMatchObject({ state: "succeeded", error: null });
  return sent(fixture);
}

/** Everything is there, and the target knows nothing of the badge. */
async function startWithBadge(): Promise<EngineFixture> {
  const fixture = await startEngineFixture();
  await fixture.sync();
  addBadge(fixture);
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  return fixture;
}

test("an attribute that the target does not know stays here; once it knows it, a push brings it to each who has a value", async () => {
  const fixture = await startWithBadge();
  const wanted = aliases(fixture);
  const people = fixture.corp.truth().members.length;
  expect(Object.keys(wanted).length).toBeGreaterThan(0);
  expect(Object.keys(wanted).length).toBeLessThan(people);
  // Our own directory has it, and the target was sent nothing for that.
  const own = await fixture.store.queryResources({
    ...{ type: "User", sources: "all", filter: null, startIndex: 1, count: 100 },
  });
  expect(own.rows.filter(({ document }) => document.includes('"badge"'))).toHaveLength(Object.keys(wanted).length);
  expect([sent(fixture), badges(fixture)]).toEqual([{}, {}]);
  expect(await pushed(fixture)).toEqual({});
  expect([fixture.differences(), fixture.control.violations()]).toEqual([[], []]);

  fixture.control.defineExtension(schemaWith("badge"));
  // Only somebody who asks for a push makes us look: nothing of ours has changed.
  for (const trigger of ["schedule", "manual"] as const) {
    fixture.control.resetJournal();
    expect(await fixture.sync({ trigger })).toMatchObject({ state: "succeeded" });
    expect(fixture.control.requests().total).toBe(0);
  }
  fixture.control.resetJournal();
  const task = await fixture.push();
  expect(task).toMatchObject({ state: "succeeded", error: null });
  expect(sent(fixture)).toEqual({ "PATCH User": Object.keys(wanted).length });
  expect(badges(fixture)).toEqual(wanted);
  const records = await fixture.records(task);
  expect(records).toHaveLength(Object.keys(wanted).length);
  expect(records[0]).toMatchObject({
    action: "update",
    because: "the rules of this target changed, or the attributes that it knows",
    changes: [{ before: null, after: wanted[records[0]?.externalId ?? ""] }],
  });
  expect(fixture.control.violations()).toEqual([]);

  expect(await pushed(fixture)).toEqual({});
  fixture.control.resetJournal();
  await fixture.sync();
  expect(fixture.control.requests().total).toBe(0);
});

test("who is made, or changes, at a target that does not know an attribute is sent without it", async () => {
  const fixture = await startWithBadge();
  const [first] = Object.keys(aliases(fixture));
  fixture.corp.patchMember(first ?? "", { alias: "other" });
  fixture.corp.createMember({ userid: "new", name: "新", alias: "newcomer", department: [1], status: 1 });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(badges(fixture)).toEqual({});
  expect([fixture.differences(), fixture.control.violations()]).toEqual([[], []]);
});

test("what a target learned also comes with a sync that has something to send", async () => {
  const fixture = await startWithBadge();
  fixture.control.defineExtension(schemaWith("badge"));
  const [first = ""] = Object.keys(aliases(fixture));
  fixture.corp.patchMember(first, { position: "later" });
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(badges(fixture)).toEqual(aliases(fixture));
  expect(sent(fixture)).toEqual({ "PATCH User": Object.keys(aliases(fixture)).length });
});

test("a crash in the middle of it loses nobody's value", async () => {
  const fixture = await startWithBadge();
  fixture.control.defineExtension(schemaWith("badge"));
  const count = () => Object.keys(badges(fixture)).length;
  fixture.control.fault({
    match: { method: "PATCH", type: "User" },
    skip: 3,
    effect: { kind: "hang", commit: true },
  });
  const task = { sourceId: null, targetId: fixture.row.id, trigger: "manual", mode: "apply" } as const;
  await fixture.store.queueTask(task);
  fixture.engine().nudge();
  await expect.poll(count, { timeout: 20_000, interval: 5 }).toBeGreaterThan(3);
  await fixture.stop();
  expect(count()).toBeLessThan(Object.keys(aliases(fixture)).length);
  fixture.control.clearFault();
  fixture.start();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  await fixture.push();
  expect(badges(fixture)).toEqual(aliases(fixture));
  expect(await pushed(fixture)).toEqual({});
  expect(fixture.control.violations()).toEqual([]);
});

test("an attribute that a target takes out of its schema is neither sent nor removed there", async () => {
  const fixture = await startWithBadge();
  fixture.control.defineExtension(schemaWith("badge"));
  await fixture.push();
  fixture.control.defineExtension(schemaWith());
  const [first = ""] = Object.keys(aliases(fixture));
  expect(await pushed(fixture)).toEqual({});
  fixture.corp.patchMember(first, { alias: "other" });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(fixture.control.violations()).toEqual([]);
  // Once it is back, nobody knows what became of the values: they are sent again.
  fixture.control.defineExtension(schemaWith("badge"));
  await fixture.push();
  expect(badges(fixture)).toEqual(aliases(fixture));
});

test("a target that is silent about its schemas for a while loses nothing, and gets what it missed", async () => {
  const fixture = await startWithBadge();
  fixture.control.defineExtension(schemaWith("badge"));
  await fixture.push();
  const [first = "", second = ""] = Object.keys(aliases(fixture));
  fixture.control.fault({ match: { type: "Schemas" }, effect: { kind: "status", status: 404 } });
  fixture.corp.patchMember(first, { alias: "other", position: "later" });
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(sent(fixture)).toEqual({ "PATCH User": 1 });
  expect(badges(fixture)[second]).toBe(aliases(fixture)[second]);
  fixture.control.clearFault();
  expect(await pushed(fixture)).toEqual({ "PATCH User": 1 });
  expect(badges(fixture)).toEqual(aliases(fixture));
  expect(await pushed(fixture)).toEqual({});
});

test("a value that goes from the source after a silence is cleared at the target, whoever was sent something meanwhile", async () => {
  const fixture = await startEngineFixture();
  const [changed, left] = fixture.corp.truth().members.filter(({ gender, status }) => gender === "1" && status === 1);
  if (!changed || !left) throw new Error("too few people");
  await fixture.sync();
  const genders = () =>
    [changed.userid, left.userid].map((userid) => {
      const user = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === userid);
      return (user?.resource[wecomSchema] as JsonObject | undefined)?.["gender"];
    });
  expect(genders()).toEqual(["male", "male"]);
  fixture.control.fault({ match: { type: "Schemas" }, effect: { kind: "status", status: 404 } });
  fixture.corp.patchMember(changed.userid, { position: "later" });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  for (const { userid } of [changed, left]) fixture.corp.patchMember(userid, { gender: "0" });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  fixture.control.clearFault();
  await fixture.push();
  expect(genders()).toEqual([undefined, undefined]);
  expect(await pushed(fixture)).toEqual({});
  expect(fixture.control.violations()).toEqual([]);
});

test("a value that goes from the source while the target does not list its attribute is cleared once it does", async () => {
  const fixture = await startWithBadge();
  fixture.control.defineExtension(schemaWith("badge"));
  await fixture.push();
  const [first = ""] = Object.keys(aliases(fixture));
  expect(badges(fixture)).toHaveProperty(first);
  fixture.control.defineExtension(schemaWith());
  fixture.corp.patchMember(first, { alias: "" });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  fixture.control.defineExtension(schemaWith("badge"));
  await fixture.push();
  expect(badges(fixture)).toEqual(aliases(fixture));
  expect(badges(fixture)).not.toHaveProperty(first);
  expect(await pushed(fixture)).toEqual({});
});

test("the first look at a target whose people came with an older version changes nothing", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const noted = (await fixture.store.findTarget(fixture.row.id))?.vocabulary;
  expect(noted).toEqual(expect.any(String));
  await sql`update target set vocabulary = null`.execute(fixture.database.db);
  const { total } = await fixture.push().then(() => fixture.control.requests());
  expect((await fixture.store.findTarget(fixture.row.id))?.vocabulary).toBe(noted);
  fixture.control.resetJournal();
  await fixture.sync();
  expect([total > 0, fixture.control.requests().total]).toEqual([true, 0]);
  await fixture.verify();
});

test("a target that lists the enterprise extension with some attributes gets those", async () => {
  const fixture = await startEngineFixture();
  fixture.control.defineExtension({ id: enterprise, attributes: [{ name: "department" }] });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  const held = fixture.control.dump().users.map(({ resource }) => resource[enterprise] as JsonObject | undefined);
  expect(new Set(held.flatMap((extension) => Object.keys(extension ?? {})))).toEqual(new Set(["department"]));
  expect(fixture.control.violations()).toEqual([]);
});

test("a push that is asked for says when the target does not answer, though nothing is pending", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  fixture.control.fault({ match: { type: "ServiceProviderConfig" }, effect: { kind: "status", status: 401 } });
  expect(await fixture.push()).toMatchObject({ error: { code: "target.unauthorized" } });
  fixture.control.clearFault();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
});
