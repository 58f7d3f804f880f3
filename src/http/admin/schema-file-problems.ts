import type { MappingProblem } from "../../mapping/problem.ts";
import { MappingError } from "../../mapping/problem.ts";
import { SchemaConflictError } from "../../schemas/editor.ts";
import { ReadOnlyError } from "../../schemas/folder.ts";
import { invalid, ProblemError, type ProblemItem } from "../problem.ts";

/**
 * What editing files throws, as problems: 400 for what is wrong with a file, 409 for what collides with the others or
 * with files that come from outside. `below` is put before each pointer: where the file stands in a larger body.
 */
export async function orProblem<T>(work: () => Promise<T>, below = ""): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MappingError) throw invalid(error.problems.map((problem) => toItem(problem, below)));
    if (error instanceof SchemaConflictError) {
      const items = error.problems.map(({ file, detail, ...place }) =>
        toItem({ ...place, file, detail: `${file}: ${detail}` }, below),
      );
      throw new ProblemError(409, "conflict", sentence(error.message), items);
    }
    if (error instanceof ReadOnlyError) {
      const advice =
        "the files come from outside: change the file where it comes from; what is good there is in force at the next sync";
      throw new ProblemError(409, "conflict", sentence(`${error.message}: ${advice}`));
    }
    throw error;
  }
}

function toItem({ pointer, line, column, detail }: MappingProblem, below: string): ProblemItem {
  const at = below + pointer;
  return line === null || column === null || below !== ""
    ? { pointer: at, detail }
    : { pointer: at, detail, line, column };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
