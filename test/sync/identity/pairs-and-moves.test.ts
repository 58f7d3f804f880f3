import { describe, expect, it } from "vitest";
import { compilePersonalFields } from "../../../src/mapping/personal-fields.ts";
import type { KeyHolder } from "../../../src/store/store.ts";
import { PairFinder, type Person } from "../../../src/sync/identity/pair-people.ts";
import { toldMoves } from "../../../src/sync/identity/told-moves.ts";

const person = (key: string, raw: object): Person => ({ key, resourceId: key, raw: JSON.stringify(raw) });

function pairsOf(gone: readonly Person[], come: readonly Person[], fields = ["mobile", "email", "extattr.工号"]) {
  const finder = new PairFinder<Person, Person>(compilePersonalFields(fields));
  for (const each of gone) finder.addGone(each);
  for (const each of come) finder.addCome(each);
  return finder.pairs().map((pair) => [pair.gone.key, pair.come.key, pair.fields]);
}

const number = (value: string) => ({ extattr: { attrs: [{ type: 0, name: "工号", text: { value } }] } });

describe("who is gone and has come again", () => {
  it("agrees in a field that is one person's, a custom one among them, without regard to case and blanks", () => {
    const gone = [person("a", { mobile: "1", email: "A@x" }), person("b", number("E7"))];
    const come = [person("n", { mobile: "1", email: " a@X" }), person("m", number("e7")), person("o", { mobile: "9" })];
    expect(pairsOf(gone, come)).toEqual([
      ["a", "n", ["mobile", "email"]],
      ["b", "m", ["extattr.工号"]],
    ]);
  });

  it("is nobody by a value that several had, or that is empty", () => {
    const shared = [person("a", { mobile: "1", email: "" }), person("b", { mobile: "1", email: "" })];
    expect(pairsOf(shared, [person("n", { mobile: "1", email: "" })])).toEqual([]);
  });

  it("is the one who agrees in most, and nobody where two do equally", () => {
    const gone = [person("a", { mobile: "1", email: "a@x" })];
    const both = [person("n", { mobile: "1" }), person("m", { mobile: "1", email: "a@x" })];
    expect(pairsOf(gone, both)).toEqual([["a", "m", ["mobile", "email"]]]);
    expect(pairsOf(gone, [person("n", { mobile: "1" }), person("m", { email: "a@x" })])).toEqual([]);
  });
});

const here: KeyHolder = { resourceId: "r", seq: 1, isPresent: true, isDeparted: false };

function movesOf(told: readonly string[], known: readonly string[]) {
  const holders = new Map(known.map((key) => [key, { ...here, resourceId: key }]));
  const edges = told.map((each) => ({ from: each.charAt(0), to: each.charAt(1) }));
  const { moves, exchanged } = toldMoves(edges, holders);
  const show = (some: typeof moves) => some.map(({ from, to }) => from + to);
  return { moves: show(moves), exchanged: show(exchanged).sort() };
}

describe("where events say that people went", () => {
  it.each([
    ["one change", ["ab"], ["a"], ["ab"], []],
    ["two of one person, in any order", ["bc", "ab"], ["a"], ["ac"], []],
    ["one takes what another leaves: that one first", ["ab", "bc"], ["a", "b"], ["bc", "ab"], []],
    ["a change of nobody we know", ["ab"], [], [], []],
    ["two who exchanged", ["ab", "ba"], ["a", "b"], [], ["ab", "ba"]],
    [
      "three in a ring, and one beside them",
      ["ab", "bc", "ca", "xy"],
      ["a", "b", "c", "x"],
      ["xy"],
      ["ab", "bc", "ca"],
    ],
    ["there and back", ["ab", "ba"], ["a"], [], []],
  ])("%s", (_what, told, known, moves, exchanged) => {
    expect(movesOf(told, known)).toEqual({ moves, exchanged });
  });
});
