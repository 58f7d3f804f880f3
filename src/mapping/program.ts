import type { Section } from "./compile-section.ts";
import { type Facts, tagsField } from "./facts.ts";
import type { CompiledMapping, DepartmentInput, TagInput, UserInput } from "./mapping.ts";
import type { MappingTest } from "./mapping-test.ts";
import type { MappingProblem } from "./problem.ts";
import type { SectionName } from "./scope.ts";

/** A compiled mapping with all that tools need besides: to preview, to test, to compare with a directory. */
export interface MappingProgram extends CompiledMapping {
  /** Path of the file below the schemas directory. */
  readonly file: string;
  /** What is no mistake but surely not meant. */
  readonly warnings: readonly MappingProblem[];
  readonly sections: Readonly<Record<SectionName, Section | null>>;
  /** The tests that the file carries. */
  readonly tests: readonly MappingTest[];
  /** A problem at a place of this file. */
  problemAt(path: readonly (string | number)[], detail: string): MappingProblem;
}

const alone = { departments: [], mainDepartment: null, tags: [] } as const;

/** What the rules of a section can read of an input. */
export const factsOf = {
  user: ({ user, departments, mainDepartment, tags, source }: UserInput): Facts => ({
    record: user.raw,
    departments,
    mainDepartment,
    tags: source.unseenFields.has(tagsField) ? null : tags,
    path: null,
    source,
  }),
  department: ({ department, context: { path }, source }: DepartmentInput): Facts => ({
    ...alone,
    record: department.raw,
    path,
    source,
  }),
  tag: ({ tag, source }: TagInput): Facts => ({ ...alone, record: tag.raw, path: null, source }),
} as const;
