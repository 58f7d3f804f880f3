import { describe, expect, it } from "vitest";
import { placeInForm, toProviderBody, toProviderPatch } from "../../src/console/pages/providers/form/values.ts";
import { timeLeft } from "../../src/console/pages/providers/time-left.ts";

const template = { id: "dk1", kind: "customised" as const, secret: "s", token: "t", encodingAesKey: "k" };
const values = { name: "us", corpId: " ww1", providerSecret: "p", templates: [template] };

describe("the form of a service provider", () => {
  it("sends templates by their id, and nothing that was left empty", () => {
    expect(toProviderBody({ ...values, proxy: " " })).toEqual({
      ...{ name: "us", corpId: "ww1", providerSecret: "p" },
      templates: { dk1: { kind: "customised", secret: "s", callback: { token: "t", encodingAesKey: "k" } } },
    });
  });

  it("takes away by null what was emptied or removed", () => {
    const before = { ...values, proxy: "http://p.example.com", templates: [template, { ...template, id: "dk2" }] };
    expect(toProviderPatch(values, before)).toMatchObject({
      ...{ proxy: null, apiBaseUrl: null },
      templates: { dk1: { name: null, secret: "s" }, dk2: null },
    });
  });

  it("finds the field that a refusal is of", () => {
    expect(placeInForm(["templates", "dk1", "callback", "token"], values)).toEqual(["templates", 0, "token"]);
    expect(placeInForm(["templates", "dk9", "secret"], values)).toEqual(["templates"]);
    expect(placeInForm(["corpId"], values)).toEqual(["corpId"]);
  });
});

describe("the time that is left", () => {
  it("is said to the second, and never less than nothing", () => {
    expect(timeLeft(86_400_000 * 9 + 3_661_000)).toEqual({ days: 9, clock: "01:01:01" });
    expect(timeLeft(-5)).toEqual({ days: 0, clock: "00:00:00" });
  });
});
