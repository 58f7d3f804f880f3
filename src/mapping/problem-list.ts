import type { Locate } from "./json-text.ts";
import { maxProblems } from "./max-problems.ts";
import { type MappingProblem, makeProblem, type Report } from "./problem.ts";

/** What came of looking for problems in one file. */
export interface Collected<T> {
  /** Null where there were so many that looking was given up. */
  readonly result: T | null;
  /** In the order of the file; with more than {@link maxProblems} the last one says so. */
  readonly problems: readonly MappingProblem[];
}

/** Does work that reports problems of a file, and ends it when there are more of them than anybody wants to know. */
export function collectProblems<T>(file: string, locate: Locate | null, work: (report: Report) => T): Collected<T> {
  const problems: MappingProblem[] = [];
  const report: Report = (path, detail, spot) => {
    if (problems.length === maxProblems) throw new EnoughProblems();
    problems.push(makeProblem(file, locate, path, detail, spot));
  };
  try {
    return { result: work(report), problems: sortByPlace(problems) };
  } catch (error) {
    if (!(error instanceof EnoughProblems)) throw error;
    return { result: null, problems: [...sortByPlace(problems.slice(0, -1)), andMore(file, locate)] };
  }
}

/** The first problems of a file; with more than {@link maxProblems} the last one says so. */
export function cutProblems(
  file: string,
  locate: Locate | null,
  problems: readonly MappingProblem[],
): readonly MappingProblem[] {
  if (problems.length <= maxProblems) return problems;
  return [...problems.slice(0, maxProblems - 1), andMore(file, locate)];
}

function andMore(file: string, locate: Locate | null): MappingProblem {
  return makeProblem(file, locate, [], "and more: mend these first");
}

class EnoughProblems extends Error {}

function sortByPlace(problems: readonly MappingProblem[]): readonly MappingProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
