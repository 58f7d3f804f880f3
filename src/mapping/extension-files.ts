import type { SchemaDefinition } from "../scim/catalog.ts";
import { type ExtensionOfFile, parseExtension } from "./extension.ts";
import { textOfFile, type WrittenFile } from "./file-text.ts";
import { MappingError, type MappingProblem } from "./problem.ts";

/** What extension files hold, as far as they can be used. */
export interface ParsedExtensions {
  readonly extensions: readonly SchemaDefinition[];
  /** Of each file that cannot be used. */
  readonly problems: ReadonlyMap<WrittenFile, readonly MappingProblem[]>;
}

/** Parses extension files. Of two with the same URN the first one counts. */
export function parseExtensionFiles(files: readonly WrittenFile[]): ParsedExtensions {
  const extensions: ExtensionOfFile[] = [];
  const problems = new Map<WrittenFile, readonly MappingProblem[]>();
  for (const each of files) {
    try {
      const { file } = each;
      extensions.push({ file, definition: parseExtension(textOfFile(each), file, extensions) });
    } catch (error) {
      if (!(error instanceof MappingError)) throw error;
      problems.set(each, error.problems);
    }
  }
  return { extensions: extensions.map(({ definition }) => definition), problems };
}

/** The extensions of a schemas directory, with these in place of the ones that have the same URNs. */
export function overrideExtensions(
  directory: readonly SchemaDefinition[],
  others: readonly SchemaDefinition[],
): readonly SchemaDefinition[] {
  const urns = new Set(others.map(({ id }) => id.toLowerCase()));
  return [...directory.filter(({ id }) => !urns.has(id.toLowerCase())), ...others];
}
