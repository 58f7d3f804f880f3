import { type MappingProblem, makeProblem } from "../mapping/problem.ts";
import type { AttributeDefinition, SchemaDefinition } from "../scim/catalog.ts";
import type { SchemaContent, SchemaKind, SchemaVersion, SchemaVersionStore } from "../store/store.ts";
import type { CompiledMappingFile, NamedExtension, SchemaCompiler } from "./compile-file.ts";
import { mappingProblems } from "./mapping-needs.ts";
import type { SchemaRegistry } from "./registry.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";
import { removeSchemaFile, writeSchemaFile } from "./write-file.ts";

export interface EditorParts {
  readonly registry: SchemaRegistry;
  readonly store: SchemaVersionStore;
}

/** A draft as it was saved. */
export interface SavedDraft extends SchemaVersion {
  /**
   * What is perhaps not meant: of a mapping failing tests of the file among it, of an extension attributes that mappings
   * write and that would take other values.
   */
  readonly warnings: readonly MappingProblem[];
}

/** What the API does with the files: an edit is a draft until somebody activates it. */
export interface SchemaEditor {
  /**
   * Compiles a mapping beside the extension schemas in force.
   *
   * @param drafts texts of extension schemas by their files' names: they stand in for those in force, or come besides
   * @throws {MappingError} whose problems name the file that they are in
   */
  compileMapping(name: string, text: string, drafts?: Readonly<Record<string, string>>): Promise<CompiledMappingFile>;
  /**
   * Keeps a text as a draft, if it is good.
   *
   * @throws {MappingError} with every problem: nothing is kept
   */
  saveDraft(kind: SchemaKind, name: string, text: string): Promise<SavedDraft>;
  /**
   * Brings a version into force: a draft, or a former one to roll back. The file is written first.
   *
   * @throws {MappingError} when it is not good any more beside the others
   * @throws {SchemaConflictError} when a mapping in force needs what an extension would lose, or somebody else was first
   * @throws {FileWriteError} when the file cannot be written; nothing is in force then that was not before
   */
  activate(version: SchemaVersion): Promise<SchemaVersion>;
  /**
   * Removes a file. Its versions stay, so that it can be activated again; of a file that was never in force the drafts go
   * too. Throws as {@link activate} does.
   */
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
  const { compile } = registry;

  const judge = (kind: SchemaKind, name: string, text: string, now: SchemasInForce): JudgedEdit => {
    if (kind === "mapping") {
      const { program, warnings } = compile.mapping(name, text, definitionsOf(extensionsOf(now)));
      const extensions = Object.fromEntries([...now.extensions.values()].map((each) => [each.name, each.text]));
      return { content: { kind, name, text, hash: program.version, extensions }, warnings };
    }
    const { definition, hash } = compile.extension(name, text, extensionsOf(now, name));
    return { content: { kind, name, text, hash, extensions: {} }, warnings: changedTypes(now, name, definition) };
  };

  return {
    async compileMapping(name, text, drafts = {}) {
      const inForce = extensionsOf(await registry.refresh());
      const beside = inForce.filter((each) => !Object.hasOwn(drafts, each.name));
      for (const [draft, its] of Object.entries(drafts)) {
        beside.push({ name: draft, definition: compile.extension(draft, its, beside).definition });
      }
      return compile.mapping(name, text, definitionsOf(beside));
    },

    async saveDraft(kind, name, text) {
      const { content, warnings } = judge(kind, name, text, await registry.refresh());
      return { ...(await store.saveDraft(content)), warnings };
    },

    async activate({ kind, name, text }) {
      const now = await registry.refresh();
      const { content } = judge(kind, name, text, now);
      if (kind === "extension") {
        const others = extensionsOf(now, name);
        const { definition } = compile.extension(name, text, others);
        checkMappings(compile, now, [...others, { name, definition }]);
      }
      const before = (kind === "mapping" ? now.mappings : now.extensions).get(name);
      await writeSchemaFile(registry.directory, kind, name, text);
      const activated = await store.activateSchema(content, { origin: "api", expected: before?.version ?? null });
      const after = await registry.refresh();
      if (activated !== null) return activated;
      // A look at the folder, here or at another server, may have found the file first: then it is done.
      const found = (kind === "mapping" ? after.mappings : after.extensions).get(name);
      const version = found?.text === text ? await store.findSchemaVersion(kind, name, found.version) : null;
      if (version !== null) return version;
      throw new SchemaConflictError(`another version of ${name} came into force at this moment: look at it first`);
    },

    async remove(kind, name) {
      const now = await registry.refresh();
      if (kind === "extension") checkMappings(compile, now, extensionsOf(now, name));
      if (now.files.some((file) => file.kind === kind && file.name === name)) {
        await removeSchemaFile(registry.directory, kind, name);
      }
      await store.removeDrafts(kind, name);
      await registry.refresh();
    },
  };
}

interface JudgedEdit {
  readonly content: SchemaContent;
  readonly warnings: readonly MappingProblem[];
}

/** The extension schemas in force, perhaps without one file's. */
function extensionsOf({ extensions }: SchemasInForce, without?: string): readonly NamedExtension[] {
  return [...extensions.values()].flatMap(({ name, definition }) => (name === without ? [] : [{ name, definition }]));
}

function definitionsOf(extensions: readonly NamedExtension[]): readonly SchemaDefinition[] {
  return extensions.map(({ definition }) => definition);
}

/** Values that mappings write would not fit any more, or be others: they would be cleared or changed by the next sync. */
function changedTypes(now: SchemasInForce, name: string, definition: SchemaDefinition): readonly MappingProblem[] {
  const before = now.extensions.get(name)?.definition;
  if (before === undefined) return [];
  return definition.attributes.flatMap((attribute, index) => {
    const old = before.attributes.find((each) => each.name.toLowerCase() === attribute.name.toLowerCase());
    const same = old === undefined || (old.type === attribute.type && old.multiValued === attribute.multiValued);
    const key = `"${before.id}:${attribute.name}`.toLowerCase();
    const users = [...now.mappings.values()].filter(({ text }) => text.toLowerCase().includes(key));
    if (same || users.length === 0) return [];
    const files = users.map((each) => filePath("mapping", each.name)).join(", ");
    const detail = `was ${nameOf(old)}, and ${files} writes it: values that do not fit are cleared by the next sync; \`mapping impact\` with --extension counts them`;
    return [makeProblem(filePath("extension", name), null, ["attributes", index, "type"], detail)];
  });
}

function nameOf({ type, multiValued }: AttributeDefinition): string {
  return multiValued ? `a list of ${type}` : type;
}

/** Every mapping that works beside the files as they are has to go on working. */
function checkMappings(compile: SchemaCompiler, now: SchemasInForce, extensions: readonly NamedExtension[]): void {
  const before = extensionsOf(now);
  const problems = [...now.mappings.values()].flatMap(({ name, text }) =>
    mappingProblems(compile, name, text, before).length > 0 ? [] : mappingProblems(compile, name, text, extensions),
  );
  if (problems.length === 0) return;
  throw new SchemaConflictError("a mapping that is in force needs what this would take away", problems);
}
