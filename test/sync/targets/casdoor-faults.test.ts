import { describe, expect, test } from "vitest";
import type { FaultOrder } from "../../../src/simulator/scim/fault.ts";
import type { EngineFixture } from "../../support/engine.ts";
import { faults } from "../failure-matrix.ts";
import { expectLikeTruth, expectNobodyTwice, refusal, startCasdoor } from "./casdoor-support.ts";
import { expectQuiet } from "./support.ts";

// The faults of the failure matrix, and Casdoor's own, at each step in which its API takes part.

const kinds: Readonly<Record<string, Omit<FaultOrder, "match">>> = {
  ...faults,
  "a refusal, once": { effect: refusal("no"), times: 1 },
  "refusals, always": { effect: refusal("no") },
};

const steps = {
  "the first question": { type: "get-users" },
  "a user is read": { type: "get-user" },
  "a user is written": { type: "update-user" },
  "a user is made by SCIM": { method: "POST", type: "User" },
  "a user is changed by SCIM": { method: "PATCH", type: "User" },
} as const satisfies Readonly<Record<string, FaultOrder["match"]>>;

const dayMs = 86_400_000;

/** Each time somebody comes, somebody leaves, is disabled or comes back, and two are said to be otherwise. */
function changeEverything({ corp }: EngineFixture, round: number): void {
  const { members, departments } = corp.truth();
  const staff = members.filter(({ userid }) => !userid.startsWith("joiner"));
  const at = (index: number): string => staff[(round + index) % staff.length]?.userid ?? "";
  const home = departments[round % departments.length]?.id ?? 1;
  corp.createMember({ userid: `joiner-${round}`, name: "新人", department: [home], status: 1, gender: "1" });
  if (round > 0) corp.deleteMember(`joiner-${round - 1}`);
  corp.patchMember(at(0), { gender: round % 2 === 0 ? "2" : "1" });
  corp.patchMember(at(1), { status: round % 2 === 0 ? 2 : 1 });
  corp.patchMember(at(2), { name: `名字${round}`, gender: round % 2 === 0 ? "1" : "2" });
}

// Half of the faults at each step, in turns, so that a day's tests end in time; what is left out at one stands at the next.
const cases = Object.entries(steps).map(([name, match], index) => {
  const some = Object.entries(kinds).filter((_, fault) => fault % 2 === index % 2);
  return [name, match, some] as const;
});

describe.each(cases)("where %s", (_, match, some) => {
  test("whatever befalls, nobody is there twice, what failed is said, and in the end all is right", async () => {
    const shape = { members: 9, departments: 4, seed: 11, quirks: false };
    const fixture = await startCasdoor({}, { corp: { shape }, timeoutMs: 200 });
    expect(await fixture.sync()).toMatchObject({ state: "succeeded" });
    for (const [round, [name, fault]] of some.entries()) {
      try {
        changeEverything(fixture, round);
        fixture.control.fault({ match, ...fault });
        for (let time = 0; time < 2; time += 1) {
          const task = await fixture.sync();
          expectNobodyTwice(fixture);
          if (task.state === "succeeded") expectLikeTruth(fixture);
          else expect(task.error?.detail).toBeTruthy();
          fixture.advance(dayMs);
        }
        fixture.control.clearFault();
        for (let time = 0; time < 3; time += 1) {
          if ((await fixture.sync()).state === "succeeded") break;
          fixture.advance(dayMs);
        }
        expectLikeTruth(fixture);
      } catch (error) {
        throw new Error(name, { cause: error });
      }
    }
    await expectQuiet(fixture);
  }, 240_000);
});
