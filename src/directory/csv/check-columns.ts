import { type Column, columnKey } from "./column.ts";
import type { Heading } from "./find-heading.ts";
import type { CsvProblem } from "./parsed-people.ts";

/** The columns to read by, and what is wrong with the headings. Of columns with one meaning the first is read. */
export function checkColumns({ line, columns }: Heading): {
  readonly readable: readonly Column[];
  readonly problems: readonly CsvProblem[];
} {
  const problems: CsvProblem[] = [];
  const first = new Map<string, string>();
  const readable = columns.map((column): Column => {
    const { heading } = column;
    if (column.kind === "refused") problems.push({ line, column: heading, detail: column.note });
    const key = columnKey(column);
    const before = key === null ? undefined : first.get(key);
    if (key !== null && before === undefined) first.set(key, heading);
    if (before === undefined) return column;
    const detail = `The column means the same as the column ${before}`;
    problems.push({ line, column: heading, detail });
    return { heading, kind: "ignored", note: detail };
  });
  return { readable, problems };
}
