import { expect, test } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { chooseUnique } from "../../src/mapping/unique.ts";
import { mapMember, plainSource } from "./inputs.ts";

const candidatesOf = (unique: Json, raw: Record<string, Json>, normalise: Json = "trim") =>
  (mapMember({ nickName: { from: "alias", normalise, unique } }, { userid: "u", ...raw }).unique ?? []).map((each) => [
    ...each.candidates(),
  ]);

test("the value comes first, then numbers, the same each time", () => {
  const [first, ...others] = candidatesOf({ tries: 3 }, { alias: "li" });
  expect([first, ...others]).toEqual([["li", "li2", "li3", "li4"]]);
  expect(candidatesOf({ tries: 3 }, { alias: "li" })).toEqual([first]);
  expect(candidatesOf(true, { alias: "li" })[0]).toHaveLength(1_001);
});

test("alternatives come before numbers, and go through the normalisers too", () => {
  const unique = {
    or: ['member.alias + "." + member.userid.left(1)', "member.missing", 'member.alias + "_"'],
    tries: 1,
  };
  expect(candidatesOf(unique, { alias: "Li " }, ["trim", "lower"])).toEqual([["li", "li .u", "li _", "li2"]]);
});

test("a number goes where the pattern says", () => {
  const unique = { pattern: "{local}.{n}@{domain}", start: 7, tries: 2 };
  expect(candidatesOf(unique, { alias: "li@example.com" })).toEqual([
    ["li@example.com", "li.7@example.com", "li.8@example.com"],
  ]);
});

test("no candidate is longer than told, and each keeps its number", () => {
  expect(candidatesOf({ maxLength: 4, start: 9, tries: 2 }, { alias: "lisi-wang" })).toEqual([
    ["lisi", "lis9", "li10"],
  ]);
  const unique = { pattern: "{local}{n}@{domain}", maxLength: 8, tries: 1 };
  expect(candidatesOf(unique, { alias: "lisi@a.cn" })[0]).toContain("li2@a.cn");
  expect(candidatesOf({ maxLength: 1, tries: 1 }, { alias: "ab" })).toEqual([["a"]]);
});

const rules = { displayName: { from: "name", unique: { tries: 2 } } };
const mapped = mapMember(rules, { userid: "u", name: "Li" });

test("the first candidate that is free is taken", () => {
  const takenBy =
    (...names: string[]) =>
    (path: string, value: string) =>
      path === "displayName" && names.includes(value);
  expect(chooseUnique(mapped, null, takenBy()).document["displayName"]).toBe("Li");
  expect(chooseUnique(mapped, null, takenBy("Li", "Li2")).document["displayName"]).toBe("Li3");
});

test("who has a candidate keeps it, even if an earlier one is free", () => {
  expect(chooseUnique(mapped, { displayName: "Li3" }, () => false).document["displayName"]).toBe("Li3");
  expect(chooseUnique(mapped, { displayName: "Wang" }, () => false).document["displayName"]).toBe("Li");
});

test("where every candidate is taken the record is held", () => {
  const { problems } = chooseUnique(mapped, null, () => true);
  expect(problems).toEqual([{ pointer: "/user/displayName", detail: "each of 3 values is somebody else's already" }]);
});

test("a namespace is part of a userName that is made unique", () => {
  const source = { ...plainSource, namespace: "east" };
  const { unique = [], document } = mapMember(
    { userName: { from: "userid", unique: { tries: 1 } } },
    { userid: "li" },
    { source },
  );
  expect(document["userName"]).toBe("li@east");
  expect(unique.map(({ path, candidates }) => [path, ...candidates()])).toEqual([["userName", "li@east", "li2@east"]]);
});

test("a mapping without unique values has none to settle", () => {
  const plain = mapMember({}, { userid: "u" });
  expect(chooseUnique(plain, null, () => true)).toBe(plain);
});
