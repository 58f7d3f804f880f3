import { z } from "@hono/zod-openapi";
import { expect, test } from "vitest";
import { findUncountable, safeParse } from "../../src/lib/safe-parse.ts";

const form = z.object({ name: z.string().min(1).max(5), tags: z.array(z.string()).max(2).optional() });

test("a value that zod throws at is a problem with its place", () => {
  for (const length of [{ toString: "" }, [{ toString: 1 }], { toString: null, valueOf: 1 }]) {
    const value: unknown = { name: "ann", tags: [{}, { length }] };
    expect(safeParse(form, { name: { length } }).error?.issues).toEqual([
      expect.objectContaining({ path: ["name", "length"], message: "cannot be an object here" }),
    ]);
    expect(safeParse(form, value).success).toBe(false);
  }
});

test("what zod does not throw at is as zod says", () => {
  for (const value of [{ name: "ann" }, { name: "" }, { name: { length: 3 } }, { name: { length: {} } }, null, []])
    expect(safeParse(form, value)).toEqual(form.safeParse(value));
});

test("an error of the form's own code is not hidden", () => {
  const broken = z.string().refine(() => {
    throw new TypeError("mine");
  });
  expect(() => safeParse(broken, "x")).toThrow("mine");
});

test("the place is found however deep it lies", () => {
  let value: unknown = { length: { toString: "" } };
  for (let depth = 0; depth < 20_000; depth += 1) value = [value];
  expect(safeParse(form, { name: "ann", tags: [{}], deep: value }).success).toBe(false);
  expect(findUncountable({ name: value })?.path).toHaveLength(20_002);
});
