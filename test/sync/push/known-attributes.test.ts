import { expect, test } from "vitest";
import { knownAttributes } from "../../../src/sync/push/known-attributes.ts";

test("of what a target says only the attributes count that we give, or gave before", () => {
  const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  const remote = {
    id: "1",
    userName: "a",
    locale: "zh-CN",
    title: "old",
    name: { formatted: "n", familyName: "theirs" },
    emails: [{ value: "a@b" }],
    [urn]: { department: "d", costCenter: "theirs" },
  };
  const given = { title: "older", emails: [] };
  const desired = { userName: "a", name: { formatted: "m" }, [urn]: { department: "e" }, nickName: "not there" };
  expect(knownAttributes(remote, given, desired)).toEqual({
    title: "old",
    emails: [{ value: "a@b" }],
    userName: "a",
    name: { formatted: "n" },
    [urn]: { department: "d" },
  });
});

test("an attribute called __proto__ is one like any other", () => {
  const odd = JSON.parse('{"__proto__":{"a":1},"title":"x"}');
  expect(Object.keys(knownAttributes(odd, odd))).toEqual(["__proto__", "title"]);
});
