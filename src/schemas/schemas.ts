import type { MappingProblem } from "../mapping/problem.ts";
import type { MappingProgram } from "../mapping/program.ts";
import type { SchemaCatalog, SchemaDefinition } from "../scim/catalog.ts";
import type { SchemaKind } from "../store/store.ts";

// The files that people edit, and which version of each is in force. A file is what is wanted; a version in the store
// is what is known to work. What is in force is the file as long as it is good, else its last good version.

/** A mapping that is in force. */
export interface MappingInForce {
  readonly name: string;
  readonly version: number;
  readonly program: MappingProgram;
  /** What is perhaps not meant: failing tests of the file among it. */
  readonly warnings: readonly MappingProblem[];
  /** The same for a log: without values of tests. */
  readonly logged: readonly MappingProblem[];
  readonly text: string;
  readonly createdAt: number;
  readonly activatedAt: number;
  readonly origin: "file" | "api";
}

/** An extension schema that is in force. */
export interface ExtensionInForce {
  readonly name: string;
  readonly version: number;
  readonly definition: SchemaDefinition;
  readonly text: string;
  readonly createdAt: number;
  readonly activatedAt: number;
  readonly origin: "file" | "api";
}

/** What became of one file at the last look. */
export interface FileState {
  readonly kind: SchemaKind;
  readonly name: string;
  /**
   * `current`: in force as it lies there. `broken`: its last good version is in force, if there is one. `missing`: there
   * is no file, and a version is in force because something needs it. `behind`: it is older than what was activated
   * through the API, and could not be written; or than what another server's file has put into force.
   */
  readonly state: "current" | "broken" | "missing" | "behind";
  /** What has to be mended; empty for `current`. */
  readonly problems: readonly MappingProblem[];
}

/** Everything that is in force. Immutable: whoever works with it is not disturbed by an edit. */
export interface SchemasInForce {
  readonly mappings: ReadonlyMap<string, MappingInForce>;
  readonly extensions: ReadonlyMap<string, ExtensionInForce>;
  readonly catalog: SchemaCatalog;
  readonly files: readonly FileState[];
}

/** The file's path below the schemas directory, as problems name it. */
export function filePath(kind: SchemaKind, name: string): string {
  return `${folders[kind]}/${name}.json`;
}

/** Where the files of each kind lie. */
export const folders: Readonly<Record<SchemaKind, string>> = { mapping: "mappings", extension: "extensions" };
