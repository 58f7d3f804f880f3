import type { KeyHolder, ToldRename } from "../../store/store.ts";

/** What events say became of somebody who is known here. */
export interface ToldMove {
  readonly from: string;
  readonly to: string;
  readonly holder: KeyHolder;
}

/**
 * Where those are by now who had other keys before, from what events told in whatever order. Several changes of one person are
 * one move: A became B, and B became C. Where somebody else is known as B it was that one who became C.
 *
 * Moves whose new key another one leaves come after that one's. Keys that were exchanged lead back to where they began: those
 * are `exchanged`, each with both ends known.
 */
export function toldMoves(
  told: readonly Pick<ToldRename, "from" | "to">[],
  holders: ReadonlyMap<string, KeyHolder>,
): { readonly moves: readonly ToldMove[]; readonly exchanged: readonly ToldMove[] } {
  const next = new Map(told.map(({ from, to }) => [from, to]));
  const found: ToldMove[] = [];
  for (const { from } of told) {
    const holder = holders.get(from);
    if (holder === undefined || !isKnown(holder)) continue;
    const to = endOf(from, next, holders);
    if (to !== from) found.push({ from, to, holder });
  }
  const byFrom = new Map(found.map((move) => [move.from, move]));
  const moves: ToldMove[] = [];
  const exchanged: ToldMove[] = [];
  const state = new Map<string, "under way" | "placed">();
  const place = (move: ToldMove, path: readonly ToldMove[]): void => {
    if (state.get(move.from) === "placed") return;
    if (state.get(move.from) === "under way") {
      exchanged.push(...path.slice(path.indexOf(move)));
      return;
    }
    state.set(move.from, "under way");
    const before = byFrom.get(move.to);
    if (before !== undefined) place(before, [...path, move]);
    state.set(move.from, "placed");
    if (!exchanged.includes(move)) moves.push(move);
  };
  for (const move of found) place(move, []);
  return { moves, exchanged };
}

/** A resource is here under this key. */
export function isKnown({ isPresent, isDeparted }: KeyHolder): boolean {
  return isPresent || isDeparted;
}

function endOf(from: string, next: ReadonlyMap<string, string>, holders: ReadonlyMap<string, KeyHolder>): string {
  const met = new Set([from]);
  for (let at = from; ; ) {
    const to = next.get(at);
    if (to === undefined) return at;
    const holder = holders.get(to);
    // Whoever is known by it has moved on himself, or is in the way; and what leads in a circle ends where it began.
    if (met.has(to) || (holder !== undefined && isKnown(holder))) return to;
    met.add(to);
    at = to;
  }
}
