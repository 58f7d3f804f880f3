import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { TaskRow } from "../../../src/store/store.ts";
import type { EngineFixture } from "../../support/engine.ts";

/** Makes or changes a target profile of this fixture: facts by name. */
export function writeProfile(
  { schemasDir }: EngineFixture,
  name: string,
  values: Readonly<Record<string, unknown>>,
  from = "generic",
): void {
  const folder = join(schemasDir, "targets");
  const base = JSON.parse(readFileSync(join(folder, `${from}.json`), "utf8"));
  const facts = Object.fromEntries(
    Object.entries(values).map(([fact, value]) => [fact, { value, evidence: "assumed" }]),
  );
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...base, name, facts: { ...base.facts, ...facts } }));
}

/** How often each kind of request was sent since the journal was reset, reading and discovery aside. */
export function writes({ control }: EngineFixture): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(control.requests().counts).filter(([kind]) => !kind.startsWith("GET")));
}

/** A sync in which nothing changed sends nothing at all. */
export async function expectQuiet(fixture: EngineFixture): Promise<void> {
  fixture.control.resetJournal();
  expect(await fixture.sync()).toMatchObject({ state: "succeeded", error: null });
  expect(fixture.control.requests().total).toBe(0);
}

/** The members of a group at the target, by their userNames. */
export function membersOf({ control }: EngineFixture, displayName: string): readonly string[] {
  const { users, groups } = control.dump();
  const names = new Map(users.map(({ id, resource }) => [id, String(resource["userName"])]));
  const group = groups.find(({ resource }) => resource["displayName"] === displayName);
  return (group?.members ?? []).map(({ value }) => names.get(value) ?? value).sort();
}

export function userAt({ control }: EngineFixture, userName: string) {
  return control.dump().users.find(({ resource }) => resource["userName"] === userName);
}

export function groupAt({ control }: EngineFixture, displayName: string) {
  return control.dump().groups.find(({ resource }) => resource["displayName"] === displayName);
}

/** Active people who lead nobody: their going changes nobody else. */
export function leavable({ corp }: EngineFixture): readonly string[] {
  const { members } = corp.truth();
  const leads = new Set(members.flatMap(({ direct_leader }) => direct_leader));
  return members.filter(({ userid, status }) => status === 1 && !leads.has(userid)).map(({ userid }) => userid);
}

/** A tag with these people, which is a group at the target. */
export function tagWith({ corp }: EngineFixture, tagname: string, addUsers: readonly string[]): number {
  const tag = corp.createTag({ tagname });
  corp.changeTagMembers(tag, { addUsers: [...addUsers] });
  return tag;
}

export function expectDone(task: TaskRow): void {
  expect(task).toMatchObject({ state: "succeeded", error: null, hold: null });
}
