import { beforeEach, describe, expect, test } from "vitest";
import type { SchemaRegistry } from "../../src/schemas/registry.ts";
import { makeSchemasFixture, type SchemasFixture } from "../support/schemas.ts";

let at: SchemasFixture;
beforeEach(async () => {
  at = await makeSchemasFixture();
});

describe("an extension file with the URN of another", () => {
  const extension = "extensions/wecom.json";
  const stateOfExtension = (registry: SchemaRegistry, wanted: string) =>
    registry.inForce().files.find(({ kind, name }) => kind === "extension" && name === wanted);

  test("is the broken one if it is new, whatever its name; what works stays in force", async () => {
    const registry = await at.open();
    const schema = JSON.parse(at.read(extension));
    at.write("extensions/aaa.json", { ...schema, attributes: schema.attributes.slice(0, 1) });
    const now = await registry.refresh();
    expect([...now.extensions.keys()]).toContain("wecom");
    expect(now.extensions.has("aaa")).toBe(false);
    expect(stateOfExtension(registry, "wecom")?.state).toBe("current");
    expect(stateOfExtension(registry, "aaa")).toMatchObject({
      state: "broken",
      problems: [{ pointer: "/id", detail: expect.stringMatching(/is defined already, in extensions\/wecom\.json$/) }],
    });
    expect(now.files.filter(({ kind, state }) => kind === "mapping" && state !== "current")).toEqual([]);
  });

  test("is the broken one if it was edited to have it", async () => {
    const own = { id: "urn:example:own:User", name: "Own", attributes: [{ name: "badge" }] };
    at.write("extensions/aaa.json", own);
    const registry = await at.open();
    expect(stateOfExtension(registry, "aaa")?.state).toBe("current");
    at.write("extensions/aaa.json", { ...own, id: JSON.parse(at.read(extension)).id });
    const now = await registry.refresh();
    expect(stateOfExtension(registry, "aaa")?.state).toBe("broken");
    expect(now.extensions.get("aaa")?.definition.id).toBe("urn:example:own:User");
    expect(now.extensions.get("wecom")?.version).toBe(1);
  });
});
