import { describe, expect, test } from "vitest";
import type { ReadEvent, Source, SourceUser } from "../../src/source/source.ts";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";

describe("unusual data", () => {
  test("of every kind that a corp may hold arrives as it is, changes included", async () => {
    const fixture = await startEngineFixture({
      corp: { shape: { members: 80, departments: 15, seed: 3, quirks: true } },
      source: { safeguards: noSafeguards },
      targetSettings: { safeguards: noSafeguards },
    });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
    const strange = [
      `"; drop table resource; --`,
      "__proto__",
      "\u202e反转",
      "😀".repeat(60),
      "a\tb\nc",
      "\u{10ffff}",
      "%_\\",
    ];
    const people = fixture.corp.truth().members.filter(({ status }) => status === 1);
    for (const [index, text] of strange.entries()) {
      fixture.corp.patchMember(people[index]?.userid ?? "", { name: text, position: text, alias: text });
      fixture.corp.createTag({ tagname: `${index}${[...text].slice(0, 30).join("")}` });
    }
    fixture.corp.createDepartment({ id: 2_147_483_601, name: "巨大", parentid: 1 });
    fixture.corp.createMember({
      userid: "hasOwnProperty",
      name: "constructor",
      department: [2_147_483_601],
      status: 1,
    });
    fixture.corp.createTag({ tagid: 2_147_483_601, tagname: "巨大标签" });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    await fixture.verify();
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    expect(fixture.control.requests().total).toBe(0);
  });

  test("that no database takes (NUL, half a character) is repaired, and then left in peace", async () => {
    const user = (userid: string, name: string): SourceUser => ({
      kind: "user",
      key: userid,
      raw: { userid, name, department: [1], status: 1, main_department: 1, direct_leader: [], position: `${name}!` },
      departments: ["1"],
      mainDepartment: "1",
      managers: [],
    });
    const fixture = await startEngineFixture({
      openSource: () =>
        scripted([user("nul", "a\u0000b"), user("half", "x\ud83d"), user("plain", "好"), user("proto", "__proto__")]),
    });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
    const names = new Map(
      fixture.control.dump().users.map(({ resource }) => [resource["externalId"], resource["displayName"]]),
    );
    expect(Object.fromEntries(names)).toEqual({ nul: "a\ufffdb", half: "x\ufffd", plain: "好", proto: "__proto__" });
    fixture.control.resetJournal();
    const second = await fixture.sync();
    expect(second).toMatchObject({ state: "succeeded", counts: { users: { unchanged: 4, updated: 0 } } });
    expect(fixture.control.requests().total).toBe(0);
  });

  test("a source that breaks off without an end fails, and nothing is concluded from it", async () => {
    let broken = false;
    const people = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const fixture = await startEngineFixture({
      source: { safeguards: noSafeguards },
      openSource: () => {
        const users = people.map(
          (userid): SourceUser => ({
            kind: "user",
            key: userid,
            raw: { userid, name: userid, department: [1], status: 1 },
            departments: ["1"],
            mainDepartment: null,
            managers: [],
          }),
        );
        return broken ? scripted(users.slice(0, 1), false) : scripted(users);
      },
    });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    broken = true;
    fixture.control.resetJournal();
    expect(await fixture.sync()).toMatchObject({ state: "failed", error: { code: "source.interrupted" } });
    expect(fixture.control.requests().total).toBe(0);
  });
});

/** A source of one department that says what it is told. */
function scripted(users: readonly SourceUser[], ends = true): Source {
  const events: ReadEvent[] = [
    {
      type: "departments",
      records: [
        {
          kind: "department",
          key: "1",
          raw: { id: 1, name: "总部", parentid: 0 },
          name: "总部",
          parent: null,
          leaders: [],
        },
      ],
    },
    { type: "users", records: users },
  ];
  if (ends) {
    events.push({ type: "end", complete: true, visibility: { roots: ["1"], granted: null }, unseenFields: [] });
  }
  return {
    async *read() {
      yield* events;
    },
    lookAgain: async () => ({ found: [], unclear: [] }),
    test: async () => ({ ok: true, checks: [] }),
    departments: async () => [],
    close: async () => {},
  };
}
