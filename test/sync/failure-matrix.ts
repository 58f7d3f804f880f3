import { expect } from "vitest";
import type { FaultOrder } from "../../src/simulator/scim/fault.ts";
import type { ScimSimulatorOptions } from "../../src/simulator/scim/scim-simulator.ts";
import type { TargetSettings, TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";

// Every kind of fault at every step of a push, against several kinds of target. Whatever happens: nobody is made twice,
// a push that did not bring everything there says so, and once the fault is over everything is exactly right.

type Effect = FaultOrder["effect"];

interface Fault {
  readonly effect: Effect;
  /** How often it strikes: once, oftener than a request is tried, or until it is cleared. */
  readonly times?: number;
}

const scimError = (status: number, scimType: string): string =>
  JSON.stringify({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: String(status),
    scimType,
    detail: "A fault.",
  });

/** Oftener than one request is tried. */
const often = 9;

export const faults = {
  "429, once, in seconds": { effect: { kind: "throttle", seconds: 0 }, times: 1 },
  "429, once, as a date": { effect: { kind: "throttle", seconds: 0, form: "date" }, times: 1 },
  "429 for an hour": { effect: { kind: "throttle", seconds: 3600 } },
  "500, once": { effect: { kind: "status", status: 500 }, times: 1 },
  "500, for a while": { effect: { kind: "status", status: 500 }, times: often },
  "500, always": { effect: { kind: "status", status: 500 } },
  "500 after the commit, once": { effect: { kind: "status", status: 500, commit: true }, times: 1 },
  "500 after the commit, always": { effect: { kind: "status", status: 500, commit: true } },
  "502 with a web page, once": { effect: { kind: "status", status: 502, body: "<html>Bad gateway</html>" }, times: 1 },
  "503, once": { effect: { kind: "status", status: 503, headers: { "retry-after": "0" } }, times: 1 },
  "no answer, once": { effect: { kind: "hang" }, times: 1 },
  "no answer after the commit, once": { effect: { kind: "hang", commit: true }, times: 1 },
  "a reset, once": { effect: { kind: "reset" }, times: 1 },
  "resets, always": { effect: { kind: "reset" } },
  "a reset after the commit, once": { effect: { kind: "reset", commit: true }, times: 1 },
  "resets after the commit, always": { effect: { kind: "reset", commit: true } },
  "400, always": { effect: { kind: "status", status: 400, body: scimError(400, "invalidValue") } },
  "403, once": { effect: { kind: "status", status: 403 }, times: 1 },
  "404, once": { effect: { kind: "status", status: 404, body: scimError(404, "noTarget") }, times: 1 },
  "409, once": { effect: { kind: "status", status: 409, body: scimError(409, "uniqueness") }, times: 1 },
  "409, always": { effect: { kind: "status", status: 409, body: scimError(409, "uniqueness") } },
  "412, once": { effect: { kind: "status", status: 412 }, times: 1 },
  "401, once": { effect: { kind: "status", status: 401 }, times: 1 },
  "401, always": { effect: { kind: "status", status: 401 } },
  "a web page, once": { effect: { kind: "html" }, times: 1 },
  "a web page, always": { effect: { kind: "html" } },
  "a web page after the commit, once": { effect: { kind: "html", commit: true }, times: 1 },
  "half a JSON, once": { effect: { kind: "truncated" }, times: 1 },
  "half a JSON, always": { effect: { kind: "truncated" } },
  "a connection that breaks off, once": { effect: { kind: "cut" }, times: 1 },
  "an answer without an id, once": { effect: { kind: "without-id" }, times: 1 },
  "an answer with a wrong id, once": { effect: { kind: "wrong-id" }, times: 1 },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;

/** The requests of a push, step by step. */
export const steps = {
  discovery: { method: "GET", path: "/ServiceProviderConfig" },
  "first contact": { method: "GET", type: "User", path: "/Users?" },
  "create a user": { method: "POST", type: "User" },
  "create a group": { method: "POST", type: "Group" },
  "update a user": { method: "PATCH", type: "User", body: '"title"' },
  "name a manager": { method: "PATCH", type: "User", body: "manager" },
  "rename a group": { method: "PATCH", type: "Group", body: '"displayName"' },
  "add members": { method: "PATCH", type: "Group", body: '"op":"add"' },
  "remove members": { method: "PATCH", type: "Group", body: '"op":"remove"' },
  "deactivate a user": { method: "PATCH", type: "User", body: '"active"' },
  "delete a user": { method: "DELETE", type: "User" },
  "delete a group": { method: "DELETE", type: "Group" },
  "look at a user": { method: "GET", type: "User", path: "/Users/" },
} as const satisfies Readonly<Record<string, FaultOrder["match"]>>;

export type StepName = keyof typeof steps;

interface World {
  readonly settings?: Partial<TargetSettings>;
  readonly target?: ScimSimulatorOptions;
}

/** Kinds of target. */
export const worlds = {
  generic: {},
  "few at a time": {
    target: { maxMembersPerPatch: 100, returnMembers: false, pageSize: 3 },
    settings: { limits: { concurrency: 1, requestsPerSecond: 0 } },
  },
  "names are unique, leavers deleted": {
    target: { uniqueExternalId: true, uniqueGroupName: true },
    settings: { provision: { users: true, groups: true, userGroups: true, onRemoval: "delete" } },
  },
} as const satisfies Readonly<Record<string, World>>;

export type WorldName = keyof typeof worlds;

/** What comes before a step, so that it is reached at all. */
const before: Partial<Record<StepName, FaultOrder>> = {
  // What failed is looked at before it is tried again.
  "look at a user": { match: steps["update a user"], times: 1, effect: { kind: "status", status: 400 } },
};

const dayMs = 86_400_000;

/** Lives through these faults at one step, one after the other, with changes of every kind before each of them. */
export async function liveThrough(step: StepName, world: WorldName, names: readonly FaultName[]): Promise<void> {
  const { settings, target }: World = worlds[world];
  const fixture = await startEngineFixture({
    corp: { shape: { members: 9, departments: 4, seed: 11, quirks: false } },
    source: { safeguards: noSafeguards },
    targetSettings: { safeguards: noSafeguards, ...settings },
    ...(target === undefined ? {} : { target }),
    timeoutMs: 200,
    impatient: true,
  });
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  for (const [round, name] of names.entries()) {
    try {
      await strike(fixture, step, faults[name], round);
    } catch (error) {
      throw new Error(`${step}, ${world}: ${name}`, { cause: error });
    }
  }
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(fixture.control.requests().total, "nothing is left to be done").toBe(0);
}

async function strike(fixture: EngineFixture, step: StepName, fault: Fault, round: number): Promise<void> {
  const { effect, times } = fault;
  const order = { match: steps[step], effect, ...(times === undefined ? {} : { times }) };
  changeEverything(fixture, round);
  if (step === "first contact") {
    await fixture.sync();
    await fixture.store.forgetLinks(fixture.row.id);
  }
  const first = before[step];
  if (first !== undefined) fixture.control.fault(first);
  fixture.control.fault(order);
  const task = await fixture.sync();
  await looked(fixture, task);
  if (task.state !== "succeeded") {
    // What failed is tried again while it lasts: that does not make it worse.
    fixture.advance(dayMs);
    await looked(fixture, await fixture.sync());
  }
  fixture.control.clearFault();
  expect(fixture.control.noops().filter(({ waste }) => waste === "create-of-existing")).toEqual([]);
  // Who lies about an id is told of a manager by an id that nobody has.
  if (effect.kind === "wrong-id") fixture.control.resetJournal();
  await recovers(fixture);
}

/** Changes of every kind, so that a push has something to do at every step. */
function changeEverything({ corp }: EngineFixture, round: number): void {
  const last = round - 1;
  const { members, departments, tags } = corp.truth();
  const staff = members.filter(({ userid }) => !userid.startsWith("joiner"));
  const at = (index: number): string => staff[(round + index) % staff.length]?.userid ?? "";
  const home = (index: number): number => departments[(round + index) % departments.length]?.id ?? 1;
  if (round > 0) {
    corp.patchMember(`joiner-${last}`, { direct_leader: [] });
    corp.patchMember(`lead-${last}`, { direct_leader: [] });
    corp.patchMember(at(2), { direct_leader: [] });
    for (const name of [`joiner-${last}`]) corp.deleteMember(name);
  }
  const joiner = { name: "新人", department: [home(0)], status: 1 } as const;
  corp.createMember({ ...joiner, userid: `lead-${round}` });
  corp.createMember({ ...joiner, userid: `joiner-${round}`, direct_leader: [`lead-${round}`] });
  corp.patchMember(`lead-${round}`, { direct_leader: [`joiner-${round}`] });
  corp.patchMember(at(0), { position: `position ${round}` });
  corp.moveMember(at(1), [home(1)], home(1));
  corp.patchMember(at(2), { direct_leader: [at(3)], position: `led ${round}` });
  corp.patchMember(at(4), { enable: round % 2 === 0 ? 0 : 1 });
  corp.patchDepartment(home(2), { name: `department ${round}` });
  const tag = corp.createTag({ tagname: `tag ${round}` });
  corp.changeTagMembers(tag, { addUsers: [at(0), at(1), `joiner-${round}`] });
  const [oldest] = tags;
  if (oldest !== undefined) corp.deleteTag(oldest.tagid);
}

/** A push that left something undone says so: the task by its error, what failed by its record. */
async function looked(fixture: EngineFixture, task: TaskRow): Promise<void> {
  const { users, groups } = fixture.control.dump();
  for (const list of [users, groups]) {
    const keys = list.map(({ resource }) => resource["externalId"]).filter((key) => key !== undefined);
    expect(keys.toSorted(), "nobody is there twice").toEqual([...new Set(keys)].toSorted());
  }
  if (task.state === "succeeded") {
    expect(task.error).toBeNull();
    expect(fixture.differences(), "a task that succeeded has brought everything there").toEqual([]);
    return;
  }
  expect(task.error?.detail, "a task that did not succeed says why").toBeTruthy();
  const [result] = task.targets;
  if (result?.state === "failed") return;
  const failed = await fixture.records(task, { status: "failed" });
  expect(failed.length, "what failed has a record").toBeGreaterThan(0);
  for (const { error } of failed) expect(error).toBeTruthy();
}

/** Without a person: what failed is tried again when its time has come. */
async function recovers(fixture: EngineFixture): Promise<void> {
  let task = await fixture.sync();
  for (let again = 0; again < 3 && task.state !== "succeeded"; again += 1) {
    fixture.advance(dayMs);
    task = await fixture.sync();
  }
  expect([task.state, task.error]).toEqual(["succeeded", null]);
  await fixture.verify();
}
