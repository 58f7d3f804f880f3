import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { MappingError } from "../../src/mapping/problem.ts";
import { SchemaConflictError, type SchemaEditor } from "../../src/schemas/editor.ts";
import { ReadOnlyError } from "../../src/schemas/folder.ts";
import type { SchemaRegistry } from "../../src/schemas/registry.ts";
import { makeSchemasFixture, type SchemasFixture } from "../support/schemas.ts";

let at: SchemasFixture;
let registry: SchemaRegistry;
let editor: SchemaEditor;
beforeEach(async () => {
  at = await makeSchemasFixture();
  registry = await at.open();
  editor = at.editorOf(registry);
});

const text = (title: string) =>
  `{\n  "user": { "userName": { "from": "userid" }, "title": { "from": "${title}" } }\n}\n`;
const inForce = () => registry.inForce().mappings.get("wecom")?.version;

test("a draft changes nothing; activated it is in force and in the file, letter by letter", async () => {
  const before = at.read("mappings/wecom.json");
  const draft = await editor.saveDraft("mapping", "wecom", text("alias"));
  expect(draft).toMatchObject({ version: 2, state: "draft" });
  await registry.refresh();
  expect([inForce(), at.read("mappings/wecom.json")]).toEqual([1, before]);
  expect(await editor.activate(draft)).toMatchObject({ version: 2, state: "active" });
  expect([inForce(), at.read("mappings/wecom.json")]).toEqual([2, text("alias")]);
});

test("a broken draft is refused with its places, and not kept", async () => {
  await expect(editor.saveDraft("mapping", "wecom", text("positon"))).rejects.toThrow(
    /mappings\/wecom\.json:2:\d+ \/user\/title\/from: .* did you mean position/,
  );
  await expect(editor.saveDraft("mapping", "wecom", "{")).rejects.toThrow(MappingError);
  expect((await at.store.listSchemaVersions("mapping", "wecom", { limit: 10 })).items).toHaveLength(1);
});

test("a former version rolls back", async () => {
  const before = at.read("mappings/wecom.json");
  await editor.activate(await editor.saveDraft("mapping", "wecom", text("alias")));
  const first = await at.store.findSchemaVersion("mapping", "wecom", 1);
  if (first === null) throw new Error("no version 1");
  expect(await editor.activate(first)).toMatchObject({ version: 1, state: "active" });
  expect(at.read("mappings/wecom.json")).toBe(before);
});

test("a file that somebody edits after an activation wins; one that is older is written anew", async () => {
  await editor.activate(await editor.saveDraft("mapping", "wecom", text("alias")));
  at.write("mappings/wecom.json", text("position"));
  at.age("mappings/wecom.json", 3_600_000);
  await registry.refresh();
  expect([inForce(), at.read("mappings/wecom.json")]).toEqual([2, text("alias")]);
  // Nothing is lost: what the file held can be activated.
  expect(await at.store.findSchemaVersion("mapping", "wecom", 3)).toMatchObject({
    state: "draft",
    text: text("position"),
  });
  at.write("mappings/wecom.json", text("position"));
  at.age("mappings/wecom.json", -1000);
  await registry.refresh();
  expect([inForce(), at.read("mappings/wecom.json")]).toEqual([3, text("position")]);
});

test("files that cannot be written: nothing comes into force, and the error says where to go", async () => {
  rmSync(join(at.directory, "mappings/wecom.json"));
  mkdirSync(join(at.directory, "mappings/wecom.json"));
  const draft = await editor.saveDraft("mapping", "wecom", text("alias"));
  await expect(editor.activate(draft)).rejects.toThrow(ReadOnlyError);
  await registry.refresh();
  expect(inForce()).toBe(1);
});

test("an older file that cannot be written anew does not come into force", async () => {
  await editor.activate(await editor.saveDraft("mapping", "wecom", text("alias")));
  rmSync(join(at.directory, "mappings"), { recursive: true });
  const state = (await registry.refresh()).files.find(({ kind, name }) => kind === "mapping" && name === "wecom");
  expect([inForce(), state?.state]).toEqual([2, "broken"]);
});

test("an extension that would take away what a mapping writes is refused; unused attributes may go", async () => {
  const schema = JSON.parse(at.read("extensions/wecom.json"));
  schema.attributes.push({ name: "badge", type: "string" });
  const more = await editor.activate(await editor.saveDraft("extension", "wecom", JSON.stringify(schema)));
  expect(more).toMatchObject({ kind: "extension", version: 2 });
  const [, ...others] = schema.attributes;
  const less = await editor.saveDraft("extension", "wecom", JSON.stringify({ ...schema, attributes: others }));
  const refused = await editor.activate(less).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(SchemaConflictError);
  expect((refused as SchemaConflictError).problems[0]).toMatchObject({ pointer: expect.stringContaining("gender") });
  await expect(editor.remove("extension", "wecom")).rejects.toThrow(SchemaConflictError);
  expect(registry.inForce().extensions.get("wecom")?.version).toBe(2);
  const first = await at.store.findSchemaVersion("extension", "wecom", 1);
  if (first !== null) await editor.activate(first);
  expect(registry.inForce().extensions.get("wecom")?.version).toBe(1);
});

test("a removed mapping is out of force, and can be activated again", async () => {
  await editor.remove("mapping", "minimal");
  expect(registry.inForce().mappings.has("minimal")).toBe(false);
  const version = await at.store.findSchemaVersion("mapping", "minimal", 1);
  if (version !== null) await editor.activate(version);
  expect(registry.inForce().mappings.get("minimal")?.version).toBe(1);
});
