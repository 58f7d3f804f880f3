import { describe, expect, test } from "vitest";
import { carryOver } from "../../src/mapping/carry-over.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import { MappingError } from "../../src/mapping/problem.ts";
import { toRecordInput } from "../../src/mapping/run-tests.ts";

// SCIM takes a missing `active` for true (RFC 7643 §4.1.1 leaves it to the server): a rule that says nothing must not
// switch anybody on.

const compile = (rule: object | null) =>
  compileMapping({
    name: "test",
    mapping: { user: { userName: { from: "userid" }, ...(rule && { active: rule }) } },
    extensions: [],
  });

function activeOf(rule: object | null, current: boolean | null): unknown {
  const { input } = toRecordInput({ member: { userid: "u", position: "经理", status: 2 } });
  const mapped = compile(rule).mapUser(input as Parameters<ReturnType<typeof compile>["mapUser"]>[0]);
  return carryOver(mapped, current === null ? null : { userName: "u", active: current })["active"];
}

describe("a rule for active", () => {
  test.each([
    ["of a field of another type", { from: "position" }],
    ["of a field that is not there", { from: "alias" }],
    ["of an expression of another type", { expr: 'member.position + "!"' }],
    ["with a condition that does not hold", { const: true, when: "member.status == 9" }],
    ["with a table that lacks the value", { from: "status", values: { "1": true } }],
    ["with a table that gives none", { from: "status", values: { "2": null } }],
    ["that is normalised away", { from: "position", normalise: { extract: { pattern: "^x" } } }],
  ])("%s leaves everybody as he is, and who is new is inactive", (_, rule) => {
    expect(activeOf(rule, true)).toBe(true);
    expect(activeOf(rule, false)).toBe(false);
    expect(activeOf(rule, null)).toBe(false);
  });

  test("with a default of its own gives that to who is new", () => {
    const rule = { from: "alias", default: true };
    expect([activeOf(rule, true), activeOf(rule, false), activeOf(rule, null)]).toEqual([true, false, true]);
  });

  test("that decides, decides", () => {
    const rule = { expr: "member.status == 1" };
    expect([activeOf(rule, true), activeOf(rule, false), activeOf(rule, null)]).toEqual([false, false, false]);
  });

  test("cannot ask to be cleared", () => {
    expect(() => compile({ from: "status", absent: "clear" })).toThrow(MappingError);
  });

  test("that is missing is a warning", () => {
    expect(compile(null).warnings).toMatchObject([{ pointer: "/user", detail: expect.stringContaining("active") }]);
    expect(compile({ from: "status" }).warnings).toEqual([]);
  });
});

test("two keys for one element are refused, though they spell its type differently", () => {
  const mapping = {
    user: {
      userName: { from: "userid" },
      'emails[type eq "work"].value': { from: "email" },
      'emails[type eq "WORK"].value': { from: "biz_mail" },
    },
  };
  expect(() => compileMapping({ name: "test", mapping, extensions: [] })).toThrow(/writes the same attribute/);
});
