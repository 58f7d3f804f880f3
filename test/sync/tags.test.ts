import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { ReadEvent, Source, SourceTag, SourceUser } from "../../src/source/source.ts";
import type { TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, type EngineFixtureOptions, startEngineFixture } from "../support/engine.ts";

// `userType` has the names of the tags that somebody carries; the manager falls back to who leads his main department.
const manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
const rules = {
  userType: { expr: 'tags.map(t, t.name).join("|")' },
  [manager]: { from: ["direct_leader[0]", "mainDepartment.leaders[0]"] },
};

function edit({ schemasDir }: EngineFixture, change: Readonly<Record<string, unknown>>): void {
  const file = join(schemasDir, "mappings", "wecom.json");
  const mapping = JSON.parse(readFileSync(file, "utf8"));
  Object.assign(mapping.user, change);
  writeFileSync(file, JSON.stringify(mapping));
}

/** The corp of the simulator with a tree of ours in it: 901 above 902 above 903; beside them 904. One person in each. */
async function startCorp(options: EngineFixtureOptions = {}): Promise<EngineFixture> {
  const fixture = await startEngineFixture({
    ...options,
    corp: { shape: { members: 40, departments: 8, tags: 3, seed: 4, quirks: false }, ...options.corp },
  });
  edit(fixture, rules);
  const { corp } = fixture;
  for (const [id, parentid] of [
    [901, 1],
    [902, 901],
    [903, 902],
    [904, 1],
  ] as const) {
    corp.createDepartment({ id, name: `D${id}`, parentid });
    corp.createMember({ userid: `P${id}`, name: `P${id}`, department: [id], main_department: id, status: 1 });
  }
  return fixture;
}

/** What WeCom says of everybody, gone through in the plainest way: names of his tags by the tags' ids. */
function wanted({ corp }: EngineFixture): ReadonlyMap<string, string | undefined> {
  const { departments, members, tags } = corp.truth();
  const parentOf = new Map(departments.map(({ id, parentid }) => [id, parentid]));
  const lineage = (id: number): readonly number[] => (id === 0 ? [] : [id, ...lineage(parentOf.get(id) ?? 0)]);
  return new Map(
    members.map(({ userid, department }) => {
      const units = new Set(department.flatMap(lineage));
      const names = tags
        .filter((tag) => tag.users.includes(userid) || tag.departments.some((id) => units.has(id)))
        .toSorted((a, b) => a.tagid - b.tagid)
        .map(({ tagname }) => tagname);
      return [userid, names.length === 0 ? undefined : names.join("|")];
    }),
  );
}

function held({ control }: EngineFixture): ReadonlyMap<string, unknown> {
  const { users } = control.dump();
  return new Map(users.map(({ resource }) => [String(resource["externalId"]), resource["userType"]]));
}

function managerOf({ control }: EngineFixture, userid: string): unknown {
  const { users } = control.dump();
  const enterprise = users.find(({ resource }) => resource["externalId"] === userid)?.resource[
    manager.replace(/:manager\.value$/, "")
  ] as { manager?: { value?: string } } | undefined;
  return users.find(({ id }) => id === enterprise?.manager?.value)?.resource["externalId"];
}

/** Counts rows that are written from here on: of people in the records, and of everything that a sync keeps. */
async function watchWrites({ database: { db } }: EngineFixture) {
  await sql`create table if not exists written (what text not null, key text not null)`.execute(db);
  for (const [table, key] of [
    ["source_record", "new.kind || ':' || new.key"],
    ["resource", "'resource:' || new.key"],
    ["member", "'member'"],
    ["change", "'change'"],
    ["link", "'link'"],
  ] as const) {
    for (const action of ["insert", "update"] as const) {
      await sql
        .raw(
          `create trigger if not exists ${table}_${action} after ${action} on ${table} begin insert into written values ('${table}', ${key}); end`,
        )
        .execute(db);
    }
  }
  return {
    /** What was written since it was asked last. */
    async take(): Promise<readonly string[]> {
      const { rows } = await sql<{ key: string }>`select key from written`.execute(db);
      await sql`delete from written`.execute(db);
      return rows.map(({ key }) => key);
    },
  };
}

const peopleIn = (written: readonly string[]): readonly string[] =>
  [...new Set(written.filter((key) => key.startsWith("user:")))].sort();

test("tags reach those who carry them, and only those who are concerned are looked at again", async () => {
  const fixture = await startCorp();
  const { corp } = fixture;
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(held(fixture)).toEqual(wanted(fixture));
  const writes = await watchWrites(fixture);
  const unchanged = async (): Promise<void> => {
    await writes.take();
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 0 } } });
    expect(await writes.take()).toEqual([]);
    expect(fixture.control.requests().total).toBe(0);
  };
  await unchanged();

  const step = async (change: () => void, concerned: readonly string[]): Promise<TaskRow> => {
    change();
    const task = await fixture.sync();
    expect(task).toMatchObject({ state: "succeeded", counts: { users: { updated: concerned.length } } });
    expect(held(fixture)).toEqual(wanted(fixture));
    expect(peopleIn(await writes.take())).toEqual(concerned.map((userid) => `user:${userid.toLowerCase()}`));
    expect(fixture.control.violations()).toEqual([]);
    return task;
  };

  // Two tags whose order by number is not the one by text.
  corp.createTag({ tagid: 1000, tagname: "千" });
  corp.createTag({ tagid: 999, tagname: "核心" });
  await step(() => {}, []);
  await step(() => corp.changeTagMembers(1000, { addUsers: ["P902"] }), ["P902"]);
  await step(() => corp.changeTagMembers(999, { addDepartments: [901] }), ["P901", "P902", "P903"]);
  expect(held(fixture).get("P902")).toMatch(/核心\|千$/);
  await step(() => corp.renameTag(1000, "万"), ["P902"]);
  await step(() => corp.moveMember("P904", [904, 903]), ["P904"]);
  await step(() => corp.moveMember("P904", [904]), ["P904"]);
  await step(() => corp.changeTagMembers(1000, { removeUsers: ["P902"], addUsers: ["P904"] }), ["P902", "P904"]);
  await step(() => corp.changeTagMembers(999, { removeDepartments: [901], addDepartments: [902] }), ["P901"]);
  await step(() => corp.deleteTag(1000), ["P904"]);
  await step(() => corp.deleteTag(999), ["P902", "P903"]);
  await unchanged();
}, 60_000);

test("the leader of a department is the manager of those who have none, and a new leader reaches its people alone", async () => {
  const fixture = await startCorp();
  const { corp } = fixture;
  const join = (userid: string): unknown =>
    corp.createMember({ userid, name: userid, department: [902], main_department: 902, status: 1 });
  join("Lead.One");
  join("Lead.Two");
  corp.patchMember("Lead.One", { is_leader_in_dept: [1] });
  corp.patchMember("P904", { department: [904, 902], main_department: 904, direct_leader: ["P901"] });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(managerOf(fixture, "P902")).toBe("Lead.One");
  expect(managerOf(fixture, "P904")).toBe("P901");
  expect(managerOf(fixture, "P903")).toBeUndefined();

  const writes = await watchWrites(fixture);
  corp.patchMember("Lead.One", { is_leader_in_dept: [0] });
  corp.patchMember("Lead.Two", { is_leader_in_dept: [1] });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect(managerOf(fixture, "P902")).toBe("Lead.Two");
  expect(managerOf(fixture, "Lead.One")).toBe("Lead.Two");
  expect(managerOf(fixture, "P904")).toBe("P901");
  expect(peopleIn(await writes.take())).toEqual(["user:lead.one", "user:lead.two", "user:p902", "user:p904"]);

  corp.patchMember("Lead.Two", { is_leader_in_dept: [0] });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect(managerOf(fixture, "P902")).toBeUndefined();
  await writes.take();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 0 } } });
  expect(await writes.take()).toEqual([]);
});

describe("tags that cannot be read", () => {
  const faults = [
    ["one of them", { endpoint: "tag/get", tag: 999, answer: { kind: "html" } }, "wecom.tag-unreadable"],
    ["their list", { endpoint: "tag/list", answer: { kind: "errcode", errcode: 48002 } }, "wecom.tags-unreadable"],
    ["all of them", { endpoint: "tag/get", answer: { kind: "errcode", errcode: 60011 } }, "wecom.tag-unreadable"],
  ] as const;

  test.each(faults)("(%s) stay as they were: nobody is looked at, no value goes", async (_, fault, code) => {
    const fixture = await startCorp();
    const { corp } = fixture;
    corp.createTag({ tagid: 999, tagname: "核心" });
    corp.changeTagMembers(999, { addDepartments: [902], addUsers: ["P904"] });
    await fixture.sync();
    const before = held(fixture);
    expect(before).toEqual(wanted(fixture));
    const writes = await watchWrites(fixture);

    corp.addFault(fault);
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code } });
    expect(await writes.take()).toEqual([]);

    // What else changes arrives, made with the tags as they were last; who is new in a tagged department carries its tag.
    corp.changeTagMembers(999, { removeDepartments: [902], removeUsers: ["P904"] });
    corp.patchMember("P904", { position: "changed" });
    corp.createMember({ userid: "New", name: "New", department: [903], main_department: 903, status: 1 });
    expect(await fixture.sync()).toMatchObject({ state: "partial", counts: { users: { updated: 1, created: 1 } } });
    expect(held(fixture)).toEqual(new Map([...before, ["New", before.get("P903")]]));
    expect(peopleIn(await writes.take())).toEqual(["user:new", "user:p904"]);

    corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 4 } } });
    expect(held(fixture)).toEqual(wanted(fixture));
    await writes.take();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await writes.take()).toEqual([]);
  });

  test("a tag that is deleted while another one cannot be read stays until it is known to be gone", async () => {
    const fixture = await startCorp();
    const { corp } = fixture;
    corp.createTag({ tagid: 999, tagname: "核心" });
    corp.createTag({ tagid: 1000, tagname: "千" });
    corp.changeTagMembers(1000, { addUsers: ["P904"] });
    await fixture.sync();
    const before = held(fixture);
    corp.deleteTag(1000);
    corp.addFault({ endpoint: "tag/get", tag: 999, answer: { kind: "html" } });
    expect(await fixture.sync()).toMatchObject({ state: "partial", counts: { users: { updated: 0 } } });
    expect(held(fixture)).toEqual(before);
    corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 1 } } });
    expect(held(fixture)).toEqual(wanted(fixture));
  });

  test("a corp without tags is not looked at twice because their list fails once", async () => {
    const fixture = await startCorp({
      corp: { shape: { members: 40, departments: 8, tags: 0, seed: 4, quirks: false } },
    });
    for (const { tagid } of fixture.corp.truth().tags) fixture.corp.deleteTag(tagid);
    await fixture.sync();
    const writes = await watchWrites(fixture);
    fixture.corp.addFault({ endpoint: "tag/list", answer: { kind: "errcode", errcode: 48002 } });
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    fixture.corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(await writes.take()).toEqual([]);
  });

  test("where none was ever read they are unknown: a rule over them leaves alone what another one made", async () => {
    const fixture = await startCorp();
    const { corp } = fixture;
    corp.addFault({ endpoint: "tag/list", answer: { kind: "errcode", errcode: 48002 } });
    edit(fixture, { userType: { const: "from before" } });
    expect(await fixture.sync()).toMatchObject({ state: "partial", error: { code: "wecom.tags-unreadable" } });
    edit(fixture, rules);
    expect(await fixture.sync()).toMatchObject({ state: "partial", counts: { users: { updated: 0 } } });
    expect(new Set(held(fixture).values())).toEqual(new Set(["from before"]));
    const writes = await watchWrites(fixture);
    expect(await fixture.sync()).toMatchObject({ state: "partial" });
    expect(await writes.take()).toEqual([]);
    corp.clearFaults();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(held(fixture)).toEqual(wanted(fixture));
  });

  test("are not missed by a sync of the structure alone", async () => {
    const fixture = await startCorp({ source: { sync: { automatic: true, users: false, intervalHours: 1 } } });
    await fixture.sync();
    expect(held(fixture)).toEqual(wanted(fixture));
    const writes = await watchWrites(fixture);
    const before = held(fixture);
    const people = (written: readonly string[]) => written.filter((key) => !/^resource:(\d+)$/.test(key));
    fixture.corp.addFault({ endpoint: "tag/list", answer: { kind: "errcode", errcode: 48002 } });
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ state: "partial" });
    fixture.corp.clearFaults();
    expect(await fixture.sync({ trigger: "schedule" })).toMatchObject({ state: "succeeded" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { updated: 0 } } });
    expect(people(await writes.take())).toEqual([]);
    expect(held(fixture)).toEqual(before);
  });
});

describe("a source of another kind", () => {
  const user = (userid: string): SourceUser => ({
    kind: "user",
    key: userid,
    raw: { userid, name: userid, department: [2], status: 1, main_department: 2 },
    departments: ["2"],
    mainDepartment: "2",
    managers: [],
  });
  const department = (key: string, parent: string | null, leaders: readonly string[]) =>
    ({ kind: "department", key, raw: { id: Number(key), name: key }, name: key, parent, leaders }) as const;
  const tag: SourceTag = {
    kind: "tag",
    key: "7",
    raw: { tagid: 7, tagname: "核心" },
    name: "核心",
    users: ["lost"],
    departments: ["1"],
  };
  const structure: ReadEvent = {
    type: "departments",
    records: [department("1", null, []), department("2", "1", ["boss"])],
  };
  const end: ReadEvent = {
    type: "end",
    complete: true,
    visibility: { roots: ["1"], granted: null },
    unseenFields: [],
  };

  function scripted(events: readonly ReadEvent[], found: readonly SourceUser[] = []): Source {
    return {
      async *read() {
        yield* events;
      },
      lookAgain: async () => ({ found, unclear: [] }),
      test: async () => ({ ok: true, checks: [] }),
      departments: async () => [],
      close: async () => {},
    };
  }

  test("that finds somebody only on a second look makes the same of him", async () => {
    const tags: ReadEvent = { type: "tags", records: [tag] };
    const whole = [structure, tags, { type: "users", records: [user("boss"), user("lost")] }, end] as const;
    const missed = [structure, tags, { type: "users", records: [user("boss")] }, end] as const;
    let source = scripted(whole);
    const fixture = await startEngineFixture({ openSource: () => source });
    edit(fixture, rules);
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(held(fixture)).toEqual(
      new Map([
        ["boss", "核心"],
        ["lost", "核心"],
      ]),
    );
    expect(managerOf(fixture, "lost")).toBe("boss");
    const writes = await watchWrites(fixture);
    source = scripted(missed, [user("lost")]);
    expect(await fixture.sync()).toMatchObject({
      state: "succeeded",
      counts: { users: { updated: 0, deactivated: 0 } },
    });
    expect(await writes.take()).toEqual([]);
  });

  test("that gives people before tags is refused: their tags would not be known", async () => {
    const wrong = [
      structure,
      { type: "users", records: [user("boss")] },
      { type: "tags", records: [tag] },
      end,
    ] as const;
    const fixture = await startEngineFixture({ openSource: () => scripted(wrong) });
    expect(await fixture.sync()).toMatchObject({ state: "failed" });
    expect(fixture.control.dump().users).toEqual([]);
    expect(fixture.logLines.join("\n")).toContain("all tags before the first users");
  });
});
