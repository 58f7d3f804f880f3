import type { ResourceType } from "../../scim/resource.ts";
import { type Target, TargetError } from "../../target/target.ts";
import { TargetDownError } from "./target-down.ts";

/** So many changes of one kind refused in a push, and none taken, and no other of that kind is tried in it. */
export const mostRefused = 20;

/**
 * Kinds of changes. Each has its turn in a push, whatever the target does with the others: who leaves does not wait for those
 * who can't join.
 */
export type ChangeKind =
  | `${"create" | "update" | "delete"} ${ResourceType}`
  | "deactivate User"
  | "add members"
  | "remove members";

export interface ChangeWatch {
  /** Refusals of different resources by which a kind of which nothing was taken is given up. */
  readonly mayRefuse: number;
  /** The first change was taken, of whatever kind. */
  readonly onTaken: () => Promise<void>;
}

/** A target of which it is watched whether it takes any change at all, and of which kinds. */
export interface WatchedTarget {
  /** The target as changes of one kind are sent to it: it throws {@link KindRefusedError} once the kind was given up. */
  of(kind: ChangeKind): Target;
  /** Whether so many of a kind were refused that no other one is tried in this push. */
  isOver(kind: ChangeKind): boolean;
  /** Whether any kind is over. */
  isCutShort(): boolean;
  /** Whether it took a change. */
  hasTaken(): boolean;
  /** That it refuses everything: what it was sent of all kinds, at least so many changes. Null: it does not. */
  refusal(atLeast: number): TargetDownError | null;
}

/** The target refused so many changes of one kind that no other of them is sent in this push. The others are. */
export class KindRefusedError extends Error {
  constructor(kind: ChangeKind) {
    super(`the target refuses each "${kind}"`);
    this.name = "KindRefusedError";
  }
}

interface Watched {
  /** By resource: a batch of members that is halved is refused many times. */
  readonly refused: Set<string>;
  taken: boolean;
}

/**
 * Watches the changes that a target is sent. A refusal concerns one resource, until so many of a kind are refused that the
 * kind must be meant; one of them that it takes, and it is not. The request that is one too many fails like the others, and
 * so has its record.
 */
export function watchChanges(target: Target, { mayRefuse, onTaken }: ChangeWatch): WatchedTarget {
  const kinds = new Map<ChangeKind, Watched>();
  let last: TargetError | null = null;
  let taken = false;

  const watched = (kind: ChangeKind): Watched => {
    const known = kinds.get(kind) ?? { refused: new Set<string>(), taken: false };
    kinds.set(kind, known);
    return known;
  };
  // Of a target that takes something it is worth while to see whether it takes some of these too.
  const most = (): number => (taken ? Math.max(mayRefuse, mostRefused) : mayRefuse);
  const isGivenUp = (each: Watched): boolean => !each.taken && each.refused.size >= most();

  const watch = async <T>(kind: ChangeKind, key: string, change: () => Promise<T>): Promise<T> => {
    const ofKind = watched(kind);
    if (isGivenUp(ofKind)) throw new KindRefusedError(kind);
    try {
      const result = await change();
      ofKind.taken = true;
      if (!taken) {
        taken = true;
        await onTaken();
      }
      return result;
    } catch (error) {
      // The target judges each by itself.
      if (error instanceof TargetError && error.code === "conflict")
        for (const { refused } of kinds.values()) refused.clear();
      // Without a status it was refused by ourselves.
      if (error instanceof TargetError && error.code === "refused" && error.status !== null) {
        last = error;
        ofKind.refused.add(key);
      }
      throw error;
    }
  };

  return {
    of: (kind) => ({
      ...target,
      create: (type, document, signal, resourceId) =>
        watch(kind, `${type} ${resourceId ?? ""}`, () => target.create(type, document, signal, resourceId)),
      modify: (type, id, operations, signal) =>
        watch(kind, `${type} ${id}`, () => target.modify(type, id, operations, signal)),
      replace: (type, id, document, ...rest) =>
        watch(kind, `${type} ${id}`, () => target.replace(type, id, document, ...rest)),
      remove: (type, id, signal) => watch(kind, `${type} ${id}`, () => target.remove(type, id, signal)),
    }),
    isOver: (kind) => isGivenUp(watched(kind)),
    isCutShort: () => [...kinds.values()].some(isGivenUp),
    hasTaken: () => taken,
    refusal(atLeast) {
      const count = [...kinds.values()].reduce((sum, { refused }) => sum + refused.size, 0);
      return taken || last === null || count < atLeast ? null : refusesAll(last, count);
    },
  };
}

/** Nothing is refused, and nothing taken: what is sent is only noted. */
export function notWatched(target: Target): WatchedTarget {
  return {
    of: () => target,
    isOver: () => false,
    isCutShort: () => false,
    hasTaken: () => false,
    refusal: () => null,
  };
}

function refusesAll(cause: TargetError, changes: number): TargetDownError {
  const what = changes <= 1 ? "the change" : `all ${changes} changes`;
  const detail = `the target refused ${what} that it was sent; the records of this task say why, and what is left is pushed later`;
  return new TargetDownError("target.refused", detail, cause);
}
