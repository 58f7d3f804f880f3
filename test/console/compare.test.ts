import { describe, expect, it } from "vitest";
import type { SyncRecord } from "../../src/console/api/views.ts";
import { compareSides } from "../../src/console/pages/tasks/compare.ts";

function record(target: string | null, changes: SyncRecord["changes"]): SyncRecord {
  return { id: `r-${target}`, target, changes } as unknown as SyncRecord;
}

describe("compareSides", () => {
  it("puts the source beside the directory and each target", () => {
    const sides = compareSides([
      record("t1", [{ attribute: "title", before: "经理", after: "总监" }]),
      record(null, [{ attribute: "title", source: "总监", before: "经理", after: "总监" }]),
    ]);
    expect(sides.places).toEqual(["", "t1"]);
    expect(sides.ordered.map(({ target }) => target)).toEqual([null, "t1"]);
    expect(sides.attributes).toEqual([
      {
        attribute: "title",
        source: "总监",
        places: { "": { before: "经理", after: "总监" }, t1: { before: "经理", after: "总监" } },
      },
    ]);
  });

  it("keeps what was before the first of several records at one place", () => {
    const sides = compareSides([
      record("t1", [{ attribute: "active", before: null, after: true }]),
      record("t1", [{ attribute: "active", before: true, after: false }]),
    ]);
    expect(sides.attributes[0]?.places).toEqual({ t1: { before: null, after: false } });
  });

  it("tells memberships from attributes", () => {
    const members = { attribute: "members", added: ["a"], removed: [], addedCount: 1200, removedCount: 0 } as const;
    expect(compareSides([record("t1", [members])])).toMatchObject({
      attributes: [],
      members: [{ record: "r-t1", place: "t1", added: 1200, removed: 0 }],
    });
  });
});
