import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { projectDir } from "../support/imports.ts";

const folder = `${projectDir}/dist/console`;

it("what a browser loads at first stays below 500 KB, compressed", () => {
  const page = readFileSync(`${folder}/index.html`, "utf8");
  const files = [...page.matchAll(/(?:src|href)="\/?(assets\/[^"]+)"/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(1);
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(`${folder}/${file}`)).length, 0);
  expect(bytes).toBeLessThan(500_000);
});
