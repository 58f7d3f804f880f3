import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { SchemaRegistry } from "../../src/schemas/registry.ts";
import { copySchemas, makeSchemasFixture, type SchemasFixture } from "../support/schemas.ts";

// Two servers on one database, each with a copy of the files.

let at: SchemasFixture;
let elsewhere: string;
beforeEach(async () => {
  at = await makeSchemasFixture();
  elsewhere = copySchemas();
});

const wecom = "mappings/wecom.json";
const text = (title: string) => JSON.stringify({ user: { userName: { from: "userid" }, title: { from: title } } });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const stateOf = (registry: SchemaRegistry) => {
  const { files, mappings } = registry.inForce();
  const file = files.find((each) => each.kind === "mapping" && each.name === "wecom");
  return `${mappings.get("wecom")?.version} ${file?.state}`;
};

/** The files of the first server are an hour old, and its process is too; the second one has just got an edit. */
async function startBoth() {
  at.age(wecom, 3_600_000);
  const old = Date.now() - 3_600_000;
  const one = await at.open({ startedAt: old });
  const other = await at.open({ directory: elsewhere, startedAt: old });
  writeFileSync(join(elsewhere, wecom), text("alias"));
  await other.refresh();
  return { one, other };
}

describe("an edit of one server's file", () => {
  test("is not undone by the other's older file, which says that it is behind", async () => {
    const { one, other } = await startBoth();
    const before = at.read(wecom);
    for (let n = 0; n < 3; n += 1) {
      await one.refresh();
      await other.refresh();
      expect([stateOf(one), stateOf(other)]).toEqual(["2 behind", "2 current"]);
    }
    expect(at.read(wecom)).toBe(before);
    const { problems } = one.inForce().files.find(({ state }) => state === "behind") ?? {};
    expect(problems?.[0]?.detail).toContain("another server has put a newer version into force");
    expect((await at.store.listSchemaVersions("mapping", "wecom", { limit: 10 })).items).toHaveLength(2);
  });

  test("comes to the other when its file is copied, or is taken back when the other's is saved anew", async () => {
    const { one, other } = await startBoth();
    const before = at.read(wecom);
    at.write(wecom, text("alias"));
    await one.refresh();
    expect(stateOf(one)).toBe("2 current");
    await wait(100);
    at.write(wecom, before);
    await one.refresh();
    await other.refresh();
    expect([stateOf(one), stateOf(other)]).toEqual(["1 current", "1 behind"]);
  });

  test("is rolled back by a process that starts with the older file", async () => {
    const { one, other } = await startBoth();
    await one.refresh();
    expect(stateOf(one)).toBe("2 behind");
    // Longer than what is allowed for the file system's clock, which lags.
    await wait(100);
    const restarted = await at.open({ startedAt: Date.now() + 1 });
    expect(stateOf(restarted)).toBe("1 current");
    await other.refresh();
    expect(stateOf(other)).toBe("1 behind");
  });

  test("of a text that was never in force counts, however old it is", async () => {
    const { one } = await startBoth();
    at.write(wecom, text("position"));
    at.age(wecom, 3_600_000);
    await one.refresh();
    expect(stateOf(one)).toBe("3 current");
  });
});

test("a file that is taken back a moment after it was put into force is as new as it is", async () => {
  const registry = await at.open();
  const before = at.read(wecom);
  for (let n = 0; n < 5; n += 1) {
    at.write(wecom, text("alias"));
    await registry.refresh();
    at.write(wecom, before);
    // File systems count in steps: the file may seem a little older than it is.
    const then = (Date.now() - 10) / 1000;
    utimesSync(join(at.directory, wecom), then, then);
    await registry.refresh();
    expect(stateOf(registry)).toBe("1 current");
  }
});
