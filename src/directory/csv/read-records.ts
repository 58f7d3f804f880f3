import { parse, CsvError as SyntaxProblem } from "csv-parse/sync";
import { type Delimiter, quoteBareQuotes } from "./bare-quotes.ts";

/** A record of a CSV file. Not one of those that are nothing but empty cells. */
export interface CsvRecord {
  /** The first of its lines, 1 for the first of the file. */
  readonly line: number;
  /** Trimmed; line breaks are `\n`. */
  readonly cells: readonly string[];
}

/**
 * Reads records, until the taker has enough and says false.
 *
 * @returns the first line of a record whose quotes don't pair up, after which nothing can be read; else null
 */
export function readRecords(text: string, delimiter: Delimiter, take: (record: CsvRecord) => boolean): number | null {
  // One kind of line break, or csv-parse counts those of Windows twice in a cell.
  const lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const input = quoteBareQuotes(lines, delimiter);
  let lastLine = 0;
  try {
    parse(input, {
      delimiter,
      record_delimiter: "\n",
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (raw: readonly string[], { lines: line }) => {
        lastLine = line;
        const cells = raw.map((cell) => cell.trim());
        const isBlank = cells.every((cell) => cell === "");
        if (!isBlank && !take({ line: line - countBreaks(raw), cells })) throw new Enough();
        return null;
      },
    });
    return null;
  } catch (error) {
    if (error instanceof Enough) return null;
    if (!(error instanceof SyntaxProblem && quoteProblems.has(error.code))) throw error;
    return firstLineAfter(input, lastLine);
  }
}

class Enough extends Error {}

// Their messages have a cell in them.
const quoteProblems: ReadonlySet<string> = new Set([
  "CSV_INVALID_CLOSING_QUOTE",
  "CSV_QUOTE_NOT_CLOSED",
  "INVALID_OPENING_QUOTE",
]);

function countBreaks(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => (cell.includes("\n") ? sum + cell.split("\n").length - 1 : sum), 0);
}

function firstLineAfter(text: string, last: number): number {
  return text.split("\n").findIndex((line, index) => index >= last && line !== "") + 1;
}
