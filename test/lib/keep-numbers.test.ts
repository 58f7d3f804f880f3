import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepNumbers } from "../../src/lib/keep-numbers.ts";

let folder: string;
let errors: unknown[];
const open = (name = "numbers.json") => keepNumbers(join(folder, name), { onError: (error) => errors.push(error) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bridge-numbers-"));
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("keeps numbers for whoever opens the file next, readable by its owner alone", async () => {
  const kept = open("deeper/numbers.json");
  expect(await kept.read("a")).toBeNull();
  await Promise.all([kept.note("a", 1), kept.note("b", 2), kept.note("a", 3)]);
  const again = open("deeper/numbers.json");
  expect([await again.read("a"), await again.read("b"), await again.read("c")]).toEqual([3, 2, null]);
  expect(statSync(join(folder, "deeper/numbers.json")).mode & 0o077).toBe(0);
  expect(errors).toEqual([]);
});

it("takes a broken file for an empty one, and says so once", async () => {
  writeFileSync(join(folder, "numbers.json"), "{");
  const kept = open();
  expect([await kept.read("a"), await kept.read("a"), errors.length]).toEqual([null, null, 1]);
  await kept.note("a", 1);
  expect(JSON.parse(readFileSync(join(folder, "numbers.json"), "utf8"))).toEqual({ a: 1 });
});

it("goes on where nothing can be written", async () => {
  writeFileSync(join(folder, "file"), "");
  const kept = open("file/numbers.json");
  await kept.note("a", 1);
  expect(await kept.read("a")).toBe(1);
  expect(errors.length).toBeGreaterThan(0);
});
