import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { Delimiter } from "./bare-quotes.ts";
import { type Column, parseColumn } from "./column.ts";
import { readRecords } from "./read-records.ts";

/** The line of headings of a file. */
export interface Heading {
  readonly line: number;
  readonly delimiter: Delimiter;
  readonly columns: readonly Column[];
}

/** How many records are looked at: WeCom writes explanations before the headings. */
const mostRecords = 20;

/**
 * Finds the first record with a heading that means userName. The delimiter is the one by which most columns of it are
 * understood.
 */
export function findHeading(text: string, catalog: SchemaCatalog): Heading | null {
  let best: Heading | null = null;
  for (const delimiter of delimiters) {
    const heading = findBy(delimiter, text, catalog);
    if (heading !== null && (best === null || countUnderstood(heading) > countUnderstood(best))) best = heading;
  }
  return best;
}

/**
 * Where no heading was found: the line among the first records whose quotes don't pair up, whatever the delimiter is;
 * else null.
 */
export function findBreak(text: string): number | null {
  const breaks = delimiters.map((delimiter) => {
    let seen = 0;
    return readRecords(text, delimiter, () => {
      seen += 1;
      return seen < mostRecords;
    });
  });
  return breaks.reduce((last, line) => (last === null || line === null ? null : Math.max(last, line)));
}

const delimiters: readonly Delimiter[] = [",", ";", "\t"];

function findBy(delimiter: Delimiter, text: string, catalog: SchemaCatalog): Heading | null {
  let found: Heading | null = null;
  let seen = 0;
  readRecords(text, delimiter, ({ line, cells }) => {
    const columns = cells.map((cell) => parseColumn(cell, catalog));
    if (columns.some(({ kind }) => kind === "userName")) found = { line, delimiter, columns };
    seen += 1;
    return found === null && seen < mostRecords;
  });
  return found;
}

function countUnderstood({ columns }: Heading): number {
  return columns.filter((column) => "meaning" in column).length;
}
