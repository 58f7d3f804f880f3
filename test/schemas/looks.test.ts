import { utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { mappingInForce } from "../../src/schemas/in-force.ts";
import { makeSchemasFixture, type SchemasFixture } from "../support/schemas.ts";

let at: SchemasFixture;
beforeEach(async () => {
  at = await makeSchemasFixture();
});

const wecom = "mappings/wecom.json";
const rules = (title: string) => ({ user: { userName: { from: "userid" }, title: { from: title } } });
const mistakes = (count: number) => ({
  user: Object.fromEntries(Array.from({ length: count }, (_, n) => [`nope${n}`, { from: "x" }])),
});

describe("looks at the files", () => {
  test("are shared by those who ask at the same time, and see what was written before", async () => {
    const registry = await at.open();
    const read = vi.spyOn(at.store, "activeSchemaSummaries");
    const early = registry.refresh();
    at.write(wecom, rules("position"));
    const looks = await Promise.all([early, ...Array.from({ length: 50 }, () => registry.refresh())]);
    expect(read.mock.calls.length).toBeLessThanOrEqual(3);
    expect(looks.slice(1).map(({ mappings }) => mappings.get("wecom")?.version)).toEqual(looks.slice(1).map(() => 2));
  });

  test("read no texts of versions, and judge nothing, as long as nothing changed", async () => {
    const registry = await at.open();
    await registry.refresh();
    const before = await registry.refresh();
    const texts = vi.spyOn(at.store, "activeSchemas");
    expect(await registry.refresh()).toBe(before);
    expect(texts).not.toHaveBeenCalled();
    at.write(wecom, rules("position"));
    expect((await registry.refresh()).mappings.get("wecom")?.version).toBe(2);
  });

  test("see what another process put into force, without a change of a file", async () => {
    const [one, other] = [await at.open(), await at.open()];
    for (let n = 0; n < 2; n += 1) await other.refresh();
    const editor = at.editorOf(one);
    const draft = await editor.saveDraft("mapping", "minimal", JSON.stringify(rules("alias")));
    await editor.activate(draft);
    expect((await other.refresh()).mappings.get("minimal")?.version).toBe(2);
  });

  test("see an edit that leaves size and time of a file as they were, while it is new", async () => {
    const registry = await at.open();
    const [first, second] = [JSON.stringify(rules("mobile")), JSON.stringify(rules("gender"))];
    const time = new Date();
    const write = (text: string) => {
      at.write(wecom, text);
      utimesSync(join(at.directory, wecom), time, time);
    };
    write(first);
    expect((await registry.refresh()).mappings.get("wecom")?.version).toBe(2);
    write(second);
    expect((await registry.refresh()).mappings.get("wecom")?.version).toBe(3);
  });

  test("cost next to nothing beside a file with thousands of mistakes", async () => {
    const registry = await at.open();
    at.write(wecom, mistakes(20_000));
    await registry.refresh();
    const startedAt = performance.now();
    for (let n = 0; n < 5; n += 1) await registry.refresh();
    expect((performance.now() - startedAt) / 5).toBeLessThan(100);
  });
});

describe("what is said of a file with thousands of mistakes", () => {
  test("is short in a task and in the log, and a hundred problems in the list", async () => {
    const registry = await at.open({ watch: true });
    at.write(wecom, mistakes(20_000));
    const now = await registry.refresh();
    expect(now.files.find(({ kind, name }) => kind === "mapping" && name === "wecom")?.problems).toHaveLength(100);
    const { problem } = mappingInForce(now, "wecom");
    expect(problem?.split("\n")).toHaveLength(6);
    expect(problem).toMatch(/\nand 95 more$/);
    const line = at.logLines.find((each) => each.includes("the file cannot be used"));
    expect(JSON.parse(line ?? "{}").problems).toHaveLength(21);
  });

  test("is short where nothing is in force for it", async () => {
    at.write("mappings/own.json", mistakes(20_000));
    const now = (await at.open()).inForce();
    expect(() => mappingInForce(now, "own")).toThrow(/and 95 more$/);
  });

  test("has no long lines", async () => {
    at.write("mappings/own.json", { user: { userName: { from: "userid" }, ["x".repeat(100_000)]: { from: "name" } } });
    const registry = await at.open({ watch: true });
    expect(() => mappingInForce(registry.inForce(), "own")).toThrow();
    const line = at.logLines.find((each) => each.includes("the file cannot be used"));
    expect(line?.length).toBeLessThan(2000);
  });
});

test("a test that fails is logged by its name and place, without the people in it", async () => {
  const mapping = JSON.parse(at.read(wecom));
  const member = { userid: "zhang", name: "张三丰", mobile: "13800001111", status: 1, department: [1] };
  mapping.tests = [{ name: "a display name", member, expect: { displayName: "李四" } }];
  at.write(wecom, mapping);
  const now = (await at.open({ watch: true })).inForce();
  const line = at.logLines.find((each) => each.includes("perhaps not as it was meant")) ?? "";
  expect(line).toMatch(/wecom\.json:\d+:\d+ \/tests\/0\/expect\/displayName: test \\"a display name\\" fails/);
  expect(line).not.toMatch(/李四|张三丰/);
  expect(now.mappings.get("wecom")?.warnings[0]?.detail).toBe('test "a display name": expected "李四", got "张三丰"');
});
