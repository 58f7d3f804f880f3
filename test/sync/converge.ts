import { expect } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { FaultOrder } from "../../src/simulator/scim/fault.ts";
import type { Fault, FaultAnswer } from "../../src/simulator/wecom/faults.ts";
import { Random } from "../../src/simulator/wecom/random.ts";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";

const effects: readonly FaultOrder["effect"][] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 500, commit: true },
  { kind: "status", status: 400 },
  { kind: "status", status: 503 },
  { kind: "throttle", seconds: 0 },
  { kind: "reset" },
  { kind: "reset", commit: true },
  { kind: "html" },
  { kind: "html", commit: true },
  { kind: "truncated" },
  { kind: "cut" },
  { kind: "without-id" },
];

const answers: readonly FaultAnswer[] = [
  { kind: "errcode", errcode: 60011 },
  { kind: "errcode", errcode: -1 },
  { kind: "html" },
  { kind: "malformed" },
  { kind: "reset" },
];

/** Rules of the target. */
const mappings: readonly JsonObject[] = [
  {},
  { user: { title: null, userName: { template: "{userName}@example.com" } } },
  { user: { displayName: { template: "{displayName}!" }, phoneNumbers: null } },
  { user: { nickName: { const: "x" } }, group: { displayName: { template: "WeCom {displayName}" } } },
];

/**
 * A history that a seed decides: the directory and the rules of the target change, WeCom and the target fail for a
 * while, syncs are asked for, cancelled, cut off by a restart, things are lost at the target. Once all faults are over everything must be right,
 * nobody twice, and nothing left to say.
 */
export async function liveThrough(seed: number, rounds: number): Promise<void> {
  const random = new Random(`history ${seed}`);
  const fixture = await startEngineFixture({
    corp: { shape: { members: random.between(20, 70), departments: random.between(4, 14), seed } },
    source: {
      safeguards: noSafeguards,
      sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: true } },
    },
    targetSettings: { safeguards: noSafeguards },
    target: { maxMembersPerPatch: random.chance(0.5) ? 100 : 0, returnMembers: random.chance(0.7) },
  });
  const { corp, control } = fixture;
  for (let round = 0; round < rounds; round += 1) {
    corp.randomChanges(random.between(1, 12), `${seed} ${round}`);
    if (random.chance(0.3))
      corp.addFault(
        readFault(
          random,
          corp.truth().departments.map(({ id }) => id),
        ),
      );
    for (let count = random.below(4); count > 0; count -= 1) control.fault(pushFault(random));
    if (random.chance(0.3)) await fixture.patchTarget({ mapping: random.pick(mappings) });
    const { task } = await fixture.store.queueTask({
      sourceId: fixture.source.id,
      targetId: null,
      trigger: "manual",
      mode: "apply",
    });
    fixture.engine().nudge();
    if (random.chance(0.3)) {
      await new Promise((resolve) => setTimeout(resolve, random.below(120)));
      if (random.chance(0.5)) await fixture.store.cancelTask(task.id);
      else {
        await fixture.stop();
        fixture.start();
      }
    }
    await fixture.ended(task);
    corp.clearFaults();
    control.clearFault();
    if (random.chance(0.15)) loseSomething(random, control);
  }
  // Whatever was lost behind our back is found where it is touched: so everybody is.
  for (const { userid } of corp.truth().members) corp.patchMember(userid, { alias: `end ${seed}` });
  for (const { tagid } of corp.truth().tags) corp.renameTag(tagid, `end ${seed} ${tagid}`);
  for (const { id } of corp.truth().departments) corp.patchDepartment(id, { name: `end ${id}` });
  const mover = corp.truth().members[0];
  for (const { id } of corp.truth().departments) {
    const userid = `end-${id}`;
    corp.createMember({ userid, name: "末", department: [id], status: 1, direct_leader: mover ? [mover.userid] : [] });
  }
  await fixture.patchTarget({ mapping: {} });
  let last = await fixture.sync();
  for (let again = 0; again < 4 && last.state !== "succeeded"; again += 1) {
    // Who was given another userid, and nobody told of it: whatever is answered, all comes right.
    for (const { id } of (await fixture.store.listIdentityCases({ state: "open", limit: 1000 })).items) {
      await fixture.store.decideIdentityCase(id, random.chance(0.5) ? "accepted" : "declined", "admin");
    }
    last = await fixture.sync();
  }
  expect([seed, last.state, last.error]).toEqual([seed, "succeeded", null]);
  expect([seed, fixture.differences()]).toEqual([seed, []]);
  control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
  expect([seed, control.requests().total]).toEqual([seed, 0]);
}

function readFault(random: Random, departments: readonly number[]): Fault {
  const answer = random.pick(answers);
  const times = random.chance(0.5) ? random.between(1, 6) : undefined;
  if (random.chance(0.2)) return { endpoint: random.pick(["gettoken", "department/list", "tag/list"]), answer, times };
  return { endpoint: "user/list", department: random.pick(departments), answer, times };
}

function pushFault(random: Random): FaultOrder {
  const method = random.pick(["POST", "PATCH", "PATCH", "DELETE", "GET"]);
  const type = random.pick(["User", "Group"]);
  const effect = random.pick(effects);
  // A target that says 503 for ever is waited for longer than a test may take.
  const forEver = effect.kind !== "status" || effect.status !== 503;
  const often = forEver && random.chance(0.1) ? {} : { times: random.between(1, 8) };
  return { match: { method, type }, skip: random.below(10), effect, ...often };
}

function loseSomething(random: Random, control: Awaited<ReturnType<typeof startEngineFixture>>["control"]): void {
  const { users, groups } = control.dump();
  if (random.chance(0.1)) control.loseEverything();
  else for (const { id } of [...users, ...groups]) if (random.chance(0.05)) control.remove(id);
}
