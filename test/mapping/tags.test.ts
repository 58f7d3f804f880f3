import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { carryOver } from "../../src/mapping/carry-over.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import { explainUser } from "../../src/mapping/explain.ts";
import { runMappingTests } from "../../src/mapping/run-tests.ts";
import { mapMember, plainSource, problemsOf, testExtensions, textOf, userInput } from "./inputs.ts";

const labels = "urn:example:test:User:labels";
const core = { key: "2", name: "核心" };
const onCall = { key: "10", name: "On call" };
const tags = [core, onCall];
const unknown = { source: { ...plainSource, unseenFields: new Set(["tags"]) } };
const tech = { key: "2", name: "技术部", path: "技术部", parent: null, leaders: ["WangWu"] };
const platform = { key: "5", name: "平台组", path: "技术部/平台组", parent: "2", leaders: ["LiSi", "zhaoLiu"] };
const departments = { departments: [tech, platform], mainDepartment: platform };

function listOf(expr: string, parts: Parameters<typeof mapMember>[2]): unknown {
  const { document } = mapMember({ [labels]: { expr } }, { userid: "u" }, parts);
  return (document["urn:example:test:User"] as JsonObject | undefined)?.["labels"];
}

describe("tags of a person", () => {
  test("are read by paths, in templates and in expressions", () => {
    expect(textOf({ from: "tags[0].name" }, {}, { tags })).toBe("核心");
    expect(textOf({ from: "tags[1].id" }, {}, { tags })).toBe("10");
    expect(textOf({ from: "tags[2].id" }, {}, { tags })).toBeUndefined();
    expect(textOf({ from: ["tags[7].name", "tags[1].name"] }, {}, { tags })).toBe("On call");
    expect(textOf({ template: "{tags[0].id}: {tags[0].name}" }, {}, { tags })).toBe("2: 核心");
    expect(textOf({ expr: 'tags.exists(t, t.name == "核心")' }, {}, { tags })).toBe("true");
    expect(textOf({ expr: 'tags.exists(t, t.name == "核心")' }, {})).toBe("false");
    expect(textOf({ expr: "string(size(tags))" }, {}, { tags })).toBe("2");
    expect(textOf({ expr: 'tags.filter(t, t.id == "10")[0].name' }, {}, { tags })).toBe("On call");
    expect(listOf("tags.map(t, t.name)", { tags })).toEqual(["核心", "On call"]);
  });

  test("can be what a value depends on", () => {
    const rule = { from: "position", when: 'tags.exists(t, t.name == "核心")' };
    expect(textOf(rule, { position: "x" }, { tags })).toBe("x");
    expect(textOf(rule, { position: "x" }, { tags: [onCall] })).toBeUndefined();
  });

  test("hide no field of that name in the record", () => {
    expect(textOf({ expr: "member.tags[0]" }, { tags: ["own"] }, { tags })).toBe("own");
    expect(textOf({ expr: "tags[0].name + member.constructor" }, { constructor: "!" }, { tags })).toBe("核心!");
  });

  test("stand in the record of where a value is from", () => {
    const { sources } = mapMember({ title: { expr: "tags.map(t, t.name)[0]" } }, { userid: "u" }, { tags });
    expect(sources["title"]).toEqual([
      { id: "2", name: "核心" },
      { id: "10", name: "On call" },
    ]);
  });

  test("in a loop's variable of another list are not looked for", () => {
    const expr = 'tags.exists(t, member.list.exists(t, t.other == "a")) || cel.bind(t, member.list, t[0].other == "b")';
    expect(textOf({ expr }, { list: [{ other: "a" }] }, { tags })).toBe("true");
  });
});

describe("tags that are not known", () => {
  const given = { userid: "u", position: "new", status: 1 };
  const current = { title: "old", externalId: "u", userName: "u" };
  const titleOf = (rule: JsonObject, raw: JsonObject = given): unknown =>
    carryOver(mapMember({ title: rule }, raw, { ...unknown, tags }), current)["title"];

  test.each<[string, JsonObject]>([
    ["of a path", { from: "tags[0].name" }],
    ["of an expression", { expr: "tags.map(t, t.name)[0]" }],
    ["of an expression that would see that there are none", { expr: 'size(tags) == 0 ? "none" : "some"' }],
    ["of an expression over other fields too", { expr: 'member.status == 1 && size(tags) == 0 ? "a" : "b"' }],
    ["of a condition", { from: "position", when: "size(tags) > 0" }],
    ["of a condition over other fields too", { from: "position", when: "member.status == 1 && size(tags) > 0" }],
    ["of a fall-back", { from: ["alias", "tags[0].name"] }],
    ["of a rule with a default", { from: "tags[0].name", default: "nobody" }],
  ])("leave the value %s as it was", (_, rule) => {
    expect(titleOf(rule)).toBe("old");
  });

  test("do no harm to what can be said without them", () => {
    expect(titleOf({ from: ["position", "tags[0].name"] })).toBe("new");
    expect(titleOf({ expr: 'member.status == 1 || size(tags) > 0 ? "on" : "off"' })).toBe("on");
    expect(titleOf({ from: "position" })).toBe("new");
  });

  test("are explained", () => {
    const mapping = { user: { userName: { from: "userid" }, title: { from: "tags[0].name" } } };
    const program = compileMapping({ name: "t", mapping, extensions: testExtensions });
    const why = (parts: object) =>
      explainUser(program, userInput({ userid: "u" }, parts)).attributes.find(({ attribute }) => attribute === "title");
    expect(why(unknown)).toMatchObject({
      sources: [{ path: "tags[0].name" }],
      why: expect.stringContaining("as it was"),
    });
    expect(why({ tags })).toMatchObject({ sources: [{ path: "tags[0].name", value: "核心" }], result: "核心" });
  });
});

describe("the leaders of departments", () => {
  test("are read as they are spelt, with the department above", () => {
    expect(textOf({ from: "mainDepartment.leaders[0]" }, {}, departments)).toBe("LiSi");
    expect(textOf({ from: "departments[0].leaders[0]" }, {}, departments)).toBe("WangWu");
    expect(textOf({ from: "mainDepartment.leaders[2]" }, {}, departments)).toBeUndefined();
    expect(textOf({ from: "mainDepartment.parent" }, {}, departments)).toBe("2");
    expect(textOf({ from: "departments[0].parent" }, {}, departments)).toBeUndefined();
    expect(textOf({ expr: 'has(mainDepartment.parent) ? mainDepartment.leaders[1] : ""' }, {}, departments)).toBe(
      "zhaoLiu",
    );
    expect(listOf("departments.map(d, d.leaders[0])", departments)).toEqual(["WangWu", "LiSi"]);
    const { document } = mapMember({ [labels]: { from: "mainDepartment.leaders" } }, { userid: "u" }, departments);
    expect(document).toMatchObject({ "urn:example:test:User": { labels: ["LiSi", "zhaoLiu"] } });
  });

  test("stand in for a leader of one's own", () => {
    const rule = { from: ["direct_leader[0]", "mainDepartment.leaders[0]"] };
    expect(textOf(rule, { direct_leader: ["Boss"] }, departments)).toBe("Boss");
    expect(textOf(rule, { direct_leader: [] }, departments)).toBe("LiSi");
    expect(textOf(rule, {})).toBeUndefined();
  });
});

test("the tests of a mapping file can say which tags and leaders there are", () => {
  const file = (expected: string) => ({
    user: {
      userName: { from: "userid" },
      title: { template: "{tags[0].id} {tags[0].name} {mainDepartment.leaders[0]} {mainDepartment.parent}" },
    },
    tests: [
      {
        name: "tags and leaders",
        member: { userid: "u" },
        departments: [{ id: 5, name: "平台组", leaders: ["LiSi"], parent: 2 }],
        tags: [{ id: 1, name: "核心" }],
        expect: { title: expected },
      },
      {
        name: "tags that are not known",
        member: { userid: "u" },
        tags: [{ id: 1, name: "核心" }],
        unseenFields: ["tags"],
        expect: { title: null },
      },
    ],
  });
  expect(problemsOf(file("x"))).toEqual([]);
  const run = (expected: string) =>
    runMappingTests(compileMapping({ name: "t", mapping: file(expected), extensions: testExtensions }));
  expect(run("1 核心 LiSi 2").map(({ ok }) => ok)).toEqual([true, true]);
  expect(run("2 核心 LiSi 2").map(({ ok }) => ok)).toEqual([false, true]);
});
