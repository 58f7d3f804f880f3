import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseTargetProfile, TargetProfileError, targetProfileJsonSchema } from "../../src/target/profile.ts";

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../schemas/targets/${name}`, import.meta.url), "utf8"));
}

const smallest = { name: "x", title: "X", description: "A server" };

test("generic.json is a valid profile and spells out every fact", () => {
  const { facts } = readJson("generic.json") as { facts: object };
  const profile = parseTargetProfile(readJson("generic.json"));
  expect(profile.name).toBe("generic");
  expect(Object.keys(facts)).toEqual(Object.keys(profile.facts));
});

test("generic.json and a file without facts mean the same", () => {
  const values = (input: unknown) =>
    Object.entries(parseTargetProfile(input).facts).map(([name, { value }]) => [name, value]);
  expect(values(smallest)).toEqual(values(readJson("generic.json")));
});

test("the committed JSON Schema is what the code validates", () => {
  const advice =
    "write JSON.stringify(targetProfileJsonSchema()) to schemas/targets/target.schema.json, then format it";
  expect(readJson("target.schema.json"), advice).toEqual(targetProfileJsonSchema());
});

test("every problem is reported at its place", () => {
  const input = {
    name: "Not A Name",
    title: "X",
    facts: {
      patch: { value: "yes", evidence: "verified" },
      maxPage: { value: 0, evidence: "guessed" },
      schemas: { value: ["wecom"], evidence: "assumed" },
      "a/b": 1,
    },
    extra: true,
  };
  const thrown = (() => {
    try {
      return parseTargetProfile(input);
    } catch (error) {
      return error;
    }
  })();
  if (!(thrown instanceof TargetProfileError)) throw new Error("expected a TargetProfileError", { cause: thrown });
  expect(thrown.problems.map(({ pointer }) => pointer).sort()).toEqual([
    "/description",
    "/extra",
    "/facts/a~1b",
    "/facts/maxPage/evidence",
    "/facts/maxPage/value",
    "/facts/patch/value",
    "/facts/schemas/value/0",
    "/name",
  ]);
});

test.each([null, [], "generic", 1])("%o is no profile", (input) => {
  expect(() => parseTargetProfile(input)).toThrow(TargetProfileError);
});
