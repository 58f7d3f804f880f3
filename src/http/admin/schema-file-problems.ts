import type { MappingProblem } from "../../mapping/problem.ts";
import { MappingError } from "../../mapping/problem.ts";
import { SchemaConflictError } from "../../schemas/editor.ts";
import { FileWriteError, ReadOnlyError } from "../../schemas/write-file.ts";
import { invalid, ProblemError, type ProblemItem } from "../problem.ts";

/**
 * What editing files throws, as problems: 400 for what is wrong with a file, 409 for what collides with the others or
 * with files that come from outside, 500 for a file that could not be written although it should. `below` is put before
 * each pointer: where the file stands in a larger body.
 */
export async function orProblem<T>(work: () => Promise<T>, below: string | BelowOf = ""): Promise<T> {
  const itemOf = (problem: MappingProblem) => toItem(problem, typeof below === "string" ? below : below(problem.file));
  try {
    return await work();
  } catch (error) {
    if (error instanceof MappingError) throw invalid(error.problems.map(itemOf));
    if (error instanceof SchemaConflictError) {
      const items = error.problems
        .slice(0, maxItems)
        .map(({ file, detail, ...place }) => itemOf({ ...place, file, detail: `${file}: ${detail}` }));
      throw new ProblemError(409, "conflict", sentence(error.message), items);
    }
    if (error instanceof ReadOnlyError) {
      const advice =
        "the files come from outside: change the file where it comes from; what is good there is in force at the next sync";
      throw new ProblemError(409, "conflict", sentence(`${error.message}: ${advice}`));
    }
    if (error instanceof FileWriteError) {
      throw new ProblemError(500, "internal", sentence(`${error.message}: nothing came into force`));
    }
    throw error;
  }
}

/** Where a file stands in the body. */
type BelowOf = (file: string) => string;

/** Of several mappings, each with some. */
const maxItems = 100;

function toItem({ pointer, line, column, detail }: MappingProblem, below: string): ProblemItem {
  const at = below + pointer;
  return line === null || column === null || below !== ""
    ? { pointer: at, detail }
    : { pointer: at, detail, line, column };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
