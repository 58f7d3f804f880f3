import { describe, expect, it } from "vitest";
import { mergePatch, withoutOtherVariants } from "../../../src/http/admin/merge-patch.ts";

describe("JSON Merge Patch", () => {
  // RFC 7396, appendix A.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', "null", "null"],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])("of %s with %s gives %s", (target, patch, result) => {
    expect(mergePatch(JSON.parse(target), JSON.parse(patch))).toEqual(JSON.parse(result));
  });

  it("keeps a `__proto__` as a member", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"a":1}}'));
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"a":1}}');
  });

  it("leaves nothing of another variant behind, and all of the same one", () => {
    const target = { scope: { mode: "partial", departments: [1] }, name: "x" };
    const variants = { scope: "mode" };
    expect(withoutOtherVariants(target, { scope: { mode: "all" } }, variants)).toEqual({ name: "x" });
    expect(withoutOtherVariants(target, { scope: { mode: "partial" } }, variants)).toEqual(target);
    expect(withoutOtherVariants(target, { scope: { departments: [2] } }, variants)).toEqual(target);
    expect(withoutOtherVariants(target, {}, variants)).toEqual(target);
  });
});
