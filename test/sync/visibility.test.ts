import { describe, expect, test } from "vitest";
import type { Visibility } from "../../src/source/source.ts";
import { shrunkenVisibility } from "../../src/sync/visibility.ts";

const all = { mode: "all" } as const;
const sight = (roots: readonly string[], granted: Partial<NonNullable<Visibility["granted"]>> | null = null) => ({
  visibility: { roots, granted: granted && { departments: [], users: [], tags: [], ...granted } },
  scope: all,
});

describe("a sight that shrank", () => {
  test("is none at the first read, and where as much or more is seen", () => {
    expect(shrunkenVisibility(null, sight(["1"]))).toBeNull();
    expect(shrunkenVisibility(sight(["1"]), sight(["1"]))).toBeNull();
    expect(shrunkenVisibility(sight(["1"]), sight(["2", "1"]))).toBeNull();
    const granted = { departments: ["1"], users: ["a"], tags: ["7"] };
    expect(shrunkenVisibility(sight(["1"], granted), sight(["1"], { ...granted, users: ["b", "a"] }))).toBeNull();
  });

  test("names what is out of sight, a few of many", () => {
    expect(shrunkenVisibility(sight(["1", "2"]), sight(["2"]))).toBe("topmost department 1");
    const before = sight(["1"], { departments: ["1", "2"], users: ["a", "b"], tags: ["7"] });
    expect(shrunkenVisibility(before, sight(["1"], { departments: ["2"], users: ["b"] }))).toBe(
      "department 1, person a, tag 7",
    );
    const many = sight([], { users: ["a", "b", "c", "d", "e", "f", "g"] });
    expect(shrunkenVisibility(many, sight([], {}))).toBe("person a, person b, person c, person d, person e and 2 more");
  });

  test("is judged by the topmost departments where the credential's scope is not known on one side", () => {
    const granted = { departments: ["1"] };
    expect(shrunkenVisibility(sight(["1"], granted), sight(["1"]))).toBeNull();
    expect(shrunkenVisibility(sight(["1"], granted), sight(["5"]))).toBe("topmost department 1");
    expect(shrunkenVisibility(sight(["1"]), sight(["5"], granted))).toBe("topmost department 1");
  });

  test("is one of tags alone where nobody and no department is out of sight", () => {
    const before = sight(["1", "2"], { departments: ["1", "2"], users: ["a"], tags: ["7"] });
    const nothingHidden = { nothingHidden: true };
    expect(shrunkenVisibility(before, sight(["1"], { departments: ["1"] }), nothingHidden)).toBe("tag 7");
    expect(shrunkenVisibility(before, sight(["1"], { tags: ["7"] }), nothingHidden)).toBeNull();
    expect(shrunkenVisibility(sight(["1", "2"]), sight(["2"]), nothingHidden)).toBeNull();
  });

  test("is none where an administrator has chosen another scope since", () => {
    const chosen = { ...sight(["1"]), scope: { mode: "partial", departments: [2] } as const };
    expect(shrunkenVisibility(sight(["1"]), { ...sight([]), scope: chosen.scope })).toBeNull();
    expect(shrunkenVisibility(chosen, { ...sight([]), scope: { departments: [2], mode: "partial" } })).not.toBeNull();
  });
});
