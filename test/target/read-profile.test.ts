import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readTargetProfile } from "../../src/target/read-profile.ts";
import { testTarget } from "../../src/wire.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bridge-profiles-"));
  mkdirSync(join(directory, "targets"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

test.each([
  ["is gone", null, "it cannot be read (ENOENT)"],
  ["is no JSON", "{", "it is no JSON"],
  ["says something else", '{ "facts": { "patch": 1 }, "more": 2 }', "/more is not known here"],
])("a profile that %s is named, with what is wrong", async (_, text, reason) => {
  if (text !== null) writeFileSync(join(directory, "targets/own.json"), text);
  const openTarget = () => {
    readTargetProfile(directory, "own");
    throw new Error("it was read");
  };
  expect(openTarget).toThrow(/^the target profile targets\/own\.json cannot be used: /);
  const draft = { settings: {}, secrets: {} } as unknown as Parameters<typeof testTarget>[1];
  const { ok, checks } = await testTarget({ openTarget }, draft, [], new AbortController().signal);
  expect(ok).toBe(false);
  expect(checks).toMatchObject([{ name: "profile", ok: false, detail: expect.stringContaining(reason) }]);
});
