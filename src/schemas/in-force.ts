import { formatFirst, MappingError, makeProblem } from "../mapping/problem.ts";
import type { MappingProgram } from "../mapping/program.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";

/** A mapping as the engine takes it for one task. */
export interface LoadedMapping {
  readonly mapping: MappingProgram;
  readonly version: number;
  /** Why this, or an extension schema beside it, is not the file as it lies there now; null when all are. */
  readonly problem: string | null;
}

/** It is kept with every task: the files' own list has them all. */
const maxProblems = 5;

/**
 * The mapping of this name that is in force.
 *
 * @throws {MappingError} when there is none: with what is wrong with its file
 */
export function mappingInForce({ mappings, files }: SchemasInForce, name: string): LoadedMapping {
  const found = mappings.get(name);
  const its = files.filter(({ kind, name: other }) => kind === "mapping" && other === name);
  const beside = files.filter(({ kind }) => kind === "extension");
  const problems = [...its, ...beside].flatMap((file) => file.problems);
  if (found) {
    const problem = problems.length === 0 ? null : formatFirst(problems, maxProblems).join("\n");
    return { mapping: found.program, version: found.version, problem };
  }
  const say = (detail: string) => makeProblem(filePath("mapping", name), null, [], detail);
  if (problems.length > maxProblems) {
    throw new MappingError([...problems.slice(0, maxProblems), say(`and ${problems.length - maxProblems} more`)]);
  }
  if (problems.length > 0) throw new MappingError(problems);
  throw new MappingError([say(`there is no such mapping; there are ${[...mappings.keys()].join(", ")}`)]);
}
