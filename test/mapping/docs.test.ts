import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileMapping } from "../../src/mapping/compile.ts";
import { loadExtensions } from "../../src/mapping/load.ts";
import { parseSchema } from "../../src/scim/catalog.ts";

// Examples of docs/mapping.md: a block `json rule`, one `json member`, one `json result`; whole files are `json file`,
// extension schemas `json extension`.

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "docs/mapping.md"), "utf8");
const blocks = [...text.matchAll(/^```json (\w+)\n([\s\S]*?)^```$/gm)].map(([, kind = "", json = ""]) => ({
  kind,
  value: JSON.parse(json),
}));
const blocksOf = (kind: string) => blocks.filter((block) => block.kind === kind).map(({ value }) => value);

const documented = blocksOf("extension").map(({ $schema: _, ...schema }) => parseSchema(schema));
const extensions = [...(await loadExtensions(join(root, "schemas"))), ...documented];

describe("every example in the documentation gives what is said there", () => {
  const rules = blocksOf("rule");
  const [members, results] = [blocksOf("member"), blocksOf("result")];

  test("each has a rule, a member and a result", () => {
    expect(rules.length).toBeGreaterThan(10);
    expect([members.length, results.length]).toEqual([rules.length, rules.length]);
  });

  test.each(rules.map((rule, index) => [Object.keys(rule).join(", "), rule, members[index], results[index]]))(
    "%s",
    (_, rule, member, result) => {
      const mapping = compileMapping({
        name: "docs",
        mapping: { user: { userName: { from: "userid" }, ...rule } },
        extensions,
      });
      const departments = [
        { key: "2", name: "技术部", path: "技术部" },
        { key: "5", name: "平台组", path: "技术部/平台组" },
      ];
      const { document, warnings } = mapping.mapUser({
        user: {
          kind: "user",
          key: "zhangsan",
          raw: { userid: "zhangsan", ...member },
          departments: [],
          mainDepartment: null,
          managers: [],
        },
        departments,
        mainDepartment: departments[1] ?? null,
        source: { organization: "acme", namespace: null, unseenFields: new Set() },
      });
      const { externalId, userName, ...attributes } = document;
      expect([externalId, userName]).toEqual(["zhangsan", "zhangsan"]);
      expect(attributes).toEqual(result);
      expect(warnings).toEqual([]);
    },
  );
});

test("the file in the documentation compiles", () => {
  const files = blocksOf("file");
  expect(files).toHaveLength(1);
  for (const mapping of files) expect(compileMapping({ name: "docs", mapping, extensions }).name).toBe("docs");
});

test("the messages in the documentation are the ones that are given", () => {
  const mapping = { user: { userName: { from: "userid" }, titel: { from: "position" }, active: { const: "maybe" } } };
  expect(() => compileMapping({ name: "wecom", mapping, extensions })).toThrow(
    expect.objectContaining({ message: /^```\n(mappings\/[\s\S]*?)\n```$/m.exec(text)?.[1] }),
  );
});
