import { expect } from "vitest";
import type { TargetSettings } from "../../../src/store/store.ts";
import {
  type EngineFixture,
  type EngineFixtureOptions,
  noSafeguards,
  startEngineFixture,
} from "../../support/engine.ts";

/** A target like Casdoor, with its own API in use. */
export function startCasdoor(
  settings: Partial<TargetSettings> = {},
  options: EngineFixtureOptions = {},
): Promise<EngineFixture> {
  return startEngineFixture({
    impatient: true,
    target: { like: "casdoor" },
    source: { safeguards: noSafeguards },
    targetSettings: {
      profile: "casdoor",
      constants: { organization: "acme" },
      api: { userid: "externalId" },
      safeguards: noSafeguards,
      ...settings,
    },
    ...options,
  });
}

/** Everybody whom the corp has active is there once, with all that the API brings; nobody else is there active. */
export function expectLikeTruth({ corp, control }: Pick<EngineFixture, "corp" | "control">): void {
  const genders: Readonly<Record<string, string>> = { "1": "Male", "2": "Female" };
  const active = corp.truth().members.filter(({ status, enable }) => status === 1 && enable !== 0);
  const wanted = active.map(({ userid, name, gender }) => [userid, name, userid, genders[gender ?? ""]]);
  const { users } = control.dump();
  const there = users
    .filter(({ resource }) => resource["isForbidden"] !== true)
    .map(({ resource: { userName, displayName, wecom, gender } }) => [userName, displayName, wecom, gender]);
  expect(there.sort()).toEqual(wanted.sort());
  expectNobodyTwice({ control });
}

export function expectNobodyTwice({ control }: Pick<EngineFixture, "control">): void {
  const names = control.dump().users.map(({ resource }) => resource["userName"]);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
}

/** What Casdoor answers to what it does not want: HTTP 200. */
export function refusal(msg: string) {
  const body = JSON.stringify({ status: "error", msg, data: null, data2: null });
  return { kind: "status", status: 200, body } as const;
}
