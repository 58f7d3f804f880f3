import { describe, expect, test } from "vitest";
import { carryOver } from "../../src/mapping/carry-over.ts";
import { mapMember, plainSource } from "./inputs.ts";

const unseen = (...fields: string[]) => ({ source: { ...plainSource, unseenFields: new Set(fields) } });

describe("fields that the credential is never shown", () => {
  test("leave their attributes as they were", () => {
    const rules = { title: { from: "position" }, 'phoneNumbers[type eq "mobile"].value': { from: "mobile" } };
    const { document, keep, sources } = mapMember(rules, { userid: "u" }, unseen("mobile", "position"));
    expect(keep).toEqual(['phoneNumbers[type eq "mobile"]', "title"]);
    expect(document).toEqual({ externalId: "u", userName: "u" });
    expect(sources).not.toHaveProperty("title");
  });

  test("are not read even where something stands there", () => {
    const { document } = mapMember({ title: { from: "gender" } }, { userid: "u", gender: "0" }, unseen("gender"));
    expect(document).not.toHaveProperty("title");
  });

  test("count in templates and expressions too", () => {
    const rules = {
      title: { template: "{position}!" },
      nickName: { expr: "member.alias" },
      displayName: { from: "mainDepartment.name" },
    };
    expect(mapMember(rules, { userid: "u" }, unseen("position", "alias", "main_department")).keep).toEqual([
      "displayName",
      "nickName",
      "title",
    ]);
  });

  test("do not stop a fall-back that can be seen", () => {
    const rules = { title: { from: ["position", "external_position"] } };
    const seen = mapMember(rules, { userid: "u", external_position: "p" }, unseen("position"));
    expect(seen.document["title"]).toBe("p");
    expect(seen.keep).toEqual([]);
    expect(mapMember(rules, { userid: "u" }, unseen("position")).keep).toEqual(["title"]);
  });
});

describe("apply and absent", () => {
  test("a create-only attribute is mapped, and kept on a resource that exists", () => {
    const mapped = mapMember({ nickName: { from: "alias", apply: "create" } }, { userid: "u", alias: "new" });
    expect(mapped.createOnly).toEqual(["nickName"]);
    expect(carryOver(mapped, null)["nickName"]).toBe("new");
    expect(carryOver(mapped, { nickName: "old" })["nickName"]).toBe("old");
    expect(carryOver(mapped, {})).not.toHaveProperty("nickName");
  });

  test("an absent value clears, or keeps where the rule says so", () => {
    const clearing = mapMember({ title: { from: "position" } }, { userid: "u" });
    expect(carryOver(clearing, { title: "old" })).not.toHaveProperty("title");
    const keeping = mapMember({ title: { from: "position", absent: "keep" } }, { userid: "u" });
    expect(carryOver(keeping, { title: "old" })["title"]).toBe("old");
  });

  test("the default of an attribute that is kept is for new resources only", () => {
    const mapped = mapMember({ active: { from: "enable", absent: "keep", default: false } }, { userid: "u" });
    expect(carryOver(mapped, null)["active"]).toBe(false);
    expect(carryOver(mapped, { active: true })["active"]).toBe(true);
    const known = mapMember({ active: { from: "enable", absent: "keep", default: false } }, { userid: "u", enable: 1 });
    expect(carryOver(known, { active: false })["active"]).toBe(true);
  });
});

describe("carryOver", () => {
  const urn = "urn:example:test:User";
  const current = {
    name: { formatted: "old", familyName: "o" },
    emails: [
      { value: "old", type: "work", display: "Old" },
      { value: "private", type: "home" },
    ],
    [urn]: { text: "old" },
  };

  test.each<[string, object, object]>([
    ["name.formatted", { name: { familyName: "n" } }, { name: { familyName: "n", formatted: "old" } }],
    ['emails[type eq "work"]', {}, { emails: [current.emails[0]] }],
    [
      'emails[type eq "work"]',
      {
        emails: [
          { value: "new", type: "work" },
          { value: "h", type: "home" },
        ],
      },
      { emails: [current.emails[0], { value: "h", type: "home" }] },
    ],
    [
      'emails[type eq "work"].display',
      { emails: [{ value: "new", type: "work" }] },
      { emails: [{ value: "new", type: "work", display: "Old" }] },
    ],
    ['emails[type eq "other"]', { emails: [{ value: "x", type: "other" }] }, {}],
    [`${urn}:text`, {}, { [urn]: { text: "old" } }],
    [`${urn}:flag`, { [urn]: { flag: true } }, {}],
  ])("keeps %s", (path, document, expected) => {
    expect(carryOver({ document: document as never, keep: [path], createOnly: [] }, current)).toEqual(expected);
  });
});
