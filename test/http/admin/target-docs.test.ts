import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, wecomSource } from "../../support/admin.ts";
import { projectDir } from "../../support/imports.ts";

// The targets of docs/targets.md, as an operator would make them, with a token in place of the dots.

const page = readFileSync(join(projectDir, "docs/targets.md"), "utf8");
const targets = [...page.matchAll(/^```json target\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => ({
  ...JSON.parse(text.replaceAll('"…"', '"a-token-of-the-product"')),
}));

let fixture: AdminFixture;
beforeAll(async () => {
  fixture = await makeAdminFixture();
  await fixture.request("POST", "/api/v1/sources", wecomSource("headquarters"));
});
afterAll(() => fixture.store.close());

it.each(targets.map((target) => [target.name, target]))(
  "the target %s can be made as the page says",
  async (_, target) => {
    const answer = await fixture.request("POST", "/api/v1/targets", target);
    expect(answer.body).toMatchObject({ name: target.name, profile: target.profile });
    expect(answer.status).toBe(201);
  },
);

it("each profile has its place on the page, and each fact that is spoken of is one", () => {
  const profiles = readdirSync(join(projectDir, "schemas/targets"))
    .filter((file) => file !== "target.schema.json")
    .map((file) => file.replace(".json", ""));
  expect(targets.map(({ profile }) => profile).sort()).toEqual(profiles.sort());
  const { facts } = JSON.parse(readFileSync(join(projectDir, "schemas/targets/generic.json"), "utf8"));
  const table = page.slice(page.indexOf("| what you see"), page.indexOf("## What a target can be told"));
  const named = [...table.matchAll(/\| `(\w+)`/g)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(9);
  for (const name of named) expect(Object.keys(facts)).toContain(name);
});
