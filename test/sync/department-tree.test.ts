import fc from "fast-check";
import { expect, test } from "vitest";
import { departmentContexts, type TreeNode } from "../../src/sync/department-tree.ts";

type Node = Omit<TreeNode, "leaders">;

const contextsOf = (nodes: readonly Node[]) => departmentContexts(nodes.map((node) => ({ ...node, leaders: [] })));
const paths = (nodes: readonly Node[]): Record<string, string> =>
  Object.fromEntries([...contextsOf(nodes)].map(([key, { path }]) => [key, path]));

test("a path has the names from below the topmost department; that one has its own", () => {
  expect(
    paths([
      { key: "4", name: "平台", parent: "2" },
      { key: "1", name: "总部", parent: null },
      { key: "2", name: "研发", parent: "1" },
      { key: "3", name: "研发", parent: "2" },
    ]),
  ).toEqual({ "1": "总部", "2": "研发", "3": "研发/研发", "4": "研发/平台" });
});

test("departments whose parents are out of sight are topmost, each by itself", () => {
  expect(
    paths([
      { key: "7", name: "甲", parent: "5" },
      { key: "9", name: "乙", parent: "7" },
      { key: "8", name: "丙", parent: "6" },
    ]),
  ).toEqual({ "7": "甲", "9": "乙", "8": "丙" });
});

test("a circle is cut where it closes, and whoever leads himself is topmost", () => {
  expect(paths([{ key: "1", name: "自", parent: "1" }])).toEqual({ "1": "自" });
  const circle = paths([
    { key: "1", name: "a", parent: "2" },
    { key: "2", name: "b", parent: "1" },
  ]);
  expect(Object.keys(circle)).toEqual(["1", "2"]);
});

test("whatever the parents are, every department has a path that ends with its name", () => {
  const node = fc.record({
    key: fc.integer({ min: 1, max: 30 }).map(String),
    name: fc.constantFrom("a", "b", "__proto__", "c/d", ""),
    parent: fc.option(fc.integer({ min: 1, max: 40 }).map(String)),
  });
  fc.assert(
    fc.property(fc.uniqueArray(node, { selector: ({ key }) => key }), (nodes) => {
      const contexts = contextsOf(nodes);
      expect(contexts.size).toBe(nodes.length);
      for (const { key, name } of nodes) {
        const context = contexts.get(key);
        expect(context).toMatchObject({ key, name });
        expect(context?.path.endsWith(name)).toBe(true);
        expect(context?.parent === null || contexts.has(context?.parent ?? "")).toBe(true);
      }
    }),
  );
});

test("of a department its leaders are told as they are spelt, and the department above it if that is in sight", () => {
  const contexts = departmentContexts([
    { key: "2", name: "研发", parent: "1", leaders: ["LiSi", "wangwu"] },
    { key: "3", name: "平台", parent: "2", leaders: [] },
    { key: "4", name: "自", parent: "4", leaders: [] },
  ]);
  expect([...contexts.values()].map(({ parent, leaders }) => [parent, leaders])).toEqual([
    [null, ["LiSi", "wangwu"]],
    ["2", []],
    [null, []],
  ]);
});
