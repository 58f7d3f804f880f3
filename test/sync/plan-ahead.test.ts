import { describe, expect, test } from "vitest";
import type { TaskRow } from "../../src/store/store.ts";
import { type EngineFixture, noSafeguards, startEngineFixture } from "../support/engine.ts";
import { onDatabase } from "../support/on-database.ts";

const requestsOf = async ({ store }: EngineFixture, task: TaskRow) =>
  (await store.listPlanRequests(task.id, { limit: 10_000 })).items;

describe("a plan of a source", () => {
  test.each(["sqlite", "postgres"] as const)(
    "says what each target would be sent, and a sync sends it (%s)",
    async (dialect) => {
      const fixture = await startEngineFixture({
        ...(await onDatabase(dialect)),
        source: { safeguards: noSafeguards },
      });
      const before = fixture.control.dump();
      const plan = await fixture.sync({ mode: "plan" });
      expect(plan).toMatchObject({ state: "succeeded", error: null });
      expect(fixture.control.dump()).toEqual(before);
      const requests = await requestsOf(fixture, plan);
      console.log(plan.plan, plan.counts.users, plan.targets[0]?.counts, requests.slice(0, 2), requests.at(-1));
    },
  );
});
