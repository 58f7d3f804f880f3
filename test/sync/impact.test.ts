import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { MappingProgram } from "../../src/mapping/program.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import type { Safeguards } from "../../src/store/store.ts";
import type { SourceImpact } from "../../src/sync/impact/impact.ts";
import { measureSources } from "../../src/sync/impact/measure-sources.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
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

/** The mapping as it is before anybody edits it. */
const restore: Edit = (mapping) => {
  Object.assign(mapping, JSON.parse(readFileSync("schemas/mappings/wecom.json", "utf8")));
};

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
    leftOut: [],
    held: null,
    targets: [{ exact: true, users: 0, groups: 0, entering: 0, leaving: 0, attributes: [], problem: null }],
  });
  expect(before).toEqual([]);
  expect(Object.keys(fixture.control.requests().counts).filter((each) => /POST|PATCH|PUT|DELETE/.test(each))).toEqual(
    [],
  );
});

test("what people would be mapped without is said, with whom", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const impact = await impactOf(fixture, (mapping) => {
    mapping.user.title = { from: "department" };
  });
  expect(impact.users.failed).toBe(0);
  expect(impact.leftOut).toMatchObject([{ detail: expect.stringMatching(/^\/user\/title: /), records: 60 }]);
  expect(impact.leftOut[0]?.examples).toHaveLength(5);
});

test("what an edit is said to change is what the next sync changes, here and at the target", async () => {
  const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
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

test("a rule that takes members away is held as the sync is: the same groups, by the same limits", async () => {
  const safeguards: Safeguards = { ...noSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } };
  const fixture = await startEngineFixture({ source: { safeguards } });
  await fixture.sync();
  for (const edit of [
    (mapping) => {
      mapping.department.members = { users: "none", groups: "children" };
    },
    (mapping) => {
      mapping.department.members = { users: "direct", groups: "none" };
    },
    (mapping) => {
      mapping.tag.members = { users: "none", groups: "none" };
    },
    (mapping) => {
      mapping.department.members = { users: "none", groups: "none" };
      mapping.tag.members = { users: "none", groups: "listed" };
    },
  ] satisfies Edit[]) {
    const impact = await impactOf(fixture, edit);
    fixture.edit(edit);
    const task = await fixture.sync();
    expect(impact.held).toBe(task.hold?.reason ?? null);
    // Back as it was: what was held is planned no more.
    fixture.edit(restore);
    await fixture.sync();
  }
  const none = await impactOf(fixture, (mapping) => {
    mapping.department.members = { users: "none", groups: "none" };
  });
  expect(none.held).toMatch(
    /^\d+ groups would lose more members than allowed without approval \(3, above that 50 %\)$/,
  );
});

test("what a sync has held already is still said of the mapping in force", async () => {
  const safeguards: Safeguards = { ...noSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } };
  const fixture = await startEngineFixture({ source: { safeguards } });
  await fixture.sync();
  const edit: Edit = (mapping) => {
    mapping.department.members = { users: "none", groups: "children" };
  };
  fixture.edit(edit);
  const task = await fixture.sync();
  expect(task.state).toBe("held");
  const impact = await impactOf(fixture, () => {});
  expect(impact.held).toBe(task.hold?.reason);
});

test("groups that are made no longer leave the target, and its own safeguards are asked", async () => {
  const fixture = await startEngineFixture({ source: { safeguards: noSafeguards } });
  await fixture.sync();
  const edit: Edit = (mapping) => {
    delete mapping.department;
    delete mapping.tests;
  };
  const impact = await impactOf(fixture, edit);
  const groups = impact.groups.deleted;
  expect(groups).toBeGreaterThan(10);
  expect(impact.held).toBeNull();
  expect(impact.targets).toMatchObject([
    { users: 0, groups: 0, entering: 0, leaving: groups, removals: { users: 0, groups }, held: expect.any(String) },
  ]);
  fixture.edit(edit);
  const task = await fixture.sync();
  expect(task.hold?.reason).toBe(`target ${fixture.row.name}: ${impact.targets[0]?.held}`);
  expect(task.hold?.removals).toMatchObject({ users: 0, groups });
});

test("people who are deactivated, or who leave a target's scope, are removals at that target", async () => {
  const fixture = await startEngineFixture({
    source: { safeguards: noSafeguards },
    targetSettings: { scope: { users: 'title ne "gone"' } },
  });
  // Holds nobody: the same changes remove nobody there.
  const empty = await fixture.addTarget();
  empty.control.setDown(true);
  await fixture.sync();
  const active = fixture.control.dump().users.filter(({ resource }) => resource["active"] !== false).length;
  for (const edit of [
    (mapping) => {
      mapping.user.title = { const: "gone" };
    },
    (mapping) => {
      mapping.user.active = { const: false };
    },
  ] satisfies Edit[]) {
    const impact = await impactOf(fixture, edit);
    expect(impact.targets).toMatchObject([
      {
        removals: { users: active, groups: 0 },
        held: expect.stringContaining("users at this target would be removed"),
      },
      { removals: { users: 0, groups: 0 }, held: null },
    ]);
  }
  const edit: Edit = (mapping) => {
    mapping.user.active = { const: false };
  };
  const said = (await impactOf(fixture, edit)).targets[0]?.held;
  fixture.edit(edit);
  const task = await fixture.sync();
  expect(task.hold?.reason).toBe(`target ${fixture.row.name}: ${said}`);
  // They wait at the target. A mapping that wants them back removes nobody, and nothing is held any more.
  const back = await impactOf(fixture, restore);
  expect(back.targets[0]).toMatchObject({ removals: { users: 0, groups: 0 }, held: null });
});

test("members that groups lose are judged by the target's own limits too", async () => {
  const fixture = await startEngineFixture({
    source: { safeguards: noSafeguards },
    targetSettings: { safeguards: { ...noSafeguards, maxMemberRemovals: { floor: 3, percent: 50 } } },
  });
  await fixture.sync();
  const edit: Edit = (mapping) => {
    mapping.department.members = { users: "none", groups: "children" };
  };
  const impact = await impactOf(fixture, edit);
  expect(impact.held).toBeNull();
  expect(impact.targets[0]?.held).toMatch(/^\d+ of \d+ members of group \S+ would be removed/);
  fixture.edit(edit);
  const task = await fixture.sync();
  expect(task.state).toBe("held");
  expect(task.hold?.reason).toContain("members of group");
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

test("a target whose profile is gone or broken is said, not an error; the push to it says what to mend", async () => {
  const fixture = await startEngineFixture();
  await fixture.sync();
  const file = join(fixture.schemasDir, "targets/generic.json");
  const profile = readFileSync(file, "utf8");
  writeFileSync(file, '{ "facts": {} ');
  const problem =
    "the target profile targets/generic.json cannot be used: it is no JSON; mend the file, or choose another profile";
  const impact = await impactOf(fixture, (mapping) => {
    mapping.user.title = { from: "alias" };
  });
  expect(impact.targets).toMatchObject([{ problem }]);
  expect(impact.users.updated).toBeGreaterThan(0);
  fixture.edit((mapping) => {
    mapping.user.title = { from: "alias" };
  });
  const failed = await fixture.sync();
  expect(failed.targets).toMatchObject([{ error: { code: "target.profile", detail: problem } }]);
  rmSync(file);
  expect((await fixture.sync()).targets).toMatchObject([
    {
      error: {
        detail: expect.stringContaining("targets/generic.json cannot be used: it cannot be read (ENOENT); mend"),
      },
    },
  ]);
  writeFileSync(file, profile);
  fixture.edit(restore);
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  await fixture.verify();
});
