import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { Column } from "./column.ts";
import { findBreak, findHeading, type Heading } from "./find-heading.ts";
import { namedHeadings } from "./heading-names.ts";
import { parseRow } from "./parse-row.ts";
import type { ColumnReport, CsvProblem, ParsedPeople, PersonRow } from "./parsed-people.ts";
import { readRecords } from "./read-records.ts";
import { RepeatedNames } from "./repeated-names.ts";
import { settleColumns } from "./settle-columns.ts";

export type { ColumnReport, CsvProblem, ParsedPeople, PersonRow } from "./parsed-people.ts";

/** How many people a file may have. */
export const mostPeople = 100_000;

/**
 * Reads the people of a CSV file, with comma, semicolon or tab between cells. What stands before the headings, as in
 * WeCom's exports, is passed over. All problems are found at once.
 */
export function parsePeopleCsv(text: string, catalog: SchemaCatalog): ParsedPeople {
  const heading = findHeading(text, catalog);
  return heading === null ? withoutHeading(text) : readPeople(text, heading);
}

// Without headings nobody knows which cells are personal data, so none is repeated.
function withoutHeading(text: string): ParsedPeople {
  const brokenAt = findBreak(text);
  const problems = [
    { line: 1, column: null, detail: noUserName },
    ...(brokenAt === null ? [] : [{ line: brokenAt, column: null, detail: brokenQuotes }]),
  ];
  return { columns: [], people: [], problems };
}

function readPeople(text: string, heading: Heading): ParsedPeople {
  const settled = settleColumns(heading);
  const { columns, problems: ofHeadings } = settled;
  const keyHeading = columns.find(({ kind }) => kind === "userName")?.heading ?? null;
  const problems: CsvProblem[] = [...ofHeadings];
  const people: PersonRow[] = [];
  const names = new RepeatedNames();
  let count = 0;
  for (const { line, cells } of readRecords(text, heading.delimiter)) {
    if (line <= heading.line) continue;
    count += 1;
    if (count > mostPeople) {
      problems.push({ line, column: null, detail: tooMany });
      break;
    }
    if (cells === null) {
      problems.push({ line, column: null, detail: brokenQuotes });
      continue;
    }
    const { userName, person, problems: ofRow } = parseRow({ line, cells }, settled);
    for (const problem of ofRow) problems.push(problem);
    if (person !== null) people.push(person);
    if (userName !== null) names.add(userName, line);
  }
  for (const problem of names.problems(keyHeading)) problems.push(problem);
  return {
    columns: columns.map(toReport),
    // Which of two records is right is not known, nor what a file means whose headings contradict each other.
    people: ofHeadings.length > 0 ? [] : people.filter(({ userName }) => !names.has(userName)),
    problems: problems.toSorted((a, b) => a.line - b.line),
  };
}

function toReport(column: Column): ColumnReport {
  const { heading } = column;
  const meaning = "meaning" in column ? column.meaning : null;
  const note = "note" in column ? column.note : null;
  return note === null ? { heading, meaning } : { heading, meaning, note };
}

const noUserName = `No heading among the first lines means userName. Headings that are understood: ${namedHeadings
  .flatMap(({ names }) => names)
  .join(", ")}, and SCIM attribute paths such as name.givenName`;
const brokenQuotes = "The quotes don't pair up: the line could not be read, and reading went on with the next";
const tooMany = `A file may have ${mostPeople} people at most: this and what follows was not read`;
