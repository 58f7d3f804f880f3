import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { MappingProgram } from "../../src/mapping/program.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import type { SourceImpact } from "../../src/sync/impact/impact.ts";
import { measureSources } from "../../src/sync/impact/measure-sources.ts";
import { type EngineFixture, startEngineFixture } from "../support/engine.ts";
import { loadExtensions } from "../support/load-schemas.ts";

// biome-ignore lint/suspicious/noExplicitAny: a JSON file that is changed freely
type Edit = (mapping: any) => void;

async function compile(fixture: EngineFixture, change: Edit): Promise<MappingProgram> {
  const mapping = JSON.parse(readFileSync(join(fixture.schemasDir, "mappings/wecom.json"), "utf8"));
  change(mapping);
  return compileMapping({ name: "wecom", mapping, extensions: await loadExtensions(fixture.schemasDir) });
}

async function impactOf(fixture: EngineFixture, change: Edit): Promise<SourceImpact> {
  const candidate = await compile(fixture, change);
  const current = await compile(fixture, () => {});
  const catalog = makeSchemaCatalog(await loadExtensions(fixture.schemasDir));
  const [impact] = await measureSources(
    {
      store: fixture.store,
      openTarget: fixture.openTarget,
      catalog,
      currentOf: () => current,
      clock: fixture.now,
      signal: new AbortController().signal,
    },
    candidate,
    [fixture.source.id],
  );
  if (impact === undefined) throw new Error("no impact");
  return impact;
}

const nothing = { created: 0, updated: 0, deactivated: 0, reactivated: 0, deleted: 0, failed: 0 };

test("the mapping in force changes nothing; asking writes nothing and sends no change", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  fixture.control.resetJournal();
  const before = await fixture.records(await fixture.sync());
  const impact = await impactOf(fixture, () => {});
  expect(impact).toMatchObject({
    users: { ...nothing, unchanged: 60 },
    groups: { ...nothing, unchanged: 20 },
    attributes: [],
    memberships: [],
    problems: [],
    held: null,
    targets: [{ exact: true, users: 0, groups: 0, entering: 0, leaving: 0, attributes: [], problem: null }],
  });
  expect(before).toEqual([]);
  expect(Object.keys(fixture.control.requests().counts).filter((each) => /POST|PATCH|PUT|DELETE/.test(each))).toEqual(
    [],
  );
});

test("what an edit is said to change is what the next sync changes, here and at the target", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const edit: Edit = (mapping) => {
    mapping.user.title = { from: "alias" };
    mapping.user.nickName = { from: "alias", normalise: "upper" };
    mapping.department.displayName = { template: "{path}!" };
  };
  const impact = await impactOf(fixture, edit);
  fixture.control.resetJournal();
  fixture.edit(edit);
  const task = await fixture.sync();
  expect(task).toMatchObject({ state: "succeeded" });
  expect(impact.users).toEqual({
    ...nothing,
    updated: task.counts.users.updated,
    unchanged: task.counts.users.unchanged,
  });
  expect(impact.groups.updated).toBe(task.counts.groups.updated);
  const { counts } = fixture.control.requests();
  expect(impact.targets).toMatchObject([
    { exact: true, users: counts["PATCH User"], groups: counts["PATCH Group"], entering: 0, leaving: 0 },
  ]);
  const records = await fixture.records(task, { target: null });
  for (const { resourceType, attribute, set, changed, cleared, examples } of impact.attributes) {
    const of = records.flatMap((record) =>
      record.resourceType === resourceType ? record.changes.filter((each) => each.attribute === attribute) : [],
    );
    expect({ attribute, all: set + changed + cleared }).toEqual({ attribute, all: of.length });
    expect(examples.length).toBe(Math.min(5, of.length));
    for (const example of examples) {
      const record = records.find(({ resourceId }) => resourceId === example.resourceId);
      const change = record?.changes.find((each) => each.attribute === attribute);
      expect(change).toMatchObject({ before: example.before, after: example.after });
      expect(example.externalId).toBe(record?.externalId);
    }
  }
  expect(impact.attributes.map(({ resourceType, attribute }) => `${resourceType} ${attribute}`).sort()).toEqual([
    "Group displayName",
    "User nickName",
    "User title",
  ]);
  expect((await impactOf(fixture, () => {})).attributes).toEqual([]);
});

test("what the safeguards would hold is said with their words", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const renamed = await impactOf(fixture, (mapping) => {
    mapping.user.userName = { template: "{userid}@example.com" };
  });
  expect(renamed.held).toContain("60 of 60 users would get another userName, externalId or active by the mapping");
  const off = await impactOf(fixture, (mapping) => {
    mapping.user.active = { const: false };
  });
  expect(off.users.deactivated).toBeGreaterThan(40);
  expect(off.held).toContain("users would be removed");
  const without = await impactOf(fixture, (mapping) => {
    delete mapping.department;
    delete mapping.tests;
  });
  expect(without.groups.deleted).toBeGreaterThan(5);
  expect(without.held).toContain("groups would be removed");
  const few = await impactOf(fixture, (mapping) => {
    mapping.user.title = { const: "staff" };
  });
  expect(few.held).toBeNull();
});

test("records that would not map, tables that lack a value, and who would be in groups", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const impact = await impactOf(fixture, (mapping) => {
    mapping.user.userName = { from: "userid", when: "member.status == 1" };
    mapping.user.title = { from: "gender", values: { "1": "Mr" } };
    mapping.department.members = { users: "none", groups: "children" };
  });
  const inactive = fixture.corp.truth().members.filter(({ status }) => status !== 1);
  expect(impact.users.failed).toBe(inactive.length);
  expect(impact.problems).toMatchObject([
    { detail: "/user/userName: userName is required and has no value", records: inactive.length },
  ]);
  expect(impact.warnings).toMatchObject([
    {
      file: "mappings/wecom.json",
      pointer: "/user/title/values",
      detail: expect.stringContaining('the table lacks "2"'),
    },
  ]);
  const edges = fixture.corp.truth().members.reduce((sum, { department }) => sum + department.length, 0);
  expect(impact.memberships).toEqual([{ kind: "department", memberType: "User", op: "remove", memberships: edges }]);
});

test("a target sees what its scope and its own rules leave of it", async () => {
  const fixture = await startEngineFixture({
    targetSettings: { scope: { users: 'title ne "staff"' }, mapping: { user: { nickName: null } } },
  });
  const deaf = await fixture.addTarget();
  await fixture.sync();
  deaf.control.setDown(true);
  const impact = await impactOf(fixture, (mapping) => {
    mapping.user.nickName = { const: "nick" };
  });
  expect(impact.users.updated).toBe(60);
  expect(impact.targets).toMatchObject([
    { target: fixture.row.id, exact: true, users: 0 },
    { target: deaf.row.id, exact: false, users: 60 },
  ]);
  const leaving = await impactOf(fixture, (mapping) => {
    mapping.user.title = { const: "staff" };
  });
  expect(leaving.targets[0]).toMatchObject({ users: 0, entering: 0, leaving: 60 });
  await fixture.patchTarget({ mapping: { user: { title: { from: "nobody" } } } });
  expect((await impactOf(fixture, () => {})).targets[0]).toMatchObject({
    exact: false,
    problem: expect.stringContaining("/mapping/user/title/from"),
  });
});

test("it can be called off", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const candidate = await compile(fixture, () => {});
  const signal = AbortSignal.abort(new Error("nobody waits"));
  const parts = {
    store: fixture.store,
    openTarget: fixture.openTarget,
    catalog: makeSchemaCatalog([]),
    currentOf: () => null,
    clock: fixture.now,
    signal,
  };
  await expect(measureSources(parts, candidate, [fixture.source.id])).rejects.toThrow("nobody waits");
});
