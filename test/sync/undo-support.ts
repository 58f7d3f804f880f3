import { expect } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, type EngineFixtureOptions, noSafeguards } from "../support/engine.ts";

// Tasks that are taken back, as the management API does it.

export const unguarded: EngineFixtureOptions = {
  corp: { shape: { members: 40, departments: 8, seed: 3, quirks: false } },
  source: { safeguards: noSafeguards },
  targetSettings: { safeguards: noSafeguards },
};

export async function planUndo({ store, engine, ended, source }: EngineFixture, task: TaskRow): Promise<TaskRow> {
  const about = { sourceId: source.id, targetId: null, trigger: "manual" } as const;
  const queued = await store.queueTask({ ...about, mode: "plan", undoes: task.id });
  engine().nudge();
  return ended(queued.task);
}

export async function apply({ store, engine, ended }: EngineFixture, plan: TaskRow): Promise<TaskRow> {
  const { sourceId, targetId, undoes } = plan;
  const about = { sourceId, targetId, trigger: "manual", mode: "apply" } as const;
  const { task } = await store.queueTask({ ...about, planId: plan.id, undoes });
  engine().nudge();
  return ended(task);
}

export async function undo(fixture: EngineFixture, task: TaskRow): Promise<TaskRow> {
  const plan = await planUndo(fixture, task);
  expect(plan).toMatchObject({ state: "succeeded", error: null, plan: { whole: true } });
  return apply(fixture, plan);
}

/** Who and what is in our own directory, as sorted lines: documents, and memberships by name. */
export async function directory({ database }: EngineFixture): Promise<readonly string[]> {
  const rows = await database.db
    .selectFrom("resource")
    .select(["id", "type", "external_id", "document"])
    .where("departed_at", "is", null)
    .where("deleted_at", "is", null)
    .execute();
  const names = new Map(rows.map(({ id, type, external_id }) => [id, `${type} ${external_id}`]));
  const edges = await database.db.selectFrom("member").selectAll().execute();
  return [
    ...rows.map(({ id, document }) => `${names.get(id)}: ${document}`),
    ...edges.map(({ group_id, member_id }) => `${names.get(group_id)} has ${names.get(member_id)}`),
  ].sort();
}

export const idOf = async ({ store }: EngineFixture, userid: string): Promise<string> =>
  (await store.findPeople(userid))[0] ?? "";

/** How a person is in our own directory. */
export async function stateOf(fixture: EngineFixture, userid: string): Promise<"active" | "inactive" | "gone"> {
  const [current] = await fixture.store.readCurrent([await idOf(fixture, userid)]);
  if (current === undefined || current.departed) return "gone";
  return current.active ? "active" : "inactive";
}
