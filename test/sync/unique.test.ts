import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEngineFixture } from "../support/engine.ts";

test("a unique userName: everybody gets one of his own, keeps it, and a newcomer gets the next", async () => {
  const fixture = await startEngineFixture();
  const file = join(fixture.schemasDir, "mappings", "wecom.json");
  const mapping = JSON.parse(readFileSync(file, "utf8"));
  // The same for all: the hardest case.
  mapping.user.userName = { const: "staff", unique: true };
  delete mapping.tests;
  writeFileSync(file, JSON.stringify(mapping));

  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  const names = () =>
    new Map(fixture.control.dump().users.map(({ resource }) => [resource["externalId"], resource["userName"]]));
  const first = names();
  const count = fixture.corp.truth().members.length;
  expect(new Set(first.values()).size).toBe(count);
  expect(new Set(first.values())).toEqual(
    new Set(Array.from({ length: count }, (_, index) => (index === 0 ? "staff" : `staff${index + 1}`))),
  );

  fixture.corp.createMember({ userid: "new.comer", name: "新人", department: [1] });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", counts: { users: { created: 1, updated: 0 } } });
  const second = names();
  expect(second.get("new.comer")).toBe(`staff${count + 1}`);
  for (const [externalId, userName] of first) expect(second.get(externalId)).toBe(userName);
});
