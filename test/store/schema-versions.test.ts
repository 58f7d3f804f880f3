import { expect, it } from "vitest";
import type { SchemaContent } from "../../src/store/store.ts";
import { onEachDatabase } from "../support/databases.ts";

const content = (text: string, more: Partial<SchemaContent> = {}): SchemaContent => ({
  kind: "mapping",
  name: "own",
  text,
  hash: `hash of ${text}`,
  extensions: { wecom: "{}" },
  ...more,
});

onEachDatabase("versions of schema files", (at) => {
  const activate = (text: string, expected: number | null, origin: "file" | "api" = "file") =>
    at.store.activateSchema(content(text), { origin, expected });
  const states = async () =>
    (await at.store.listSchemaVersions("mapping", "own", { limit: 100 })).items.map(
      ({ version, state }) => `${version} ${state}`,
    );

  it("are numbered from 1 for each file; one is active at a time", async () => {
    expect(await activate("a", null)).toMatchObject({ version: 1, state: "active", activatedAt: at.clock.now });
    expect(await activate("b", 1)).toMatchObject({ version: 2, state: "active", extensions: { wecom: "{}" } });
    const other = content("a", { kind: "extension" });
    expect(await at.store.activateSchema(other, { origin: "api", expected: null })).toMatchObject({ version: 1 });
    expect(await states()).toEqual(["2 active", "1 former"]);
    expect((await at.store.activeSchemas()).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "extension a",
      "mapping b",
    ]);
  });

  it("come back under their old number, and with a new time", async () => {
    await activate("a", null);
    await activate("b", 1);
    at.clock.now += 1000;
    expect(await activate("a", 2, "api")).toMatchObject({ version: 1, origin: "api", activatedAt: at.clock.now });
    expect(await states()).toEqual(["2 former", "1 active"]);
    // The same text that means something else, because an extension under it changed, is another version.
    const changed = content("a", { hash: "other" });
    expect(await at.store.activateSchema(changed, { origin: "file", expected: 1 })).toMatchObject({ version: 3 });
  });

  it("are not activated on the ground of an old look", async () => {
    await activate("a", null);
    expect(await activate("b", null)).toBeNull();
    expect(await activate("b", 7)).toBeNull();
    expect(await at.store.retireSchema("mapping", "own", 7)).toBe(false);
    expect(await states()).toEqual(["1 active"]);
    // What is active already is, whatever the caller took for active.
    expect(await activate("a", 7)).toMatchObject({ version: 1 });
    expect(await at.store.retireSchema("mapping", "own", 1)).toBe(true);
    expect(await at.store.activeSchemas()).toEqual([]);
    expect(await activate("a", null)).toMatchObject({ version: 1, state: "active" });
  });

  it("are drafts until they are activated, each text once, and drafts end some day", async () => {
    await activate("a", null);
    const draft = await at.store.saveDraft(content("b"));
    expect(draft).toMatchObject({ version: 2, state: "draft", activatedAt: null });
    expect(await at.store.saveDraft(content("b"))).toEqual(draft);
    expect(await at.store.saveDraft(content("a"))).toMatchObject({ version: 1, state: "active" });
    await at.store.saveDraft(content("c"));
    expect((await at.store.newestSchemas("mapping")).map(({ version }) => version)).toEqual([3]);
    expect(await activate("b", 1, "api")).toMatchObject({ version: 2, state: "active", origin: "api" });
    await at.store.saveDraft(content("d"));
    await at.store.pruneDrafts(at.clock.now + 1);
    expect(await states()).toEqual(["4 draft", "2 active", "1 former"]);
  });

  it("have numbers that are not given anew, whatever was pruned", async () => {
    await activate("a", null);
    for (const text of ["b", "c"]) await at.store.saveDraft(content(text));
    await at.store.pruneDrafts(at.clock.now + 1);
    expect(await states()).toEqual(["3 draft", "1 active"]);
    expect(await at.store.saveDraft(content("d"))).toMatchObject({ version: 4 });
  });

  it("that are drafts count as saved when they are saved again, and are not pruned then", async () => {
    const first = await at.store.saveDraft(content("a"));
    await at.store.saveDraft(content("b"));
    at.clock.now += 1000;
    const again = await at.store.saveDraft(content("a"));
    expect(again).toEqual({ ...first, createdAt: at.clock.now });
    expect((await at.store.schemaDrafts("mapping")).map(({ version }) => version)).toEqual([1, 2]);
    await at.store.pruneDrafts(at.clock.now);
    expect(await states()).toEqual(["2 draft", "1 draft"]);
    await activate("c", null);
    at.clock.now += 1000;
    const activated = await at.store.saveDraft(content("c"));
    expect(activated).toMatchObject({ state: "active", createdAt: at.clock.now - 1000 });
  });

  it("tell when a file was last in force, and forget one that never was", async () => {
    await activate("a", null);
    at.clock.now += 1000;
    await at.store.saveDraft(content("b"));
    await at.store.saveDraft(content("x", { name: "fresh" }));
    await at.store.saveDraft(content("y", { name: "fresh" }));
    const newest = async () =>
      (await at.store.newestSchemas("mapping")).map(({ name, version, lastActivatedAt }) => [
        ...[name, version, lastActivatedAt],
      ]);
    expect(await newest()).toEqual([
      ["fresh", 2, null],
      ["own", 2, at.clock.now - 1000],
    ]);
    for (const name of ["fresh", "own"]) await at.store.removeDrafts("mapping", name);
    expect(await newest()).toEqual([["own", 2, at.clock.now - 1000]]);
  });

  it("tell whether a text was in force once, and what is in force without texts", async () => {
    await activate("a", null);
    await activate("b", 1);
    await at.store.saveDraft(content("c"));
    const was = await Promise.all(["a", "b", "c"].map((text) => at.store.wasInForce("mapping", "own", text)));
    expect(was).toEqual([true, false, false]);
    expect(await at.store.wasInForce("extension", "own", "a")).toBe(false);
    const [active] = await at.store.activeSchemas();
    const { text: _, extensions: __, ...summary } = active ?? {};
    expect(await at.store.activeSchemaSummaries()).toEqual([summary]);
  });

  it("are found by number, and listed in pages", async () => {
    let active: number | null = null;
    for (const text of ["a", "b", "c"]) active = (await activate(text, active))?.version ?? null;
    expect(await at.store.findSchemaVersion("mapping", "own", 2)).toMatchObject({ text: "b", hash: "hash of b" });
    expect(await at.store.findSchemaVersion("mapping", "own", 4)).toBeNull();
    expect(await at.store.findSchemaVersion("extension", "own", 1)).toBeNull();
    const first = await at.store.listSchemaVersions("mapping", "own", { limit: 2 });
    expect(first).toMatchObject({ items: [{ version: 3 }, { version: 2 }], nextCursor: "2" });
    const rest = await at.store.listSchemaVersions("mapping", "own", { limit: 2, cursor: first.nextCursor ?? "" });
    expect(rest).toMatchObject({ items: [{ version: 1 }], nextCursor: null });
  });

  it("get one number each, whoever saves at the same moment", async () => {
    // Two connections of one thread would wait for each other: SQLite's are between threads and processes.
    const other = at.dialect === "sqlite" ? at.store : await at.openAnother();
    const texts = ["a", "b", "c", "d"];
    const saved = await Promise.all(texts.map((text, n) => (n % 2 ? other : at.store).saveDraft(content(text))));
    expect(saved.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4]);
    const activated = await Promise.all(
      texts.map((text, n) =>
        (n % 2 ? other : at.store).activateSchema(content(text), { origin: "file", expected: null }),
      ),
    );
    expect(activated.filter((version) => version !== null)).toHaveLength(1);
    expect(await at.store.activeSchemas()).toHaveLength(1);
  });
});
