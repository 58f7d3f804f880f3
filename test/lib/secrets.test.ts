import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskSecrets, mergeSecrets, restoreMasked, splitSecrets } from "../../src/lib/secrets.ts";

const pointers = ["/wecom/corpSecret", "/wecom/callback/token", "/auth/a~1b"];

describe("secrets", () => {
  it("are taken out of a form, with the objects that are empty without them", () => {
    const form = { name: "x", wecom: { corpId: "ww", corpSecret: "s1", callback: { token: "s2" } }, empty: {} };
    expect(splitSecrets(form, pointers)).toEqual({
      settings: { name: "x", wecom: { corpId: "ww" }, empty: {} },
      secrets: { "/wecom/corpSecret": "s1", "/wecom/callback/token": "s2" },
    });
  });

  it("come back where they were, whatever they are", () => {
    const secret = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
    fc.assert(
      fc.property(fc.string(), secret, secret, secret, (corpId, corpSecret, token, slashed) => {
        const form = {
          wecom: {
            corpId,
            ...(corpSecret !== undefined && { corpSecret }),
            ...(token !== undefined && { callback: { token } }),
          },
          auth: { type: "t", ...(slashed !== undefined && { "a/b": slashed }) },
        };
        const { settings, secrets } = splitSecrets(form, pointers);
        expect(mergeSecrets(settings, secrets)).toEqual(form);
      }),
    );
  });

  it("are shown as a mask, without the settings being changed", () => {
    const settings = { wecom: { corpId: "ww" } };
    expect(maskSecrets(settings, { "/wecom/corpSecret": "s1", "/wecom/callback/token": "s2" })).toEqual({
      wecom: { corpId: "ww", corpSecret: "********", callback: { token: "********" } },
    });
    expect(settings).toEqual({ wecom: { corpId: "ww" } });
  });

  it("are restored for masks that come back; a mask for nothing is named", () => {
    const sent = { "/a": "********", "/b": "new", "/c": "********", "/constructor": "********" };
    expect(restoreMasked(sent, { "/a": "old", "/b": "older" })).toEqual({
      secrets: { "/a": "old", "/b": "new", "/c": "", "/constructor": "" },
      unknown: ["/c", "/constructor"],
    });
  });

  it("of a `__proto__` member stay data", () => {
    const form = JSON.parse('{"__proto__":{"polluted":true},"wecom":{"corpSecret":"s"}}') as object;
    const { settings } = splitSecrets(form, pointers);
    expect(Object.hasOwn(settings, "__proto__")).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
