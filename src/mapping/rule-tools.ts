import { ExpressionError } from "./expression.ts";
import type { Report } from "./problem.ts";
import type { CompileReader } from "./reader.ts";
import { PathSyntaxError } from "./source-path.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What rules of one scope are compiled with. */
export interface RuleTools {
  readonly vocabulary: Vocabulary;
  readonly compileReader: CompileReader;
}

/** What was compiled; where it cannot be, the reason is reported at its place, and null. */
export function attempt<T>(compile: () => T, path: readonly (string | number)[], report: Report): T | null {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof PathSyntaxError || error instanceof ExpressionError)) throw error;
    report(path, error.message, { offset: error.offset });
    return null;
  }
}
