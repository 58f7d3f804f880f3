import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { mapMember } from "./inputs.ts";

// docs/mapping-entra.md: each line of the first table is a function, a rule, a member and a value.

const text = readFileSync(join(import.meta.dirname, "../../docs/mapping-entra.md"), "utf8");
const [done = "", missing = ""] = text.split("## What is not there");
const rowsOf = (part: string) =>
  [...part.matchAll(/^\| (.+) \|$/gm)]
    .map(([, row = ""]) => row.split(" | "))
    .filter(([first = ""]) => first !== "function" && !first.startsWith("---"));

// The list at the head of Microsoft's page.
const functions =
  `Append AppRoleAssignmentsComplex BitAnd CBool CDate Coalesce ConvertToBase64 ConvertToUTF8Hex Count CStr DateAdd
   DateDiff DateFromNum FormatDateTime Guid IgnoreFlowIfNullOrEmpty IIF InStr IsNull IsNullOrEmpty IsPresent IsString
   Item Join Left Mid NormalizeDiacritics Not Now NumFromDate PCase RandomString Redact RemoveDuplicates Replace
   SelectUniqueValue SingleAppRoleAssignment Split StripSpaces Switch ToLower ToUpper Word`.split(/\s+/);

test("every function of Entra ID has its line", () => {
  const named = [...rowsOf(done), ...rowsOf(missing)].map(([name = ""]) => name.replace(/ \(.*/, ""));
  expect(functions).toHaveLength(43);
  expect([...new Set(named)].sort()).toEqual([...functions].sort());
});

test.each(rowsOf(done).map(([name = "", rule = "", member = "", value = ""]) => [name, rule, member, value]))(
  "%s",
  (_, rule = "", member = "", value = "") => {
    const expected = value === "none" ? undefined : JSON.parse(unquote(value));
    const attribute = attributeFor(expected);
    const raw = { userid: "u", ...JSON.parse(unquote(member)) } as JsonObject;
    const { document, warnings } = mapMember(
      { [`urn:example:test:User:${attribute}`]: JSON.parse(unquote(rule)) },
      raw,
    );
    const extension = document["urn:example:test:User"];
    expect(isJsonObject(extension) ? extension[attribute] : undefined).toEqual(expected);
    expect(warnings).toEqual([]);
  },
);

function unquote(cell: string): string {
  expect(cell).toMatch(/^`.*`$/);
  return cell.slice(1, -1);
}

function attributeFor(value: unknown): string {
  if (Array.isArray(value)) return "labels";
  return { boolean: "flag", number: "count" }[typeof value as string] ?? "text";
}
