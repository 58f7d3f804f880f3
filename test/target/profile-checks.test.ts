import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseTargetProfile } from "../../src/target/profile.ts";
import { profileChecks } from "../../src/target/profile-checks.ts";

function removalsAt(profile: string, onRemoval: unknown): string | undefined {
  const file = new URL(`../../schemas/targets/${profile}.json`, import.meta.url);
  const checks = profileChecks(parseTargetProfile(JSON.parse(readFileSync(file, "utf8"))), {
    provision: { onRemoval },
  });
  expect(checks.every(({ ok }) => ok)).toBe(true);
  return checks.find(({ name }) => name === "removals")?.detail;
}

test("a deletion that can't be taken back is warned of, where the target deletes", () => {
  expect(removalsAt("github", "delete")).toMatch(/^Warning: a user who is deleted at github can't be had back/);
  expect(removalsAt("github", { deactivateThenDeleteAfterDays: 30 })).toMatch(/^Warning/);
  expect(removalsAt("github", "deactivate")).toBeUndefined();
});

test("what a removal does otherwise than one expects is said", () => {
  expect(removalsAt("casdoor", "deactivate")).toMatch(/no inactive accounts/);
  expect(removalsAt("slack", "delete")).toMatch(/slack keeps who is deleted, as inactive/);
  expect(removalsAt("generic", "delete")).toBeUndefined();
});
