import { expect, test } from "vitest";
import { isRemoval } from "../../src/plan/change.ts";
import { classify } from "../../src/plan/classify.ts";
import { isActive } from "../../src/scim/document.ts";

test("moving a person from one document to another has a name", () => {
  expect(classify(null, { active: true })).toBe("create");
  expect(classify(null, { active: false })).toBe("create");
  expect(classify({ active: true }, { active: true, title: "x" })).toBe("update");
  expect(classify({ active: false }, { active: false, title: "x" })).toBe("update");
  expect(classify({ active: true, title: "x" }, { active: false })).toBe("deactivate");
  expect(classify({ active: false }, { active: true })).toBe("reactivate");
});

test("who says nothing of being active is active", () => {
  expect(isActive({})).toBe(true);
  expect(isActive(JSON.parse('{"__proto__":{"active":false}}'))).toBe(true);
  expect(classify({}, { active: false })).toBe("deactivate");
  expect(classify({ active: false }, {})).toBe("reactivate");
});

test("deactivations and deletions are removals, nothing else is", () => {
  const actions = ["create", "adopt", "update", "deactivate", "reactivate", "delete"] as const;
  expect(actions.filter(isRemoval)).toEqual(["deactivate", "delete"]);
});
