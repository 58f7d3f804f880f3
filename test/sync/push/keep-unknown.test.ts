import { expect, test } from "vitest";
import { keepUnknown } from "../../../src/sync/push/keep-unknown.ts";
import { patchOperations } from "../../../src/target/scim/patch.ts";

const urn = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
const silent = { schemas: null };
const speaking = { schemas: new Map() };

test("what could be compared is remembered as it was given", () => {
  const stored = { userName: "a", title: "old", [urn]: { gender: "male" } };
  const desired = { userName: "a", name: { formatted: "A" } };
  expect(keepUnknown(desired, { stored, known: stored }, silent)).toBe(desired);
});

test("what a silent target holds of an extension is remembered with its values", () => {
  const stored = { userName: "a", [urn]: { gender: "male", status: 1 } };
  expect(keepUnknown({ userName: "b" }, { stored, known: { userName: "a" } }, silent)).toEqual({
    userName: "b",
    [urn]: { gender: "male", status: 1 },
  });
  const known = { [urn]: { status: 1 } };
  expect(keepUnknown({ [urn]: { status: 4 } }, { stored, known }, silent)).toEqual({
    [urn]: { gender: "male", status: 4 },
  });
});

test("what a target took out of its schema differs from every value, and from none", () => {
  const stored = { [urn]: { gender: "male", lead: true, status: 1 } };
  const known = { [urn]: { status: 1 } };
  const remembered = keepUnknown({ [urn]: { status: 1 } }, { stored, known }, speaking);
  expect(patchOperations(remembered, { [urn]: { status: 1, gender: "male", lead: true } })).toEqual([
    { op: "replace", path: `${urn}:gender`, value: "male" },
    { op: "replace", path: `${urn}:lead`, value: true },
  ]);
  expect(patchOperations(remembered, { [urn]: { status: 1 } })).toEqual([
    { op: "remove", path: `${urn}:gender` },
    { op: "remove", path: `${urn}:lead` },
  ]);
});
