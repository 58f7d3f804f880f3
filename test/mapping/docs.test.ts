import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileMapping, compileMappingText } from "../../src/mapping/compile.ts";
import { runMappingTests } from "../../src/mapping/run-tests.ts";
import { compileTargetRules } from "../../src/mapping/target-rules.ts";
import { makeSchemaCatalog, parseSchema } from "../../src/scim/catalog.ts";
import { loadExtensions } from "../support/load-schemas.ts";

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
        { key: "2", name: "技术部", path: "技术部", parent: null, leaders: ["WangWu"] },
        { key: "5", name: "平台组", path: "技术部/平台组", parent: "2", leaders: ["LiSi"] },
      ];
      const tags = [
        { key: "2", name: "核心" },
        { key: "10", name: "On call" },
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
        tags,
        source: { organization: "acme", namespace: null, unseenFields: new Set() },
      });
      expect(document).toEqual({ externalId: "zhangsan", userName: "zhangsan", ...result });
      expect(warnings).toEqual([]);
    },
  );
});

test("the files in the documentation compile, and their tests hold", () => {
  const files = blocksOf("file");
  expect(files).toHaveLength(3);
  const results = files.flatMap((mapping) => runMappingTests(compileMapping({ name: "docs", mapping, extensions })));
  expect(results).toHaveLength(3);
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
});

test("the rules of a target give what is said there", () => {
  const [rules, documents, adjusted] = [blocksOf("target"), blocksOf("document"), blocksOf("adjusted")];
  expect(rules).toHaveLength(1);
  const { adjustUser } = compileTargetRules(rules[0], { catalog: makeSchemaCatalog(extensions) });
  expect(adjustUser(documents[0])).toEqual(adjusted[0]);
});

test("the messages in the documentation are the ones that are given", () => {
  const broken = /^```json broken\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
  const messages = /^```messages\n([\s\S]*?)\n```$/m.exec(text)?.[1];
  expect(() => compileMappingText({ name: "wecom", text: broken, extensions })).toThrow(
    expect.objectContaining({ message: messages }),
  );
});
