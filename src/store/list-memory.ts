import type { ListPlace } from "./store.ts";

/** What is known of a run as long as the directory does not change. */
export interface RunMemory {
  total: number | null;
  /** The places of its resources number `hop`, `2 × hop` and so on, counted from 0, as far as somebody has come. */
  readonly places: Omit<ListPlace, "run">[];
  /** The ids of a search that found few, in order; see few.ts. */
  few: readonly string[] | "many" | null;
}

/** Remembers runs by their key and values, until the directory's clock shows another number. */
export interface ListMemory {
  /** What is known, to be added to; empty when nothing is. */
  recall(run: string, changes: number): RunMemory;
  /** Forgets what was added while the directory changed. */
  forget(run: string): void;
}

/** A run of 100,000 with all its places takes some 20 KB, a search that found few 50 KB at most. */
const mostRuns = 300;

/** A memory of the runs that were asked for last. */
export function makeListMemory(): ListMemory {
  const runs = new Map<string, { readonly changes: number; readonly memory: RunMemory }>();
  return {
    recall(run, changes) {
      const known = runs.get(run);
      runs.delete(run);
      const kept = known?.changes === changes ? known : { changes, memory: { total: null, places: [], few: null } };
      if (runs.size >= mostRuns) {
        const oldest = runs.keys().next().value;
        if (oldest !== undefined) runs.delete(oldest);
      }
      // At the end again: the first is the one that was asked for least lately.
      runs.set(run, kept);
      return kept.memory;
    },
    forget(run) {
      runs.delete(run);
    },
  };
}
