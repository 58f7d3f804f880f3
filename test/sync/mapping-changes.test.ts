import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

/** Edits the mapping file as a person with an editor would. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON file that is changed freely
function edit({ schemasDir }: EngineFixture, change: (mapping: any) => void): void {
  const file = join(schemasDir, "mappings", "wecom.json");
  const mapping = JSON.parse(readFileSync(file, "utf8"));
  change(mapping);
  writeFileSync(file, JSON.stringify(mapping, null, 2));
}

test("a mapping that is broken from the start: failed with the place of the problem, nothing is sent", async () => {
  const fixture = await startEngineFixture({ source: { mapping: "own" } });
  writeFileSync(join(fixture.schemasDir, "mappings", "own.json"), '{ "user": { "title": { "from": "positon" } } }');
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "failed", error: { code: "mapping.broken" }, mapping: null });
  expect(task.error?.detail).toContain("mappings/own.json:1:33 /user/title/from");
  expect(fixture.control.requests().total).toBe(0);
});

test("a mapping that breaks: its last good version goes on, the task says so, and so it is after a restart", async () => {
  const fixture = await startEngineFixture();
  expect(await fixture.sync()).toMatchObject({ mapping: { name: "wecom", version: 1, problem: null } });
  const good = readFileSync(join(fixture.schemasDir, "mappings", "wecom.json"), "utf8");
  edit(fixture, (mapping) => {
    mapping.user.title = { from: "alias", values: "no table" };
  });
  for (const text of [null, "{ half a JSON", ""]) {
    if (text !== null) writeFileSync(join(fixture.schemasDir, "mappings", "wecom.json"), text);
    fixture.corp.patchMember(fixture.corp.truth().members[0]?.userid ?? "", { position: `after ${text}` });
    const task = await fixture.sync();
    expect(task).toMatchObject({
      state: "succeeded",
      mapping: { name: "wecom", version: 1 },
      counts: { users: { updated: 1 } },
    });
    expect(task.mapping?.problem).toContain("mappings/wecom.json:");
    await fixture.verify();
  }
  rmSync(join(fixture.schemasDir, "mappings", "wecom.json"));
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", mapping: { version: 1 } });
  writeFileSync(join(fixture.schemasDir, "mappings", "wecom.json"), good);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", mapping: { version: 1, problem: null } });
});

test("an extension that loses an attribute does not break a mapping that writes it", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const before = fixture.control.dump();
  const file = join(fixture.schemasDir, "extensions", "wecom.json");
  const schema = JSON.parse(readFileSync(file, "utf8")) as { attributes: { name: string }[] };
  writeFileSync(
    file,
    JSON.stringify({ ...schema, attributes: schema.attributes.filter(({ name }) => name !== "gender") }),
  );
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", mapping: { version: 1 } });
  expect(task.mapping?.problem).toContain("has no attribute gender");
  expect(fixture.control.dump()).toEqual(before);
});

test("a mapping that takes the title from another field updates those whose title differs, and no one else", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const differing = fixture.corp.truth().members.filter(({ position, alias }) => (position || "") !== (alias || ""));
  fixture.control.resetJournal();
  edit(fixture, (mapping) => {
    mapping.user.title = { from: "alias" };
  });
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded", counts: { users: { updated: differing.length } } });
  expect(fixture.control.requests().counts["PATCH User"]).toBe(differing.length);
  expect(fixture.control.requests().counts["PATCH Group"]).toBeUndefined();
  const titles = new Map(
    fixture.control.dump().users.map(({ resource }) => [resource["externalId"], resource["title"]]),
  );
  for (const { userid, alias } of fixture.corp.truth().members) expect(titles.get(userid)).toBe(alias || undefined);
});

test("member rules that change empty and fill the groups again", async () => {
  const fixture = await startEngineFixture({
    source: { safeguards: noSafeguards },
    targetSettings: { safeguards: noSafeguards },
  });
  await fixture.sync();
  const before = fixture.control.counts().memberships;
  edit(fixture, (mapping) => {
    mapping.department.members = { users: "none", groups: "none" };
    mapping.tag.members = { users: "none", groups: "none" };
  });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect(fixture.control.counts().memberships).toBe(0);
  edit(fixture, (mapping) => {
    mapping.department.members = { users: "direct", groups: "children" };
    mapping.tag.members = { users: "listed", groups: "listed" };
  });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect(fixture.control.counts().memberships).toBe(before);
  await fixture.verify();
});

test("a record that cannot be mapped stays as it was and is reported; the others proceed", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  edit(fixture, (mapping) => {
    // Only for this one person an attribute that SCIM requires has no value.
    mapping.user.userName = { from: "userid", when: "member.name != 'unmappable'" };
  });
  await fixture.sync();
  const [bad, good] = fixture.corp.truth().members.filter(({ status }) => status === 1);
  if (!bad || !good) throw new Error("too few people");
  const held = () => fixture.control.dump().users.find(({ resource }) => resource["externalId"] === bad.userid);
  const groupsOf = () =>
    fixture.control.dump().groups.filter(({ members }) => members.some(({ value }) => value === held()?.id)).length;
  const [before, groups] = [held(), groupsOf()];
  fixture.corp.patchMember(bad.userid, { name: "unmappable", position: "lost" });
  fixture.corp.patchMember(good.userid, { position: "proceeds" });
  const task = await fixture.sync();
  expect(task).toMatchObject({
    state: "partial",
    error: { code: "records.failed" },
    counts: { users: { failed: 1, updated: 1, deactivated: 0 } },
  });
  const [failed] = await fixture.records(task, { status: "failed" });
  expect(failed).toMatchObject({ externalId: bad.userid, resourceType: "User", target: null });
  expect(failed?.error).toContain("/user/userName");
  expect(failed?.error).not.toContain("lost");
  expect(held()).toEqual(before);
  expect(groupsOf()).toBe(groups);
  const updated = fixture.control.dump().users.find(({ resource }) => resource["externalId"] === good.userid);
  expect(updated?.resource["title"]).toBe("proceeds");
  // Unchanged it is reported again, and repaired once it can be mapped.
  expect(await fixture.sync()).toMatchObject({ state: "partial", counts: { users: { failed: 1 } } });
  fixture.corp.patchMember(bad.userid, { name: "mappable" });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  await fixture.verify();
});
