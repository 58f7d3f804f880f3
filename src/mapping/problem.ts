import { jsonPointer } from "../lib/json-pointer.ts";
import type { Locate, MemberPart } from "./json-text.ts";

/** One thing to mend, or to look at, in a file that people edit. */
export interface MappingProblem {
  /** Path of the file below the schemas directory: `mappings/wecom.json`. */
  readonly file: string;
  /** JSON Pointer of the place in the file; empty for the whole file. */
  readonly pointer: string;
  /** Line and column of the place, from 1; null where the file's text was not at hand. */
  readonly line: number | null;
  readonly column: number | null;
  /** What is wrong and what to write instead. */
  readonly detail: string;
}

/** Mapping or extension files that cannot be used. Lists every problem, not only the first. */
export class MappingError extends Error {
  readonly problems: readonly MappingProblem[];

  constructor(problems: readonly MappingProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "MappingError";
    this.problems = problems;
  }
}

/** A problem in one line, the place first, as compilers write it: `mappings/wecom.json:12:5 /user/title: …`. */
export function formatProblem({ file, pointer, line, column, detail }: MappingProblem): string {
  const place = line === null ? file : `${file}:${line}:${column}`;
  return `${pointer === "" ? place : `${place} ${pointer}`}: ${detail}`;
}

/** The first problems, a line each and none of them long, and how many there are besides: for what keeps or logs them. */
export function formatFirst(problems: readonly MappingProblem[], limit: number): readonly string[] {
  const lines = problems.slice(0, limit).map((problem) => cut(formatProblem(problem), 500));
  return problems.length > limit ? [...lines, `and ${problems.length - limit} more`] : lines;
}

/** Where exactly below a path: the name of the member, or a character of its text (from 0). */
export interface ProblemSpot {
  readonly part?: MemberPart;
  readonly offset?: number;
}

/** Says where a problem lies and what it is, while one file is compiled. */
export type Report = (path: readonly (string | number)[], detail: string, spot?: ProblemSpot) => void;

/** The problem at a path of a file. */
export function makeProblem(
  file: string,
  locate: Locate | null,
  path: readonly (string | number)[],
  detail: string,
  { part, offset }: ProblemSpot = {},
): MappingProblem {
  const { line, column } = locate?.(path, part, offset) ?? { line: null, column: null };
  return { file, pointer: pointerOf(path), line, column, detail: cut(detail, 2000) };
}

// A name in a file may be as long as the file; then the place around it has to do.
function pointerOf(path: readonly (string | number)[]): string {
  const pointer = jsonPointer(path);
  return pointer.length <= 1000 ? pointer : pointerOf(path.slice(0, -1));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
