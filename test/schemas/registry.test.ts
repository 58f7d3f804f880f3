import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { MappingError } from "../../src/mapping/problem.ts";
import { mappingInForce } from "../../src/schemas/in-force.ts";
import type { SchemasInForce } from "../../src/schemas/schemas.ts";
import { brokenFiles } from "../mapping/broken-files.ts";
import { brokenTexts } from "../mapping/broken-texts.ts";
import { newSource } from "../store/support.ts";
import { copySchemas, makeSchemasFixture, type SchemasFixture } from "../support/schemas.ts";

let at: SchemasFixture;
beforeEach(async () => {
  at = await makeSchemasFixture();
});

const wecom = "mappings/wecom.json";
const own = "mappings/own.json";
const extension = "extensions/wecom.json";
const rules = (title: string) => ({ user: { userName: { from: "userid" }, title: { from: title } } });
const stateOf = ({ files }: SchemasInForce, name: string) =>
  files.find((each) => each.kind === "mapping" && each.name === name)?.state;
const versionOf = ({ mappings }: SchemasInForce, name: string) => mappings.get(name)?.version;

describe("at the first start", () => {
  test("every good file is version 1, in force", async () => {
    const now = (await at.open()).inForce();
    expect([...now.mappings].map(([name, { version, origin }]) => [name, version, origin])).toEqual([
      ["hanzo-iam", 1, "file"],
      ["minimal", 1, "file"],
      ["sase", 1, "file"],
      ["wecom", 1, "file"],
    ]);
    expect(now.files.map(({ state }) => state)).toEqual(now.files.map(() => "current"));
    expect(now.catalog.findSchema("urn:ietf:params:scim:schemas:extension:wecom:2.0:User")).not.toBeNull();
    expect([...now.mappings.values()].flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  test("a broken mapping keeps nothing else from its work; there is nothing to fall back on for it", async () => {
    at.write(own, { user: { titel: { from: "name" } } });
    const now = (await at.open()).inForce();
    expect(stateOf(now, "own")).toBe("broken");
    expect(now.mappings.has("own")).toBe(false);
    expect(now.mappings.has("wecom")).toBe(true);
    expect(() => mappingInForce(now, "own")).toThrow(/mappings\/own\.json:3:5 \/user\/titel: .* did you mean title/);
    expect(() => mappingInForce(now, "nobody")).toThrow(/there is no such mapping; there are hanzo-iam, minimal/);
  });

  test("a broken extension schema is refused: whoever starts the program for the first time can mend it", async () => {
    at.write(extension, "{");
    await expect(at.open()).rejects.toThrow(MappingError);
  });
});

describe("an edit", () => {
  test("is in force at the next look, and back under its old number when it is taken back", async () => {
    const registry = await at.open();
    const before = at.read(wecom);
    at.write(wecom, rules("position"));
    expect(versionOf(await registry.refresh(), "wecom")).toBe(2);
    at.write(wecom, rules("alias"));
    expect(versionOf(await registry.refresh(), "wecom")).toBe(3);
    at.write(wecom, before);
    expect(versionOf(await registry.refresh(), "wecom")).toBe(1);
    expect(await at.store.listSchemaVersions("mapping", "wecom", { limit: 10 })).toMatchObject({
      items: [
        { version: 3, state: "former" },
        { version: 2, state: "former" },
        { version: 1, state: "active" },
      ],
    });
  });

  test("is seen without being asked for", async () => {
    const registry = await at.open({ watch: true });
    at.write(wecom, rules("position"));
    await expect.poll(() => versionOf(registry.inForce(), "wecom"), { timeout: 10_000 }).toBe(2);
    at.write(extension, at.read(extension).replace('"mainDepartment"', '"mainUnit"'));
    // The mapping does not write it any more, so that nothing stands in the way.
    const urn = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
    const find = (name: string) =>
      registry.inForce().catalog.findAttribute("User", { schema: urn, name, sub: null }) !== null;
    await expect.poll(() => [find("mainUnit"), find("mainDepartment")], { timeout: 10_000 }).toEqual([true, false]);
  });

  test("of words alone changes the version and nothing that is mapped", async () => {
    const registry = await at.open();
    const before = registry.inForce().mappings.get("wecom")?.program.version;
    at.write(wecom, at.read(wecom).replace('"description": "', '"description": "Ours. '));
    const now = (await registry.refresh()).mappings.get("wecom");
    expect(now).toMatchObject({ version: 2 });
    expect(now?.program.version).toBe(before);
  });

  test("that its own tests do not agree with is in force, with a warning in the log and here", async () => {
    const registry = await at.open({ watch: true });
    const mapping = JSON.parse(at.read(wecom));
    mapping.user.title = { const: "staff" };
    at.write(wecom, mapping);
    const now = (await registry.refresh()).mappings.get("wecom");
    expect(now?.version).toBe(2);
    expect(now?.warnings[0]).toMatchObject({
      file: wecom,
      pointer: expect.stringMatching(/^\/tests\/\d+\/expect\/title$/),
      line: expect.any(Number),
      detail: expect.stringMatching(/^test ".*": expected ".*", got "staff"$/),
    });
    expect(at.logLines.some((line) => line.includes("perhaps not as it was meant"))).toBe(true);
  });
});

describe("a file that breaks", () => {
  test("each of a hundred ways leaves its last good version in force, and names the place", async () => {
    at.write(own, rules("position"));
    const registry = await at.open();
    const good = registry.inForce().mappings.get("own")?.program;
    const texts = [
      ...brokenFiles.map(([what, mapping]) => [what, JSON.stringify(mapping, null, 2)] as const),
      ...brokenTexts.map(([what, text]) => [what, text] as const),
    ];
    expect(texts.length).toBeGreaterThanOrEqual(100);
    for (const [what, text] of texts) {
      at.write(own, text);
      const now = await registry.refresh();
      const file = now.files.find((each) => each.kind === "mapping" && each.name === "own");
      expect({ what, state: file?.state }).toEqual({ what, state: "broken" });
      for (const { file: where, line, column, detail } of file?.problems ?? []) {
        expect({ what, where, line, column }).toEqual({
          what,
          where: own,
          line: expect.any(Number),
          column: expect.any(Number),
        });
        expect(detail.length).toBeGreaterThan(10);
      }
      expect(file?.problems.length).toBeGreaterThan(0);
      expect(now.mappings.get("own")).toMatchObject({ version: 1 });
      expect(now.mappings.get("own")?.program.version).toBe(good?.version);
    }
    expect((await at.store.listSchemaVersions("mapping", "own", { limit: 10 })).items).toHaveLength(1);
  });

  test("is said once in the log, and once more when it is good again", async () => {
    const registry = await at.open({ watch: true });
    const before = at.read(wecom);
    at.write(wecom, "{");
    for (let look = 0; look < 3; look += 1) await registry.refresh();
    const said = () => at.logLines.filter((line) => line.includes("the file cannot be used"));
    expect(said()).toHaveLength(1);
    expect(said()[0]).toContain("mappings/wecom.json:1:1");
    at.write(wecom, before);
    await registry.refresh();
    expect(at.logLines.filter((line) => line.includes("the file is good again"))).toHaveLength(1);
  });

  test("leaves what worked in force after a restart too, extension schemas included", async () => {
    await (await at.open()).close();
    at.write(wecom, "{");
    at.write(extension, "[]");
    const now = (await at.open()).inForce();
    expect(versionOf(now, "wecom")).toBe(1);
    expect(now.extensions.get("wecom")).toMatchObject({ version: 1 });
    expect(now.files.filter(({ state }) => state === "broken").map(({ kind }) => kind)).toEqual([
      "extension",
      "mapping",
    ]);
  });

  test("an unreadable folder or file is no deletion", async () => {
    const registry = await at.open();
    renameSync(join(at.directory, "mappings"), join(at.directory, "elsewhere"));
    const gone = await registry.refresh();
    expect(versionOf(gone, "wecom")).toBe(1);
    expect(gone.files.find(({ name }) => name === "minimal")).toMatchObject({
      state: "broken",
      problems: [{ detail: "the folder cannot be read: ENOENT" }],
    });
    renameSync(join(at.directory, "elsewhere"), join(at.directory, "mappings"));
    rmSync(join(at.directory, wecom));
    mkdirSync(join(at.directory, wecom));
    expect(await registry.refresh().then((now) => [stateOf(now, "wecom"), versionOf(now, "wecom")])).toEqual([
      "broken",
      1,
    ]);
  });

  test("a pipe in place of a file is no file, and nobody waits for it", async () => {
    const registry = await at.open();
    rmSync(join(at.directory, wecom));
    execFileSync("mkfifo", [join(at.directory, wecom)]);
    const now = await registry.refresh();
    expect(now.files.find(({ kind, name }) => kind === "mapping" && name === "wecom")).toMatchObject({
      state: "broken",
      problems: [{ detail: "is no file" }],
    });
    expect(versionOf(now, "wecom")).toBe(1);
  });
});

describe("a file that is gone", () => {
  test("goes out of force, and its versions stay", async () => {
    const registry = await at.open();
    rmSync(join(at.directory, "mappings/minimal.json"));
    expect((await registry.refresh()).mappings.has("minimal")).toBe(false);
    expect(await at.store.findSchemaVersion("mapping", "minimal", 1)).toMatchObject({ state: "former" });
  });

  test("stays in force while a source uses it", async () => {
    const registry = await at.open();
    const source = await at.store.createSource(newSource("corp"));
    rmSync(join(at.directory, wecom));
    const now = await registry.refresh();
    expect([stateOf(now, "wecom"), versionOf(now, "wecom")]).toEqual(["missing", 1]);
    expect(mappingInForce(now, "wecom").problem).toContain("put the file back");
    await at.store.updateSource(source.id, { settings: { ...source.settings, mapping: "minimal" } });
    expect((await registry.refresh()).mappings.has("wecom")).toBe(false);
  });
});

describe("an extension schema", () => {
  const urn = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

  test("that gains an attribute serves it at once, and a mapping may write it", async () => {
    const registry = await at.open();
    const schema = JSON.parse(at.read(extension));
    schema.attributes.push({ name: "badge", type: "string", description: "Number of the badge" });
    at.write(extension, schema);
    at.write(own, { user: { userName: { from: "userid" }, [`${urn}:badge`]: { from: "extattr.工牌" } } });
    const now = await registry.refresh();
    expect(stateOf(now, "own")).toBe("current");
    expect(now.catalog.findAttribute("User", { schema: urn, name: "badge", sub: null })).not.toBeNull();
    expect(now.extensions.get("wecom")?.version).toBe(2);
    // What the default mapping yields is the same as before: no new version of it.
    expect(versionOf(now, "wecom")).toBe(1);
  });

  test("that changes a type makes another version of the mapping that writes it", async () => {
    const registry = await at.open();
    at.write(extension, at.read(extension).replace('"type": "integer"', '"type": "string"'));
    const now = await registry.refresh();
    expect(versionOf(now, "wecom")).toBe(2);
    expect(versionOf(now, "minimal")).toBe(1);
  });

  const extensionState = (now: SchemasInForce) => now.files.find(({ kind }) => kind === "extension");

  test("that is gone stays in force while a mapping needs it, also for the next process", async () => {
    const registry = await at.open();
    rmSync(join(at.directory, extension));
    for (const now of [await registry.refresh(), (await at.open()).inForce()]) {
      expect([stateOf(now, "wecom"), versionOf(now, "wecom")]).toEqual(["current", 1]);
      expect(extensionState(now)).toMatchObject({
        state: "missing",
        problems: [{ file: extension, detail: expect.stringContaining("put the file back") }],
      });
      expect(now.catalog.findSchema(urn)).not.toBeNull();
      expect(mappingInForce(now, "wecom").problem).toContain("extensions/wecom.json: the file is gone");
    }
  });

  test("that takes an attribute away stays in force while a mapping needs it, and goes with the mapping's own edit", async () => {
    const registry = await at.open();
    const schema = JSON.parse(at.read(extension));
    const rest = schema.attributes.filter(({ name }: { name: string }) => name !== "gender");
    at.write(extension, { ...schema, attributes: rest });
    const kept = await registry.refresh();
    expect(kept.extensions.get("wecom")?.version).toBe(1);
    expect(extensionState(kept)).toMatchObject({ state: "broken" });
    expect(extensionState(kept)?.problems[0]?.detail).toMatch(
      /^would take away what a mapping needs: mappings\/\S+\.json:\d+:\d+ .*has no attribute gender/,
    );
    // Those that need it are edited too, and only then does it go.
    for (const { name, text } of kept.mappings.values()) {
      if (!text.includes(`${urn}:gender`)) continue;
      const mapping = JSON.parse(text);
      delete mapping.user[`${urn}:gender`];
      delete mapping.tests;
      at.write(`mappings/${name}.json`, mapping);
    }
    const gone = await registry.refresh();
    expect(extensionState(gone)).toMatchObject({ state: "current", problems: [] });
    expect(gone.extensions.get("wecom")?.definition.attributes.map(({ name }) => name)).not.toContain("gender");
    expect(gone.files.filter(({ state }) => state !== "current")).toEqual([]);
  });

  test("may get another name", async () => {
    const registry = await at.open();
    renameSync(join(at.directory, extension), join(at.directory, "extensions/people.json"));
    const now = await registry.refresh();
    expect([...now.extensions.keys()]).toEqual(["people"]);
    expect(now.files.filter(({ state }) => state !== "current")).toEqual([]);
  });
});

describe("two processes on one store", () => {
  test("make one version of an edit that both see", async () => {
    const [one, other] = [await at.open(), await at.open()];
    at.write(wecom, rules("position"));
    const looks = await Promise.all([one.refresh(), other.refresh(), one.refresh(), other.refresh()]);
    expect(looks.map((now) => versionOf(now, "wecom"))).toEqual([2, 2, 2, 2]);
    expect((await at.store.listSchemaVersions("mapping", "wecom", { limit: 10 })).items).toHaveLength(2);
  });

  test("what one activates by its API is written to the older file of the other", async () => {
    const elsewhere = copySchemas();
    const [one, other] = [await at.open(), await at.open({ directory: elsewhere })];
    const editor = at.editorOf(one);
    await editor.activate(await editor.saveDraft("mapping", "wecom", JSON.stringify(rules("alias"))));
    const now = await other.refresh();
    expect([stateOf(now, "wecom"), versionOf(now, "wecom")]).toEqual(["current", 2]);
    expect(await other.refresh().then((again) => stateOf(again, "wecom"))).toBe("current");
    expect(versionOf(await one.refresh(), "wecom")).toBe(2);
  });
});
