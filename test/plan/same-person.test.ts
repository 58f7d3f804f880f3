import { describe, expect, it } from "vitest";
import { otherHumanBeing } from "../../src/plan/same-person.ts";

const person = (name: string, mobile?: string, email?: string) => ({
  userName: "zhang",
  displayName: name,
  ...(mobile && { phoneNumbers: [{ type: "mobile", value: mobile }] }),
  ...(email && { emails: [{ type: "work", value: email }] }),
});

describe("whether somebody who is back is another human being", () => {
  it.each([
    ["another in everything", person("甲", "1", "a@x"), person("乙", "2", "b@x"), ["name", "mobile", "e-mail"]],
    ["the same name", person("甲", "1", "a@x"), person("甲", "2", "b@x"), null],
    ["the same mobile", person("甲", "1", "a@x"), person("乙", "1", "b@x"), null],
    ["the same mail, spelt otherwise", person("甲", "1", "A@x"), person("乙", "2", " a@X "), null],
    ["what is unknown of one says nothing", person("甲", "1", "a@x"), person("乙", "2"), ["name", "mobile"]],
    ["nothing known but names", person("甲"), person("乙", "2", "b@x"), ["name"]],
    ["no name before", { userName: "zhang" }, person("乙", "2"), null],
  ])("%s", (_what, before, after, differing) => {
    expect(otherHumanBeing(before, after)).toEqual(differing);
  });
});
