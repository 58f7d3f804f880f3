import { foldCase } from "../../lib/fold.ts";
import type { AttributeColumn, Column } from "./column.ts";
import type { Heading } from "./find-heading.ts";
import type { CsvProblem } from "./parsed-people.ts";
import { findSources, type ValueSource } from "./value-source.ts";

export interface SettledColumns {
  /** In the order of the file; those that contradict another one are ignored. */
  readonly columns: readonly Column[];
  /** The attributes that the file has values for. */
  readonly sources: readonly ValueSource[];
  /** What is wrong with the headings. */
  readonly problems: readonly CsvProblem[];
}

/** What is to be read of each column. Of those that contradict each other it is the first. */
export function settleColumns({ line, columns }: Heading): SettledColumns {
  const problems: CsvProblem[] = [];
  const byKey = new Map<string, Column[]>();
  const settled = columns.map((column): Column => {
    const { heading } = column;
    if (column.kind === "refused") problems.push({ line, column: heading, detail: column.note });
    const key = keyOf(column);
    if (key === null) return column;
    const others = byKey.get(key) ?? [];
    byKey.set(key, [...others, column]);
    const rival = others.find((other) => !canStandBeside(column, other));
    if (rival === undefined) return column;
    const detail = `The column means the same as the column ${rival.heading}`;
    problems.push({ line, column: heading, detail });
    return { heading, kind: "ignored", note: detail };
  });
  const sources = findSources(settled);
  return { columns: addNotes(settled, sources), sources, problems };
}

/** Equal for columns that mean the same, whatever the case of their filters; null for those that mean nothing. */
function keyOf(column: Column): string | null {
  if (column.kind === "attribute") return foldCase(column.paths[0] ?? column.meaning);
  return "meaning" in column ? foldCase(column.meaning) : null;
}

// WeCom's own lists have 邮箱 and 企业邮箱. With one name twice, or a path, a file says the same twice.
function canStandBeside(one: Column, other: Column): boolean {
  if (one.kind !== "attribute" || other.kind !== "attribute") return false;
  return one.rank !== null && other.rank !== null && one.rank !== other.rank;
}

function addNotes(columns: readonly Column[], sources: readonly ValueSource[]): readonly Column[] {
  return columns.map((column, index) => {
    if (column.kind !== "attribute") return column;
    const notes = [column.note, besideOthers(column, index, columns, sources)].filter((note) => note !== null);
    return { ...column, note: notes.length === 0 ? null : notes.join(". ") };
  });
}

function besideOthers(
  { paths }: AttributeColumn,
  index: number,
  columns: readonly Column[],
  sources: readonly ValueSource[],
): string | null {
  const source = sources.find(({ path }) => path === paths[0]);
  if (source === undefined || source.columns.length < 2) return null;
  if (source.falseWins) return "Of the columns for active, one that says no is enough";
  const before = source.columns.slice(0, source.columns.indexOf(index)).map((other) => columns[other]?.heading);
  return before.length === 0 ? null : `It counts where nothing is in ${before.join(" or ")}`;
}
