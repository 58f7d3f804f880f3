import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { type EngineFixture, noSafeguards, startEngineFixture, type TargetFixture } from "../support/engine.ts";

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const wecomSchema = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

/** The users of a target by externalId. */
function usersOf({ control }: Pick<TargetFixture, "control">): ReadonlyMap<string, JsonObject> {
  return new Map(control.dump().users.map(({ resource }) => [String(resource["externalId"]), resource]));
}

function groupNames({ control }: Pick<TargetFixture, "control">): readonly string[] {
  return control.dump().groups.map(({ resource }) => String(resource["displayName"]));
}

/** Requests that change something, by kind. */
function sent({ control }: Pick<TargetFixture, "control">): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(control.requests().counts).filter(([what]) => !what.startsWith("GET")),
  ) as Record<string, number>;
}

/** Sets the rules of the main target, or takes them away. */
async function setRules({ store, row }: EngineFixture, mapping: JsonObject | null): Promise<void> {
  const now = await store.findTarget(row.id);
  if (now === null) throw new Error("the target is gone");
  const { mapping: _, ...settings } = now.settings;
  await store.updateTarget(row.id, { settings: mapping === null ? settings : { ...settings, mapping } });
}

async function expectNothingToSay(fixture: EngineFixture, target: Pick<TargetFixture, "control"> = fixture) {
  target.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(target.control.requests().total).toBe(0);
}

describe("rules of a target", () => {
  test("shape what is made there; our own directory stays as it is", async () => {
    const mapping = {
      user: {
        displayName: { template: "{displayName} ({userName})" },
        title: null,
        'phoneNumbers[type eq "mobile"]': null,
        [`${wecomSchema}:gender`]: null,
      },
      group: { displayName: { template: "WeCom {displayName}" } },
    };
    const fixture = await startEngineFixture({ targetSettings: { mapping } });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    const users = usersOf(fixture);
    const { members } = fixture.corp.truth();
    expect(users.size).toBe(members.length);
    for (const { userid, name } of members) {
      const user = users.get(userid);
      expect(user).toMatchObject({ userName: userid, displayName: `${name} (${userid})` });
      expect(user).not.toHaveProperty("title");
      expect(JSON.stringify(user?.["phoneNumbers"] ?? [])).not.toContain("mobile");
      expect(user?.[wecomSchema] ?? {}).not.toHaveProperty("gender");
    }
    expect(groupNames(fixture).every((name) => name.startsWith("WeCom "))).toBe(true);
    const record = (await fixture.records(task, { target: fixture.row.id, resourceType: "User" }))[0];
    expect(record?.changes).toContainEqual({
      attribute: "displayName",
      before: null,
      after: users.get(record?.externalId ?? "")?.["displayName"],
    });
    const { rows } = await fixture.store.queryResources({
      ...{ type: "User", sources: "all", filter: null, startIndex: 1, count: 100 },
    });
    expect(rows.some(({ document }) => document.includes('"title"'))).toBe(true);
    expect(rows.some(({ document }) => document.includes(" ("))).toBe(false);
    expect(fixture.control.violations()).toEqual([]);
    await expectNothingToSay(fixture);
  });

  test("that change reach those whose document differs, with one PATCH each; without rules all is as before", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    const { members } = fixture.corp.truth();
    const titled = members.filter(({ position }) => position);
    expect(titled.length).toBeGreaterThan(0);
    expect(titled.length).toBeLessThan(members.length);
    const before = fixture.control.dump();

    await setRules(fixture, { user: { title: { from: "title", normalise: { truncate: { characters: 1 } } } } });
    const longer = titled.filter(({ position = "" }) => [...position].length > 1);
    fixture.control.resetJournal();
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", error: null });
    expect(sent(fixture)).toEqual({ "PATCH User": longer.length });
    const records = await fixture.records(task, { target: fixture.row.id });
    expect(records).toHaveLength(longer.length);
    expect(new Set(records.map(({ because }) => because))).toEqual(
      new Set(["the rules of this target changed, or the attributes that it knows"]),
    );
    for (const { externalId, action, changes } of records) {
      const position = titled.find(({ userid }) => userid === externalId)?.position ?? "";
      expect([action, changes]).toEqual([
        "update",
        [{ attribute: "title", before: position, after: [...position][0] }],
      ]);
    }
    await expectNothingToSay(fixture);

    await setRules(fixture, { user: { title: null } });
    fixture.control.resetJournal();
    await fixture.sync();
    expect(sent(fixture)).toEqual({ "PATCH User": titled.length });
    expect([...usersOf(fixture).values()].some((user) => "title" in user)).toBe(false);
    await expectNothingToSay(fixture);

    await setRules(fixture, null);
    fixture.control.resetJournal();
    expect(await fixture.push()).toMatchObject({ state: "succeeded" });
    expect(sent(fixture)).toEqual({ "PATCH User": titled.length });
    expect(fixture.control.dump()).toEqual(before);
    await fixture.verify();
    await expectNothingToSay(fixture);
  });

  test("that change without an effect send nothing about resources, and touch no membership", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, {
      user: { nickName: { from: "nickName" } },
      group: { displayName: { from: "displayName" } },
    });
    fixture.control.resetJournal();
    const task = await fixture.sync();
    expect(task.state).toBe("succeeded");
    expect(await fixture.records(task)).toEqual([]);
    expect(Object.keys(fixture.control.requests().counts).filter((what) => /User|Group/.test(what))).toEqual([]);
    await fixture.verify();
    await expectNothingToSay(fixture);
  });

  test("are those of one target: each of two gets its own", async () => {
    const fixture = await startEngineFixture({ targetSettings: { mapping: { user: { title: null } } } });
    const other = await fixture.addTarget({ mapping: { user: { title: { const: "staff" } } } });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect([...usersOf(fixture).values()].some((user) => "title" in user)).toBe(false);
    expect(new Set([...usersOf(other).values()].map((user) => user["title"]))).toEqual(new Set(["staff"]));
    await setRules(fixture, null);
    other.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(other.control.requests().total).toBe(0);
    await fixture.verify();
  });

  test("apply to people of every source of the target, each with his source's next sync", async () => {
    const fixture = await startEngineFixture({ source: { namespace: "one" } });
    const other = await fixture.addSource("other", {}, { namespace: "two" });
    await fixture.patchTarget({ sources: [fixture.source.id, other.row.id] });
    await fixture.sync();
    await fixture.sync({ source: other.row });
    await setRules(fixture, { user: { userType: { const: "staff" } } });
    fixture.control.resetJournal();
    await fixture.sync();
    expect(sent(fixture)).toEqual({ "PATCH User": 60 });
    await fixture.sync({ source: other.row });
    expect(sent(fixture)).toEqual({ "PATCH User": 120 });
  });

  test("that are taken up while a crash ends the push are taken up by the next one", async () => {
    const fixture = await startEngineFixture();
    await fixture.sync();
    await setRules(fixture, { user: { userType: { const: "staff" } } });
    const typed = () => [...usersOf(fixture).values()].filter((user) => user["userType"] === "staff").length;
    fixture.control.fault({
      match: { method: "PATCH", type: "User" },
      skip: 20,
      effect: { kind: "hang", commit: true },
    });
    await fixture.store.queueTask({ sourceId: fixture.source.id, targetId: null, trigger: "manual", mode: "apply" });
    fixture.engine().nudge();
    await expect.poll(typed, { timeout: 20_000, interval: 5 }).toBeGreaterThan(20);
    await fixture.stop();
    expect(typed()).toBeLessThan(60);
    fixture.control.clearFault();
    fixture.start();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(typed()).toBe(60);
    await expectNothingToSay(fixture);
  });
});

describe("adoption", () => {
  test("matches by what the rules make of a name", async () => {
    const mapping = { user: { userName: { template: "{userName}@example.com" }, title: null } };
    const fixture = await startEngineFixture({
      targetSettings: { mapping, match: { users: ["userName"], groups: ["externalId"] } },
    });
    const [first, second] = fixture.corp.truth().members.filter(({ status }) => status === 1);
    if (!first || !second) throw new Error("too few people");
    const add = (userName: string) =>
      fixture.control.add("User", { schemas: [userSchema], userName, title: "theirs", active: true });
    const theirs = add(`${first.userid.toUpperCase()}@EXAMPLE.COM`);
    const stranger = add(second.userid);
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded" });
    expect(task.targets[0]?.counts.users).toMatchObject({ adopted: 1, created: 59 });
    const { users } = fixture.control.dump();
    expect(users.find(({ id }) => id === theirs)?.resource).toMatchObject({
      externalId: first.userid,
      userName: `${first.userid}@example.com`,
      title: "theirs",
    });
    expect(users.find(({ id }) => id === stranger)?.resource).toEqual(
      expect.not.objectContaining({ externalId: expect.anything() }),
    );
    expect(usersOf(fixture).get(second.userid)).toMatchObject({ userName: `${second.userid}@example.com` });
    await expectNothingToSay(fixture);
  });

  test("after the first contact, by a conflict, does as well", async () => {
    const mapping = { user: { userName: { template: "{userName}@example.com" } } };
    const fixture = await startEngineFixture({ targetSettings: { mapping } });
    await fixture.sync();
    const id = fixture.control.add("User", { schemas: [userSchema], userName: "late@example.com", active: true });
    fixture.corp.createMember({ userid: "late", name: "后来", department: [1], status: 1 });
    const task = await fixture.sync();
    expect(task.targets[0]?.counts.users).toMatchObject({ adopted: 1, created: 0 });
    expect(fixture.control.dump().users.find((user) => user.id === id)?.resource["externalId"]).toBe("late");
  });
});

describe("a name that the rules find no value for", () => {
  const mapping = { user: { userName: { from: 'emails[type eq "work"].value' } } };

  test("makes nobody there, says so, and is given with the rules or the value that provide it", async () => {
    const fixture = await startEngineFixture({ targetSettings: { safeguards: noSafeguards } });
    fixture.corp.createMember({ userid: "without", name: "无", department: [1], status: 1 });
    await setRules(fixture, {
      user: {
        userName: { from: ['emails[type eq "work"].value', "userName"], when: "resource.userName != 'without'" },
      },
    });
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "partial" });
    expect(await fixture.records(task, { status: "failed" })).toMatchObject([
      { externalId: "without", action: "create", error: "the rules of the target give it no userName" },
    ]);
    await setRules(fixture, null);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
  });

  test("stays what it was at the target, and who has it is deactivated when he is to be", async () => {
    const fixture = await startEngineFixture({ targetSettings: { mapping, safeguards: noSafeguards } });
    const leads = new Set(fixture.corp.truth().members.flatMap(({ direct_leader }) => direct_leader));
    const member = fixture.corp.truth().members.find(({ userid, status }) => status === 1 && !leads.has(userid));
    const userid = member?.userid ?? "";
    fixture.corp.patchMember(userid, { email: "", biz_mail: "first@example.com" });
    await fixture.sync();
    expect(usersOf(fixture).get(userid)).toMatchObject({ userName: "first@example.com", active: true });
    fixture.corp.patchMember(userid, { email: "", biz_mail: "", position: "later" });
    await fixture.sync();
    expect(usersOf(fixture).get(userid)).toMatchObject({ userName: "first@example.com", title: "later" });
    fixture.corp.patchMember(userid, { status: 2 });
    await fixture.sync();
    expect(usersOf(fixture).get(userid)).toMatchObject({ userName: "first@example.com", active: false });
  });
});

describe("rules that do not fit the schemas any more", () => {
  test("fail the push of their target alone, at its place, with nothing sent; once they fit it goes on", async () => {
    const mapping = { user: { title: null, [`${wecomSchema}:gender`]: { const: "unknown" } } };
    const fixture = await startEngineFixture({ targetSettings: { mapping } });
    const other = await fixture.addTarget();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    const before = fixture.control.dump();
    const file = join(fixture.schemasDir, "extensions", "wecom.json");
    const text = readFileSync(file, "utf8");
    const schema = JSON.parse(text) as { attributes: { name: string }[] };
    await stopUsing(fixture, "gender");
    writeFileSync(
      file,
      JSON.stringify({ ...schema, attributes: schema.attributes.filter(({ name }) => name !== "gender") }),
    );
    const userid = fixture.corp.truth().members.find(({ status }) => status === 1)?.userid ?? "";
    fixture.corp.patchMember(userid, { position: "later" });
    const broken = await untilSchemasAreRead(fixture, ({ error }) => error?.code === "target.mapping");
    expect(broken.state).toBe("partial");
    const [mine, theirs] = [fixture.row, other.row].map(({ id }) => broken.targets.find(({ target }) => target === id));
    expect(mine).toMatchObject({ state: "failed", error: { code: "target.mapping" } });
    expect(mine?.error?.detail).toContain(`/mapping/user/${wecomSchema}:gender: `);
    expect(theirs).toMatchObject({ state: "succeeded", error: null });
    expect(fixture.control.requests().total).toBe(0);
    expect(fixture.control.dump()).toEqual(before);
    expect(usersOf(other).get(userid)?.["title"]).toBe("later");
    rmSync(file);
    writeFileSync(file, text);
    await untilSchemasAreRead(fixture, ({ state }) => state === "succeeded");
    expect(usersOf(fixture).get(userid)).not.toHaveProperty("title");
    expect(usersOf(fixture).get(userid)?.[wecomSchema]).toMatchObject({ gender: "unknown" });
  });
});

/** Takes an attribute of the extension out of the mapping files: it stays in force while one of them needs it. */
async function stopUsing({ schemasDir }: EngineFixture, name: string): Promise<void> {
  const folder = join(schemasDir, "mappings");
  for (const each of readdirSync(folder).filter((file) => !file.endsWith(".schema.json"))) {
    const file = join(folder, each);
    const mapping = JSON.parse(readFileSync(file, "utf8")) as { user: JsonObject; tests?: unknown };
    const user = Object.fromEntries(Object.entries(mapping.user).filter(([key]) => key !== `${wecomSchema}:${name}`));
    const { tests: _, ...rest } = mapping;
    writeFileSync(file, JSON.stringify({ ...rest, user }));
  }
}

type Task = Awaited<ReturnType<EngineFixture["sync"]>>;

/** The schema files are watched: a moment passes until a change of them is in force. */
async function untilSchemasAreRead(fixture: EngineFixture, done: (task: Task) => boolean): Promise<Task> {
  for (let tries = 0; tries < 50; tries += 1) {
    fixture.control.resetJournal();
    const task = await fixture.sync();
    if (done(task)) return task;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the schemas were not read again");
}
