import type { RecordKind } from "../source/source.ts";
import type { ReadOutcome } from "./read-source.ts";
import { Seen } from "./seen.ts";

/** Whom a read allows to leave, and on what evidence. */
export interface Leaving {
  readonly kinds: readonly RecordKind[];
  /** Records that stay; every other one of these kinds leaves. */
  readonly stays: Seen;
  /** `seq` is null for what has no record. */
  readonly because: (kind: RecordKind, seq: number | null) => string;
}

/**
 * Who leaves after this read; null: nobody. Only a complete read is evidence.
 *
 * Without a list of all ids, an absence means a departure as long as the credentials see no less than before. With it,
 * who is named there stays, seen or not, and who is not named leaves, whatever the credentials see. Of tags it says
 * nothing.
 *
 * @param shrunken what the credentials see no more
 * @param users false: the organisational structure alone
 */
export function whoLeaves(outcome: ReadOutcome, shrunken: string | null, users: boolean): Leaving | null {
  const { existence } = outcome;
  if (!outcome.complete) return null;
  if (shrunken !== null && (existence === null || existence.omitsSome)) return null;
  const all = users ? (["department", "tag", "user"] as const) : (["department"] as const);
  // Of whom the source itself would say nothing the list knows, unless it leaves some out.
  const knows = existence !== null && !existence.omitsSome;
  const stays = new Seen();
  for (const some of [outcome.seen, knows ? null : outcome.unclear, existence?.there]) if (some) stays.addAll(some);
  for (const seq of existence?.omittable ?? []) if (shrunken !== null || outcome.unclear.has(seq)) stays.add(seq);
  return {
    kinds: shrunken === null ? all : all.filter((kind) => kind !== "tag"),
    stays,
    because(kind, seq) {
      if (existence === null || kind === "tag") return "not in the source any more (the read was complete)";
      const whom = kind === "user" ? "him" : "it";
      return seq !== null && existence.elsewhere.has(seq)
        ? `${existence.list} has ${whom} in none of the departments chosen for this source (the read was complete)`
        : `not in the source any more: ${existence.list} has ${whom} no more (the read was complete)`;
    },
  };
}
