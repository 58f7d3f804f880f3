import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePeopleCsv } from "../../../src/directory/csv/parse-people-csv.ts";
import { readRecords } from "../../../src/directory/csv/read-records.ts";
import { foldCase } from "../../../src/lib/fold.ts";
import type { Json } from "../../../src/lib/json.ts";
import { patchOpSchema } from "../../../src/scim/messages.ts";
import { parsePatch } from "../../../src/scim/parse-patch.ts";
import { badge, catalog, enterprise, quote } from "./people-csv.ts";

const delimiter = fc.constantFrom("," as const, ";" as const, "\t" as const);
const lineBreak = fc.constantFrom("\n", "\r\n", "\r");

// Text as it is after reading: trimmed, with one kind of line break, and nothing that Excel could have done to it.
const text = fc
  .string({ unit: fc.oneof(fc.constantFrom(..."a0,;\t\"\n '张/"), fc.string({ minLength: 1, maxLength: 1 })) })
  .map((value) => value.replaceAll("\r", "\n").trim())
  .filter((value) => value !== "" && !/^['=#]|^[+-]?\d/.test(value) && !value.includes("\0"));
const level = text
  .map((value) => value.replace(/[;；\n/]/g, "").trim())
  .filter((value) => value !== "" && !/^['=#\d+-]/.test(value));
const path = fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join("/"));

const columns: readonly (readonly [heading: string, value: fc.Arbitrary<Json>])[] = [
  ["displayName", text],
  ["name.givenName", text],
  ['phoneNumbers[type eq "mobile"].value', text],
  [`${enterprise}:employeeNumber`, text],
  ["active", fc.boolean()],
  [`${badge}:number`, fc.maxSafeInteger()],
  [`${badge}:weight`, fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)],
];
const values = fc.tuple(...columns.map(([, value]) => fc.option(value)));
const people = fc.uniqueArray(
  fc.record({ userName: text, values, departments: fc.uniqueArray(path, { maxLength: 3 }), manager: fc.option(text) }),
  { selector: ({ userName }) => foldCase(userName), minLength: 1, maxLength: 5 },
);

describe("a CSV file of people", () => {
  test("is read as it was written, and every value can be patched", () => {
    fc.assert(
      fc.property(people, delimiter, lineBreak, (written, between, end) => {
        const headings = ["userName", ...columns.map(([heading]) => heading), "部门", "上级"];
        const rows = written.map(({ userName, values, departments, manager }) => [
          userName,
          ...values.map((value) => (value === null ? "" : String(value))),
          departments.join(";"),
          manager ?? "",
        ]);
        const csv = [headings, ...rows].map((cells) => cells.map(quote).join(between) + end).join("");
        const parsed = parsePeopleCsv(csv, catalog);
        expect(parsed.problems).toEqual([]);
        expect(parsed.people.map(({ line: _, ...person }) => person)).toEqual(
          written.map((person) => ({
            ...person,
            values: person.values.map((value, index) => ({ path: columns[index]?.[0], value })),
          })),
        );
        for (const { values } of parsed.people) {
          const Operations = values.map((value) => ({ op: "replace", ...value }));
          parsePatch({ schemas: [patchOpSchema], Operations }, { type: "User", catalog });
        }
      }),
    );
  });

  test("has the records that another reader finds where it is well-formed", () => {
    const cell = fc.string({ unit: fc.constantFrom(...'a=,;\t"\n') });
    const bare = fc.string({ unit: fc.constantFrom(..."a= ") });
    const record = fc.array(fc.oneof(cell.map(quote), bare), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), delimiter, (records, between) => {
        const csv = records.map((cells) => cells.join(between)).join("\n");
        const options = {
          delimiter: between,
          record_delimiter: "\n",
          relax_column_count: true,
          skip_empty_lines: true,
        };
        const expected = parse(csv, options)
          .map((cells) => cells.map((text) => text.trim()))
          .filter((cells) => cells.some((text) => text !== ""));
        expect([...readRecords(csv, between)].map(({ cells }) => cells)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test("may be any text: nothing is thrown, and no problem repeats a cell", () => {
    const token = fc.constantFrom(
      ...[
        "账号",
        "userName",
        "部门",
        "active",
        "id",
        "emails[",
        'type eq "work"',
        "].value",
        ",",
        ";",
        "\t",
        "\n",
        "\r",
      ],
      ...['"', '""', "=", "'", "/", "SECRET", "1.38E+10", "\0", "\ud800", " "],
    );
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join("")),
      fc.array(token, { maxLength: 30 }).map((tokens) => `账号,手机,active,部门\n${tokens.join("")}`),
    );
    fc.assert(
      fc.property(anything, (csv) => {
        const { people, problems, columns } = parsePeopleCsv(csv, catalog);
        const headings = columns.map(({ heading }) => heading).join();
        if (!headings.includes("SECRET")) expect(problems.map(({ detail }) => detail).join()).not.toContain("SECRET");
        const bad = new Set(problems.map(({ line }) => line));
        expect(people.filter(({ line }) => bad.has(line))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
