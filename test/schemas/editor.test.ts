import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { MappingError } from "../../src/mapping/problem.ts";
import { SchemaConflictError, type SchemaEditor } from "../../src/schemas/editor.ts";
import type { SchemaRegistry } from "../../src/schemas/registry.ts";
import { FileWriteError, ReadOnlyError } from "../../src/schemas/write-file.ts";
import { failRenames, failWrites } from "../support/failing-writes.ts";
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

test("is in force all the same when a look at the folder finds the written file first", async () => {
  const draft = await editor.saveDraft("mapping", "wecom", text("alias"));
  const other = await at.open();
  const activate = at.store.activateSchema.bind(at.store);
  vi.spyOn(at.store, "activateSchema").mockImplementationOnce(async (...given) => {
    await other.refresh();
    return activate(...given);
  });
  expect(await editor.activate(draft)).toMatchObject({ version: 2, state: "active", text: text("alias") });
  expect(inForce()).toBe(2);
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

test.each(["EROFS", "EACCES", "EPERM"])("files that may not be written (%s) are read-only", async (code) => {
  const draft = await editor.saveDraft("mapping", "wecom", text("alias"));
  failWrites(code);
  await expect(editor.activate(draft)).rejects.toThrow(ReadOnlyError);
  expect((await registry.refresh()).mappings.get("wecom")?.version).toBe(1);
});

test("a disk without space is not read-only: the error says what it is, and nothing comes into force", async () => {
  const before = at.read("mappings/wecom.json");
  const draft = await editor.saveDraft("mapping", "wecom", text("alias"));
  failWrites("ENOSPC");
  const error = await editor.activate(draft).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FileWriteError);
  expect(error).not.toBeInstanceOf(ReadOnlyError);
  expect(error).toMatchObject({ message: "the file mappings/wecom.json cannot be written (ENOSPC)" });
  expect((await registry.refresh()).mappings.get("wecom")?.version).toBe(1);
  expect(at.read("mappings/wecom.json")).toBe(before);
});

test("a file that is mounted alone is written in place, and read-only where that fails too", async () => {
  failRenames("EBUSY");
  expect(await editor.activate(await editor.saveDraft("mapping", "wecom", text("alias")))).toMatchObject({
    version: 2,
  });
  expect(at.read("mappings/wecom.json")).toBe(text("alias"));
  const draft = await editor.saveDraft("mapping", "wecom", text("position"));
  failWrites("EBUSY");
  await expect(editor.activate(draft)).rejects.toThrow(ReadOnlyError);
});

test("an older file that cannot be written anew for want of space stays behind, and is tried again", async () => {
  await editor.activate(await editor.saveDraft("mapping", "wecom", text("alias")));
  at.write("mappings/wecom.json", text("position"));
  at.age("mappings/wecom.json", 3_600_000);
  const stateOf = async () =>
    (await registry.refresh()).files.find(({ kind, name }) => kind === "mapping" && name === "wecom")?.state;
  const lift = failWrites("ENOSPC");
  expect([await stateOf(), inForce()]).toEqual(["behind", 2]);
  lift();
  expect([await stateOf(), at.read("mappings/wecom.json")]).toEqual(["current", text("alias")]);
});

test("a draft comes with what is perhaps not meant", async () => {
  const mapping = JSON.parse(at.read("mappings/wecom.json"));
  mapping.user.title = { const: "staff" };
  const { warnings } = await editor.saveDraft("mapping", "wecom", JSON.stringify(mapping));
  expect(warnings[0]?.detail).toMatch(/^test ".*": expected ".*", got "staff"$/);
});

test("an attribute of another type that a mapping writes is warned of; a new one is not", async () => {
  const schema = JSON.parse(at.read("extensions/wecom.json"));
  const attributes = schema.attributes.map((each: { name: string }) =>
    each.name === "gender" ? { ...each, type: "integer", canonicalValues: undefined } : each,
  );
  const other = { ...schema, attributes: [...attributes, { name: "badge", type: "string" }] };
  const { warnings } = await editor.saveDraft("extension", "wecom", JSON.stringify(other, null, 2));
  const index = attributes.findIndex(({ name }: { name: string }) => name === "gender");
  expect(warnings).toMatchObject([
    {
      file: "extensions/wecom.json",
      pointer: `/attributes/${index}/type`,
      detail: expect.stringMatching(/^was string, and mappings\/hanzo-iam\.json.* writes it/),
    },
  ]);
});

test("a file that was never in force is forgotten with its drafts; others keep their versions", async () => {
  for (const title of ["alias", "position"]) await editor.saveDraft("mapping", "fresh", text(title));
  await editor.remove("mapping", "fresh");
  expect((await at.store.listSchemaVersions("mapping", "fresh", { limit: 10 })).items).toEqual([]);
  await editor.saveDraft("mapping", "minimal", text("alias"));
  await editor.remove("mapping", "minimal");
  expect((await at.store.listSchemaVersions("mapping", "minimal", { limit: 10 })).items).toHaveLength(2);
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
