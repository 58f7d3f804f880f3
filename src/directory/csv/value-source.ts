import { foldCase } from "../../lib/fold.ts";
import type { Json } from "../../lib/json.ts";
import type { Column } from "./column.ts";

/** Where the value of an attribute comes from. */
export interface ValueSource {
  readonly path: string;
  /** Their places in the record, the preferred one first. */
  readonly columns: readonly number[];
  /** Whether one that is false decides, whatever the others are: nobody is to be active against a column of the file. */
  readonly falseWins: boolean;
}

/** The attributes that columns have values for, in the order in which the file comes to them. */
export function findSources(columns: readonly Column[]): readonly ValueSource[] {
  const found = new Map<string, { readonly path: string; readonly candidates: Candidate[] }>();
  for (const [index, column] of columns.entries()) {
    if (column.kind !== "attribute") continue;
    for (const [place, path] of column.paths.entries()) {
      const entry = found.get(foldCase(path)) ?? { path, candidates: [] };
      entry.candidates.push({ index, place, rank: column.rank ?? -1 });
      found.set(foldCase(path), entry);
    }
  }
  return [...found.values()].map(({ path, candidates }) => ({
    path,
    columns: candidates.toSorted(byPreference).map(({ index }) => index),
    falseWins: path === "active",
  }));
}

/** The value among those of the columns, which are in the order of preference; null where all are empty. */
export function chooseValue({ falseWins }: ValueSource, values: readonly (Json | null)[]): Json | null {
  if (falseWins && values.includes(false)) return false;
  return values.find((value) => value !== null) ?? null;
}

interface Candidate {
  readonly index: number;
  /** Of the path among those of the column: a column that is for it alone comes first. */
  readonly place: number;
  readonly rank: number;
}

const byPreference = (one: Candidate, other: Candidate): number => one.place - other.place || one.rank - other.rank;
