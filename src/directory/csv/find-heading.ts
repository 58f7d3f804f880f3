import type { SchemaCatalog } from "../../scim/catalog.ts";
import { type Column, parseColumn } from "./column.ts";
import { type Delimiter, delimiters } from "./delimiter.ts";
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
  const [first = new Set<number>(), ...others] = delimiters.map((delimiter) => {
    const records = takeFirst(readRecords(text, delimiter), mostRecords);
    return new Set(records.flatMap(({ line, cells }) => (cells === null ? [line] : [])));
  });
  return [...first].find((line) => others.every((lines) => lines.has(line))) ?? null;
}

function findBy(delimiter: Delimiter, text: string, catalog: SchemaCatalog): Heading | null {
  let seen = 0;
  for (const { line, cells } of readRecords(text, delimiter)) {
    const columns = (cells ?? []).map((cell) => parseColumn(cell, catalog));
    if (columns.some(({ kind }) => kind === "userName")) return { line, delimiter, columns };
    seen += 1;
    if (seen === mostRecords) break;
  }
  return null;
}

function takeFirst<T>(items: Iterable<T>, most: number): readonly T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === most) break;
  }
  return taken;
}

function countUnderstood({ columns }: Heading): number {
  return columns.filter((column) => "meaning" in column).length;
}
