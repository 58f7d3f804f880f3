import { type Target, TargetError } from "../../target/target.ts";
import { TargetDownError } from "./target-down.ts";

/** A target that refused so many changes in a push, and took none, refuses everything. */
export const mostRefused = 20;

export interface ChangeWatch {
  /** Refusals of different resources, while nothing was taken, by which the target is given up. */
  readonly mayRefuse: number;
  /** The first change was taken. */
  readonly onTaken: () => Promise<void>;
  /** It was given up. */
  readonly onGivenUp: (error: TargetDownError) => void;
}

/** A target of which it is watched whether it takes any change at all. */
export interface WatchedTarget {
  readonly target: Target;
  /** Whether it took a change. */
  hasTaken(): boolean;
  /** Its last refusal, while it has taken nothing; null: it refused nothing, or took something. */
  lastRefusal(): TargetError | null;
}

/**
 * Watches the changes that a target is sent. A refusal concerns one resource, until so many are refused that the target
 * must be meant; one change that it takes, and it is not. The request that is one too many fails like the others, and so
 * has its record.
 */
export function watchChanges(target: Target, { mayRefuse, onTaken, onGivenUp }: ChangeWatch): WatchedTarget {
  // By resource: a batch of members that is halved is refused many times.
  const refused = new Set<string>();
  let last: TargetError | null = null;
  let taken = false;
  const watch = async <T>(key: string, change: () => Promise<T>): Promise<T> => {
    try {
      const result = await change();
      if (!taken) {
        taken = true;
        await onTaken();
      }
      return result;
    } catch (error) {
      // The target judges each by itself.
      if (error instanceof TargetError && error.code === "conflict") refused.clear();
      // Without a status it was refused by ourselves.
      if (!taken && error instanceof TargetError && error.code === "refused" && error.status !== null) {
        last = error;
        refused.add(key);
        if (refused.size >= mayRefuse) onGivenUp(refusesAll(error, refused.size));
      }
      throw error;
    }
  };
  return {
    target: {
      ...target,
      create: (type, document, signal, resourceId) =>
        watch(`${type} ${resourceId ?? ""}`, () => target.create(type, document, signal, resourceId)),
      modify: (type, id, operations, signal) =>
        watch(`${type} ${id}`, () => target.modify(type, id, operations, signal)),
      replace: (type, id, document, signal) => watch(`${type} ${id}`, () => target.replace(type, id, document, signal)),
      remove: (type, id, signal) => watch(`${type} ${id}`, () => target.remove(type, id, signal)),
    },
    hasTaken: () => taken,
    lastRefusal: () => (taken ? null : last),
  };
}

/** Why a target that refuses everything is given up. */
export function refusesAll(cause: TargetError, changes?: number): TargetDownError {
  const what = changes === undefined || changes === 1 ? "the change" : `all ${changes} changes`;
  const detail = `the target refused ${what} that it was sent; the records of this task say why, and what is left is pushed later`;
  return new TargetDownError("target.refused", detail, cause);
}
