import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { breachesOf, readImportRules } from "./support/import-rules.ts";
import { importsOf, projectDir, readSourceFiles } from "./support/imports.ts";

const files = readSourceFiles("src");
const imports = files.flatMap(importsOf);
const rules = readImportRules(readFileSync(`${projectDir}/docs/architecture.md`, "utf8"));

describe("the table in docs/architecture.md", () => {
  it("names every part of src", () => {
    const parts = readdirSync(`${projectDir}/src`, { withFileTypes: true });
    const names = parts.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    expect(rules.map(({ part }) => part).sort()).toEqual(names.sort());
  });

  it("says which part may import which", () => {
    expect(imports.filter(({ to }) => to.startsWith("src/")).length).toBeGreaterThan(300);
    expect(breachesOf(rules, imports)).toEqual([]);
  });

  it("would show an import that is not in it", () => {
    const text = [
      'import { a, type B } from "../source/wecom/client.ts";',
      'import { type C, type D } from "../source/source.ts";',
      'import type { E } from "../source/wecom/token.ts";',
      'export * from "../http/app.ts";',
      'const f = await import("../store/sqlite/open.ts");',
      'import {\n  g,\n  type H,\n} from "../lib/json.ts";',
    ].join("\n");
    expect(breachesOf(rules, importsOf({ path: "src/mapping/made-up.ts", text }))).toEqual([
      "src/mapping/made-up.ts imports src/source/wecom/client.ts",
      "src/mapping/made-up.ts imports types of src/source/wecom/token.ts",
      "src/mapping/made-up.ts imports src/http/app.ts",
      "src/mapping/made-up.ts imports src/store/sqlite/open.ts",
    ]);
    const elsewhere = importsOf({ path: "src/made-up/file.ts", text: 'import { a } from "../lib/json.ts";' });
    expect(breachesOf(rules, elsewhere)).toEqual(["src/made-up/file.ts is in no part of the table"]);
  });
});

describe("src", () => {
  it("imports nothing that the reader of imports overlooks", () => {
    for (const file of files) {
      const mentioned = [...file.text.matchAll(/(\bfrom |\bimport |\bimport\()"\.[^"]*"/g)].length;
      const found = importsOf(file).filter(({ to }) => to.startsWith("src/"));
      expect({ path: file.path, found: found.length }).toEqual({ path: file.path, found: mentioned });
    }
  });

  it("imports nothing from tests, the bench or build output", () => {
    expect(imports.filter(({ to }) => /^(test|bench|dist)\/|^\.\./.test(to))).toEqual([]);
  });

  it("names concrete sources, targets and databases in wire.ts alone", () => {
    const concrete = imports.filter(
      ({ from, to }) =>
        /^src\/(source|target|store)\//.test(to) &&
        !/^src\/(source\/source|target\/target|store\/store)\.ts$/.test(to) &&
        partOf(from) !== partOf(to),
    );
    expect([...new Set(concrete.map(({ from }) => from))]).toEqual(["src/wire.ts"]);
  });

  it("has the database's drivers in store/ alone", () => {
    const drivers = imports.filter(({ to }) => /^(kysely|pg|better-sqlite3)$/.test(to));
    expect([...new Set(drivers.map(({ from }) => partOf(from)))]).toEqual(["src/store"]);
  });

  it("has no circle of files that need each other to load", () => {
    expect(circlesOf(imports)).toEqual([]);
  });

  it("has no file of more than 400 lines", () => {
    const long = files.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > 400)).toEqual([]);
  });

  it("has no default exports and writes to no console", () => {
    const found = files.filter(({ text }) => /^export default\b/m.test(text) || /\bconsole\.\w+\(/.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  it("has imports with the extension that the file has", () => {
    const relative = imports.filter(({ to }) => to.startsWith("src/"));
    const known = new Set(files.map(({ path }) => path));
    const isThere = (path: string) =>
      known.has(path) || (path.endsWith(".json") && existsSync(`${projectDir}/${path}`));
    expect(relative.filter(({ to }) => !isThere(to))).toEqual([]);
  });
});

function partOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** Circles of imports that are there when the program runs, each as its files. */
function circlesOf(all: typeof imports): readonly string[] {
  const needs = new Map<string, string[]>();
  for (const { from, to, typesOnly } of all) {
    if (!typesOnly && to.startsWith("src/")) needs.set(from, [...(needs.get(from) ?? []), to]);
  }
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].join(" → "));
    if (start >= 0 || done.has(file)) return;
    for (const next of needs.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of needs.keys()) visit(file, []);
  return circles;
}
