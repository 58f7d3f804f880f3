import fc from "fast-check";
import { expect, test } from "vitest";
import { type TagRecord, tagContexts } from "../../src/sync/tag-contexts.ts";

const tree = new Map([
  ["1", { parent: null }],
  ["2", { parent: "1" }],
  ["3", { parent: "2" }],
  ["4", { parent: "1" }],
]);
const tag = (key: string, users: readonly string[], departments: readonly string[] = []): TagRecord => ({
  key,
  name: `tag ${key}`,
  users,
  departments,
});
const keysOf = (tags: readonly TagRecord[], key: string, ...departments: readonly string[]): readonly string[] =>
  tagContexts(tags, tree)
    .of({ key, departments })
    .map((each) => each.key);

test("a person carries the tags whose list names him and those of his departments and of all above them", () => {
  const tags = [tag("5", ["a"]), tag("6", [], ["2"]), tag("7", [], ["3"]), tag("8", [], ["1"]), tag("9", ["b"], ["4"])];
  expect(keysOf(tags, "a", "3")).toEqual(["5", "6", "7", "8"]);
  expect(keysOf(tags, "b", "2")).toEqual(["6", "8", "9"]);
  expect(keysOf(tags, "c", "4", "3")).toEqual(["6", "7", "8", "9"]);
  expect(keysOf(tags, "c", "1")).toEqual(["8"]);
  expect(keysOf(tags, "c")).toEqual([]);
  expect(keysOf([], "a", "3")).toEqual([]);
});

test("tags come by their number, each once, whatever the order in which they were read", () => {
  const tags = [tag("10", ["a"], ["1"]), tag("x", ["a"]), tag("2", ["a", "a"], ["2", "1"]), tag("b", ["a"])];
  for (const order of [tags, tags.toReversed(), [...tags, ...tags]]) {
    expect(keysOf(order, "a", "2", "1")).toEqual(["2", "10", "b", "x"]);
  }
});

test("of a department that is out of sight its own tags are known, and no others", () => {
  expect(keysOf([tag("1", [], ["99"]), tag("2", [], ["1"])], "a", "99")).toEqual(["1"]);
});

test("people with the same tags share one list, and a tag is one object", () => {
  const people = Array.from({ length: 1000 }, (_, index) => `u${index}`);
  const contexts = tagContexts([tag("1", people), tag("2", people), tag("3", [], ["1"])], tree);
  const [first, last] = [contexts.of({ key: "u0", departments: [] }), contexts.of({ key: "u999", departments: [] })];
  expect(first).toBe(last);
  const whole = [contexts.of({ key: "", departments: ["3"] }), contexts.of({ key: "", departments: ["4", "2"] })];
  expect(whole[0]).toBe(whole[1]);
  expect(contexts.of({ key: "u5", departments: ["2"] })[0]).toBe(first[0]);
});

test("whatever the tree, circles too, it is what going up from each department finds, whoever asks first", () => {
  const key = fc.integer({ min: 1, max: 8 }).map(String);
  const parents = fc.uniqueArray(fc.tuple(key, fc.option(key)), { selector: ([each]) => each });
  const tags = fc.array(
    fc.record({ key, name: fc.constant(""), users: fc.array(key), departments: fc.array(key, { maxLength: 3 }) }),
    { maxLength: 5 },
  );
  const people = fc.array(fc.record({ key, departments: fc.array(key, { maxLength: 3 }) }), { maxLength: 6 });
  fc.assert(
    fc.property(parents, tags, people, (nodes, records, asking) => {
      const departments = new Map(nodes.map(([each, parent]) => [each, { parent }] as const));
      const contexts = tagContexts(records, departments);
      const last = [...new Map(records.map((record) => [record.key, record])).values()];
      for (const user of asking) {
        const above = new Set(user.departments);
        for (const each of above) {
          const parent = departments.get(each)?.parent ?? null;
          if (parent !== null) above.add(parent);
        }
        const carried = last.filter(
          ({ users, departments: units }) => users.includes(user.key) || units.some((unit) => above.has(unit)),
        );
        expect(contexts.of(user).map((each) => each.key)).toEqual(
          carried.map((record) => record.key).sort((a, b) => Number(a) - Number(b)),
        );
      }
    }),
  );
});
