import { formatProblem, MappingError, makeProblem } from "../mapping/problem.ts";
import type { MappingProgram } from "../mapping/program.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";

/** A mapping as the engine takes it for one task. */
export interface LoadedMapping {
  readonly mapping: MappingProgram;
  readonly version: number;
  /** Why this is not the file as it lies there now; null when it is. */
  readonly problem: string | null;
}

/**
 * The mapping of this name that is in force.
 *
 * @throws {MappingError} when there is none: with what is wrong with its file
 */
export function mappingInForce({ mappings, files }: SchemasInForce, name: string): LoadedMapping {
  const file = files.find((each) => each.kind === "mapping" && each.name === name);
  const found = mappings.get(name);
  const problems = file?.problems ?? [];
  if (found) {
    const problem = problems.length === 0 ? null : problems.map(formatProblem).join("\n");
    return { mapping: found.program, version: found.version, problem };
  }
  if (problems.length > 0) throw new MappingError(problems);
  const names = [...mappings.keys()].join(", ");
  throw new MappingError([
    makeProblem(filePath("mapping", name), null, [], `there is no such mapping; there are ${names}`),
  ]);
}
