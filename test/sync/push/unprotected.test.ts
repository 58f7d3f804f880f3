import { expect, it } from "vitest";
import { Unprotected } from "../../../src/sync/push/unprotected.ts";

it("remembers what was looked at in this version, and no more than there is place for", () => {
  const looked = new Unprotected(2);
  for (const id of ["a", "b", "c"]) looked.add(`update ${id}`, 1);
  looked.add("update b", 2);
  const known = ["a", "b", "c"].map((id) => [1, 2].filter((version) => looked.has(`update ${id}`, version)));
  expect(known).toEqual([[1], [2], []]);
  expect(looked.has("delete a", 1)).toBe(false);
});
