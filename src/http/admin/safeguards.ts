import { compileProtection, ProtectionError } from "../../plan/protection.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { Safeguards } from "../../store/store.ts";
import type { ProblemItem } from "../problem.ts";

/**
 * What is wrong with the filters of protected accounts. What is stored already stays, though the schemas have changed: it
 * must still be easy to disable what it is of.
 */
export function protectionProblems(
  safeguards: Safeguards,
  stored: Safeguards | null,
  catalog: SchemaCatalog,
): readonly ProblemItem[] {
  const problems: ProblemItem[] = [];
  for (const key of ["protected", "protectedGroups"] as const) {
    const text = safeguards[key];
    if (text === undefined || text === stored?.[key]) continue;
    try {
      compileProtection({ [key]: text }, catalog);
    } catch (error) {
      if (!(error instanceof ProtectionError)) throw error;
      const place = error.column === null ? {} : { line: 1, column: error.column };
      problems.push({ pointer: `/safeguards/${key}`, detail: error.message, ...place });
    }
  }
  return problems;
}
