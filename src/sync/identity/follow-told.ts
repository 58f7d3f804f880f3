import type { IdentityCase, KeyHolder, ToldRename } from "../../store/store.ts";
import type { IdentityParts } from "./carry-out.ts";
import { askedForMs, type IdentityHold } from "./identity-hold.ts";
import { isKnown, type ToldMove, toldMoves } from "./told-moves.ts";

/** How long what an event told is remembered while nothing is found that bears it out, in milliseconds. */
const toldForMs = 7 * 86_400_000;

/** What became of what events told of other keys. */
export interface Followed {
  /** Keys of newcomers who must not be made yet: it is not clear whose new name theirs is. */
  readonly unclear: ReadonlySet<string>;
  /** Keys of those who are not to leave, for their new name is not to be found yet. */
  readonly expected: ReadonlySet<string>;
  /** Somebody took a key that another one left: his name is free only once that one has his own. */
  readonly isAgain: boolean;
}

export interface FollowParts extends IdentityParts {
  readonly hold: IdentityHold;
  /** Whether somebody is in the source, by his key; null: it is not clear. */
  readonly isThere: (key: string, holder: KeyHolder | undefined) => boolean | null;
  /** Asks the source about keys of which it is not clear; whoever is not in the answer is not there, or unclear still. */
  readonly look: (keys: readonly string[]) => Promise<ReadonlyMap<string, boolean>>;
  /** The tags were read: they name people by their new keys already. */
  readonly tagsAreRead: boolean;
  /** All of the source was read: what nothing bears out now is of no use. */
  readonly isWhole: boolean;
  readonly live: readonly IdentityCase[];
}

/**
 * Follows what events told: that whoever had one key has another now. An event may be lost, come twice, late, or before the
 * one that it follows; so it counts only where the source shows the same: nobody is there under the former key, and somebody
 * is under the new one. What then moves is the resource's key, so that the comparison finds another name of the same person.
 *
 * Where somebody else is known under the new key already, a person decides: it may be that he was made before the event came.
 */
export async function followTold(parts: FollowParts): Promise<Followed> {
  const { store, lease, sourceId, clock, hold, isWhole, live } = parts;
  const told = await store.toldRenames(sourceId);
  const unclear = new Set<string>();
  const expected = new Set<string>();
  if (told.length === 0) return { unclear, expected, isAgain: false };
  const holders = await store.keyHolders(sourceId, [...new Set(told.flatMap(({ from, to }) => [from, to]))]);
  const { moves, exchanged } = toldMoves(told, holders);
  const isThere = await presence(parts, [...moves, ...exchanged], holders);
  const over = new Set<string>();
  const isAsked = (from: string, to: string): boolean =>
    live.some((each) => each.state === "open" && each.from === from && each.to === to);

  for (const { from, to, holder } of exchanged) {
    if (isThere.get(from) !== true || isThere.get(to) !== true) continue;
    over.add(from);
    if (isAsked(from, to)) continue;
    const otherId = holders.get(to)?.resourceId ?? null;
    const about = { kind: "exchange", resourceId: holder.resourceId, otherId, from, to, evidence: [] } as const;
    hold.ask({ ...about, isTold: true, expiresAt: clock() + askedForMs });
  }
  /** Keys that the moves before have left. */
  const left = new Set<string>();
  let isAgain = false;
  for (const move of moves) {
    const { from, to, holder } = move;
    // Whoever is there under his former key has it by a move of his own.
    const isTaken = moves.some((other) => other.to === from && isThere.get(other.from) === false);
    const isGone = isThere.get(from) === false || isTaken;
    if (!isGone && isThere.get(from) === true) {
      // Nobody has changed his key, whatever was told: he is there.
      if (isWhole) over.add(from);
      else unclear.add(to);
      continue;
    }
    if (!isGone || isThere.get(to) !== true) {
      expected.add(from);
      continue;
    }
    const other = holders.get(to);
    if (other?.isPresent === true && !left.has(to)) {
      over.add(from);
      if (isAsked(from, to)) continue;
      const about = { kind: "rename", resourceId: holder.resourceId, otherId: other.resourceId, from, to } as const;
      hold.ask({ ...about, evidence: [], isTold: true, expiresAt: clock() + askedForMs });
      continue;
    }
    if (other?.isDeparted === true && !left.has(to) && !parts.mayWrite) continue;
    await follow(parts, move, isTaken);
    // Only a read of everything brings what a look at others alone has not read of him.
    if (left.has(to) || (!isWhole && parts.isThere(to, other) === null)) isAgain = true;
    left.add(from);
    over.add(from);
  }
  // Links of a chain that was followed from its beginning go with it.
  for (let before = -1; before < over.size; ) {
    before = over.size;
    for (const { from } of told) if (leadsFrom(told, over, from) && !isHeld(holders.get(from))) over.add(from);
  }
  const rest = told.filter(({ from }) => !over.has(from));
  for (const { from, to, heardAt } of rest) {
    const isUnknown = !isHeld(holders.get(from));
    // Whoever is made under the new key was nobody whom we knew.
    const isMade = isHeld(holders.get(to));
    if (isUnknown && !isWhole && !isMade) unclear.add(to);
    if ((isUnknown && isWhole && isMade) || heardAt + toldForMs <= clock()) over.add(from);
  }
  const used = told.filter(({ from }) => over.has(from)).map(({ from }) => from);
  if (used.length > 0 && parts.mayWrite) await store.forgetTold(lease, sourceId, used);
  return { unclear, expected, isAgain };
}

function isHeld(holder: KeyHolder | undefined): boolean {
  return holder !== undefined && isKnown(holder);
}

function leadsFrom(told: readonly ToldRename[], over: ReadonlySet<string>, key: string): boolean {
  return told.some(({ from, to }) => to === key && over.has(from));
}

async function follow(
  { store, lease, sourceId, taskId, mayWrite, hold, live, tagsAreRead }: FollowParts,
  { from, to, holder: { resourceId } }: ToldMove,
  isTaken: boolean,
): Promise<void> {
  const move = { sourceId, taskId, resourceId, from, to, isTaken, tagsAreRead };
  if (mayWrite) {
    await store.moveKey(lease, move);
    await store.noteFollowed(lease, move);
  }
  // What was asked about them has an answer.
  const asked = live.filter(
    (each) => each.state === "open" && each.kind === "rename" && (each.resourceId === resourceId || each.to === to),
  );
  if (asked.length > 0) {
    const ids = asked.map(({ id }) => id);
    if (mayWrite) await store.closeCases(lease, ids, "withdrawn");
    hold.withdraw(asked);
  }
  hold.followed({ resourceId, from, to });
}

/** Who is there of those whom the moves name. */
async function presence(
  { isThere, look }: FollowParts,
  moves: readonly ToldMove[],
  holders: ReadonlyMap<string, KeyHolder>,
): Promise<ReadonlyMap<string, boolean>> {
  const known = new Map<string, boolean>();
  const open: string[] = [];
  for (const key of new Set(moves.flatMap(({ from, to }) => [from, to]))) {
    const is = isThere(key, holders.get(key));
    if (is === null) open.push(key);
    else known.set(key, is);
  }
  // Read as there under both keys: one of them was read before he changed it.
  for (const { from, to } of moves) if (known.get(from) === true && known.get(to) === true) open.push(from, to);
  if (open.length > 0) for (const [key, is] of await look([...new Set(open)])) known.set(key, is);
  return known;
}
