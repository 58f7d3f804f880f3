import { MappingError, type MappingProblem } from "../mapping/problem.ts";
import type { SchemaDefinition } from "../scim/catalog.ts";
import type { SchemaContent, SchemaKind, SchemaVersion, SchemaVersionStore } from "../store/store.ts";
import { type CompiledMappingFile, compileExtensionFile, compileMappingFile } from "./compile-file.ts";
import { removeSchemaFile, writeSchemaFile } from "./folder.ts";
import type { SchemaRegistry } from "./registry.ts";
import type { SchemasInForce } from "./schemas.ts";

export interface EditorParts {
  readonly registry: SchemaRegistry;
  readonly store: SchemaVersionStore;
}

/** What the API does with the files: an edit is a draft until somebody activates it. */
export interface SchemaEditor {
  /** @throws {MappingError} */
  compileMapping(name: string, text: string): Promise<CompiledMappingFile>;
  /**
   * Keeps a text as a draft, if it is good.
   *
   * @throws {MappingError} with every problem: nothing is kept
   */
  saveDraft(kind: SchemaKind, name: string, text: string): Promise<SchemaVersion>;
  /**
   * Brings a version into force: a draft, or a former one to roll back. The file is written first.
   *
   * @throws {MappingError} when it is not good any more beside the others
   * @throws {SchemaConflictError} when a mapping in force needs what an extension would lose, or somebody else was first
   * @throws {ReadOnlyError} when the files cannot be written
   */
  activate(version: SchemaVersion): Promise<SchemaVersion>;
  /** Removes a file; its versions stay, so that it can be activated again. Throws as {@link activate} does. */
  remove(kind: SchemaKind, name: string): Promise<void>;
}

/** An edit that would break what works. */
export class SchemaConflictError extends Error {
  readonly problems: readonly MappingProblem[];

  constructor(message: string, problems: readonly MappingProblem[] = []) {
    super(message);
    this.name = "SchemaConflictError";
    this.problems = problems;
  }
}

export function makeSchemaEditor({ registry, store }: EditorParts): SchemaEditor {
  const judge = (kind: SchemaKind, name: string, text: string, now: SchemasInForce): SchemaContent => {
    if (kind === "mapping") {
      const { version: hash } = compileMappingFile(name, text, definitionsOf(now)).program;
      const extensions = Object.fromEntries([...now.extensions.values()].map((each) => [each.name, each.text]));
      return { kind, name, text, hash, extensions };
    }
    const { hash } = compileExtensionFile(name, text, definitionsOf(now, name));
    return { kind, name, text, hash, extensions: {} };
  };

  return {
    async compileMapping(name, text) {
      return compileMappingFile(name, text, definitionsOf(await registry.refresh()));
    },

    async saveDraft(kind, name, text) {
      return store.saveDraft(judge(kind, name, text, await registry.refresh()));
    },

    async activate({ kind, name, text }) {
      const now = await registry.refresh();
      const content = judge(kind, name, text, now);
      if (kind === "extension") {
        const { definition } = compileExtensionFile(name, text, definitionsOf(now, name));
        checkMappings(now, [...definitionsOf(now, name), definition]);
      }
      const before = (kind === "mapping" ? now.mappings : now.extensions).get(name);
      await writeSchemaFile(registry.directory, kind, name, text);
      const activated = await store.activateSchema(content, { origin: "api", expected: before?.version ?? null });
      await registry.refresh();
      if (activated === null) {
        throw new SchemaConflictError(`another version of ${name} came into force at this moment: look at it first`);
      }
      return activated;
    },

    async remove(kind, name) {
      const now = await registry.refresh();
      if (kind === "extension") checkMappings(now, definitionsOf(now, name));
      await removeSchemaFile(registry.directory, kind, name);
      await registry.refresh();
    },
  };
}

/** The extension schemas in force, perhaps without one file's. */
function definitionsOf({ extensions }: SchemasInForce, without?: string): readonly SchemaDefinition[] {
  return [...extensions.values()].filter(({ name }) => name !== without).map(({ definition }) => definition);
}

/** Every mapping that works beside the files as they are has to go on working. */
function checkMappings(now: SchemasInForce, definitions: readonly SchemaDefinition[]): void {
  const before = definitionsOf(now);
  const problems = [...now.mappings.values()].flatMap(({ name, text }) =>
    problemsOf(name, text, before).length > 0 ? [] : problemsOf(name, text, definitions),
  );
  if (problems.length === 0) return;
  throw new SchemaConflictError("a mapping that is in force needs what this would take away", problems);
}

function problemsOf(name: string, text: string, definitions: readonly SchemaDefinition[]): readonly MappingProblem[] {
  try {
    compileMappingFile(name, text, definitions);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.problems;
  }
}
