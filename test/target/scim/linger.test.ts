import { expect, it } from "vitest";
import { LeaseLostError } from "../../../src/store/store.ts";
import { linger } from "../../../src/target/scim/linger.ts";

it.each([
  ["somebody else has taken over", new LeaseLostError("target:1"), true],
  ["the lease was asked back", new LeaseLostError("target:1", { isAskedBack: true }), false],
  ["the program is stopping", new Error("the program is stopping"), false],
])("a request that has begun is torn off at once or not: %s", (_why, reason, atOnce) => {
  const ending = new AbortController();
  let isStopped = false;
  const forget = linger(ending.signal, () => {
    isStopped = true;
  });
  ending.abort(reason);
  expect(isStopped).toBe(atOnce);
  forget();
});
