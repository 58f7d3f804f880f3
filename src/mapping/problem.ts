/** One thing to mend in a file that people edit. */
export interface MappingProblem {
  /** Path of the file below the schemas directory: `mappings/wecom.json`. */
  readonly file: string;
  /** JSON Pointer of the place in the file; empty for the whole file. */
  readonly pointer: string;
  /** What is wrong and what to write instead. */
  readonly detail: string;
}

/** Mapping or extension files that cannot be used. Lists every problem, not only the first. */
export class MappingError extends Error {
  readonly problems: readonly MappingProblem[];

  constructor(problems: readonly MappingProblem[]) {
    super(problems.map(({ file, pointer, detail }) => `${file}${pointer && `#${pointer}`}: ${detail}`).join("\n"));
    this.name = "MappingError";
    this.problems = problems;
  }
}

/** Says where a problem lies and what it is, while one file is compiled. */
export type Report = (path: readonly (string | number)[], detail: string) => void;
