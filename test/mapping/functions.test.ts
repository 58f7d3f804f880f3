import { expect, test } from "vitest";
import { celFunctions, replacements } from "../../src/mapping/functions/functions.ts";
import { mapMember } from "./inputs.ts";

const member = { userid: "lisi", email: "li.si@example.com", alias: "" };

/** The result of an expression as an attribute of type string or a list of them. */
function resultOf(expr: string, raw = member): unknown {
  const { document } = mapMember(
    { "urn:example:test:User:labels": { expr }, "urn:example:test:User:text": { expr: wrapped(expr) } },
    raw,
  );
  const extension = document["urn:example:test:User"] as { text?: string; labels?: string[] } | undefined;
  return extension?.text ?? extension?.labels;
}

const wrapped = (expr: string) => `dyn(${expr})`;

const asText = (value: unknown): unknown => (Array.isArray(value) ? value.map(String) : String(value));

test.each(celFunctions.map(({ signature, example }) => [signature, ...example] as const))(
  "%s: %s",
  (_, expression, result) => {
    expect(resultOf(expression)).toEqual(asText(result));
  },
);

test("a function whose argument is not for it gives no value", () => {
  for (const expression of [
    '"x".e164("CN")',
    '"138".e164("China")',
    '"x".pinyin({"colour": "red"})',
    'date("yesterday")',
    'date("2023-02-30")',
    'date("2023-02-01", "d/M/yyyy")',
    'date("2024-01-31").add(1, "fortnights")',
    'date("9999-12-31").add(1, "years")',
    '"abc".extract("[0-9]+")',
    "fileTime(9223372036854775807)",
  ]) {
    expect(resultOf(expression), expression).toBeUndefined();
  }
});

test("the built-in functions that ours stand in for cannot be reached", () => {
  expect([...replacements.keys()].sort()).toEqual(["join", "matches", "split", "timestamp"]);
  const started = process.cpuUsage().user;
  expect(resultOf(`"${"a".repeat(60)}!".matches("(a+)+$") ? "yes" : "no"`)).toBe("no");
  expect(process.cpuUsage(undefined).user - started).toBeLessThan(2_000_000);
});

test("neither texts nor lists nor steps grow beyond bounds", () => {
  const long = { ...member, alias: "x".repeat(20_000), name: "y".repeat(9_000) };
  for (const expression of [
    "member.alias.upper()",
    'member.name.split("").join(member.name)',
    'member.name.replace("y", "yy")',
    'member.name.replacePattern("y", "yy")',
    'member.name.split("").map(a, member.name.split("").map(b, b).size() > 0 ? a : a)',
    "cel.bind(a, member.name + member.name, cel.bind(b, a + a, b + b)).lower()",
    'member.alias.contains("x") && [1].exists(a, a == 1) ? "y" : ""',
  ]) {
    expect(resultOf(expression, long), expression).toBeUndefined();
  }
});

test("what is not there is no error in present and firstOf", () => {
  expect(resultOf("present(member.missing) ? 'yes' : 'no'")).toBe("no");
  expect(resultOf("firstOf(member.missing, member.alias, 1 / 0, 'last')")).toBe("last");
  expect(resultOf("firstOf(member.missing, member.alias)")).toBeUndefined();
});
