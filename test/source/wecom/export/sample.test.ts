import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/lib/json.ts";
import type { SourceUser } from "../../../../src/source/source.ts";
import { Sample } from "../../../../src/source/wecom/export/sample.ts";

const person = (key: string, more: Readonly<Record<string, Json>>): SourceUser => ({
  ...{ kind: "user", key, departments: ["1"], mainDepartment: null, managers: [] },
  raw: { userid: key, name: key, ...more },
});

const custom = { extattr: { attrs: [{ type: 0, name: "工号", text: { value: "17" } }] } };

/** What a sample says of an export that shows each of its people so. */
function objectionTo(shown: readonly SourceUser[], listed: readonly SourceUser[]): string | null {
  const sample = new Sample();
  for (const user of listed) sample.add(user);
  for (const user of shown) sample.compare(user);
  return sample.objection;
}

const people = (count: number, more: (index: number) => Readonly<Record<string, Json>>): readonly SourceUser[] =>
  Array.from({ length: count }, (_, index) => person(`p${index}`, more(index)));

describe("a sample of an export", () => {
  test.each([
    ["an empty list of custom fields", { extattr: { attrs: [] } }],
    ["an empty object", { extattr: {} }],
  ])("is not content with %s in place of values", (_, hollow) => {
    const listed = people(20, () => custom);
    expect(objectionTo(listed, listed)).toBeNull();
    expect(
      objectionTo(
        people(20, () => hollow),
        listed,
      ),
    ).toMatch(/extattr/);
  });

  test("goes by each person: that somebody has a value does not speak for those who have lost theirs", () => {
    const listed = people(100, () => custom);
    expect(
      objectionTo(
        people(100, (index) => (index < 50 ? custom : {})),
        listed,
      ),
    ).toMatch(/extattr/);
    // Two of a hundred may have cleared a field between the two answers.
    expect(
      objectionTo(
        people(100, (index) => (index < 98 ? custom : {})),
        listed,
      ),
    ).toBeNull();
  });

  test("objects where the only one who has a field has it no more, and where people are missing", () => {
    const listed = people(100, (index) => (index === 7 ? { alias: "Seven" } : {}));
    expect(
      objectionTo(
        people(100, () => ({})),
        listed,
      ),
    ).toMatch(/alias/);
    expect(objectionTo(listed.slice(0, 97), listed)).toMatch(/of 100 people .*, 3 are not in the export/);
    expect(objectionTo(listed.slice(0, 98), listed)).toBeNull();
  });
});
