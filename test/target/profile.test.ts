import { readdirSync, readFileSync } from "node:fs";
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

const shipped = readdirSync(new URL("../../schemas/targets", import.meta.url)).filter(
  (file) => file !== "target.schema.json",
);

test.each(shipped)("%s can be used, is named like its file, and says where each verified fact was seen", (file) => {
  const { name, facts } = parseTargetProfile(readJson(file));
  expect(`${name}.json`).toBe(file);
  const unseen = Object.entries(facts).filter(
    ([, { evidence, note }]) =>
      evidence === "verified" && !/https:\/\/\S+|ServiceProviderConfig|pages? says?|library/.test(note ?? ""),
  );
  expect(unseen).toEqual([]);
});

test("every fact that differs from the plain one is needed by a product", () => {
  const plain = parseTargetProfile(smallest).facts;
  const used = shipped.flatMap((file) =>
    Object.entries(parseTargetProfile(readJson(file)).facts).flatMap(([name, { value }]) =>
      JSON.stringify(value) === JSON.stringify(plain[name as keyof typeof plain].value) ? [] : [name],
    ),
  );
  const unused = Object.keys(plain).filter((name) => !used.includes(name));
  // Users can be provisioned everywhere; who has none is no target.
  expect(unused).toEqual(["users"]);
});

test("true and false stand for always and never of both", () => {
  const externalId = (value: unknown) =>
    parseTargetProfile({ ...smallest, facts: { externalId: { value, evidence: "assumed" } } }).facts.externalId.value;
  expect(externalId(true)).toEqual({ users: "always", groups: "always" });
  expect(externalId(false)).toEqual({ users: "never", groups: "never" });
  expect(externalId({ groups: "create" })).toEqual({ users: "always", groups: "create" });
});
