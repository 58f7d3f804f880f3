import { MappingError, type MappingProblem, makeProblem } from "../mapping/problem.ts";
import type { SchemaDefinition } from "../scim/catalog.ts";
import type { SchemaContent, SchemaKind, SchemaVersion } from "../store/store.ts";
import {
  type CompiledMappingFile,
  compileExtensions,
  type NamedExtension,
  type SchemaCompiler,
} from "./compile-file.ts";
import type { FolderState, SchemaFile } from "./folder.ts";
import { type MappingTexts, takenAway } from "./mapping-needs.ts";
import { type FileState, filePath } from "./schemas.ts";

export interface JudgeInput {
  readonly extensions: FolderState;
  readonly mappings: FolderState;
  /** The versions that are in force. */
  readonly active: readonly SchemaVersion[];
  /** Mappings that sources refer to: they stay in force without a file. */
  readonly needed: ReadonlySet<string>;
  /** Paths of files whose text is that of a version that was in force once, and is not now. */
  readonly former: ReadonlySet<string>;
  /** When this process started: it takes its files as edited then, if they are older. */
  readonly startedAt: number;
  readonly compile: SchemaCompiler;
}

/** A file of which something is in force: what it compiles to, and the version that it is. */
export interface Judged<T> {
  readonly name: string;
  readonly value: T;
  readonly text: string;
  /** Null: the file's text is none of the versions in force, and has to become one. */
  readonly version: SchemaVersion | null;
}

/** A file that is older than what was activated through the API: to be written anew. */
export interface Restoration {
  readonly version: SchemaVersion;
  /** What the file holds now, to be kept as a draft before it is overwritten. */
  readonly found: SchemaContent;
}

/** What is to be in force, and what has to be done for it. Plain data: nothing was done yet. */
export interface Judgement {
  readonly extensions: readonly Judged<SchemaDefinition>[];
  readonly mappings: readonly Judged<CompiledMappingFile>[];
  readonly activate: readonly (SchemaContent & { readonly expected: number | null })[];
  readonly retire: readonly SchemaVersion[];
  readonly restore: readonly Restoration[];
  readonly files: readonly FileState[];
}

/**
 * Decides what is in force. For each file:
 *
 *   the file …                                  in force is            its state
 *   compiles                                    the file               current
 *   has a mistake, or cannot be read            its last good version  broken
 *   is older than what the API activated        that version           behind (until it is written anew)
 *   was in force before another server's file   that server's version  behind
 *   takes away what a mapping needs             its last good version  broken
 *   is gone, and a source or a mapping needs it its last good version  missing
 *   is gone                                     nothing                –
 *   lies in a folder that cannot be read        its last good version  broken
 *
 * A process takes its files as edited when it started: an older deployment that comes back brings its files into force.
 *
 * Extensions come first: mappings are compiled against those that are in force. A version that its file does not replace is
 * compiled with the extension schemas that it had, whatever has become of them.
 */
export function judgeFiles(input: JudgeInput): Judgement {
  const draft: Draft = { extensions: [], mappings: [], activate: [], retire: [], restore: [], files: [] };
  judgeExtensions(input, draft);
  judgeMappings(input, draft);
  return draft;
}

interface Draft {
  readonly extensions: Judged<SchemaDefinition>[];
  readonly mappings: Judged<CompiledMappingFile>[];
  readonly activate: (SchemaContent & { readonly expected: number | null })[];
  readonly retire: SchemaVersion[];
  readonly restore: Restoration[];
  readonly files: FileState[];
}

function judgeExtensions(input: JudgeInput, draft: Draft): void {
  const { extensions: folder, active, compile } = input;
  // Of two files with one URN the newcomer is the broken one: what works goes on working.
  const looks = looksAt("extension", folder, active).toSorted((a, b) => newness(a) - newness(b));
  for (const look of looks) {
    const others = draft.extensions.map(({ name, value: definition }) => ({ name, definition }));
    const judged = judgeOne(look, draft, input, {
      ofFile: (text) => {
        const { definition, hash } = compile.extension(look.name, text, others);
        const taken = text === look.version?.text ? [] : takenAwayBy(look, definition, looks, input);
        if (taken.length > 0) throw new MappingError(taken.map((detail) => problemOf(look, detail)));
        return { value: definition, hash, extensions: {} };
      },
      ofVersion: ({ text }) => compile.extension(look.name, text, others).definition,
      isNeeded: look.file === null && takenAwayBy(look, null, looks, input).length > 0,
      missing: "the file is gone, and a mapping needs it: put the file back, or take its attributes out of the mapping",
    });
    if (judged) draft.extensions.push(judged);
  }
  draft.extensions.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What mappings would lose if this were what is left of an extension schema in force (null: nothing). */
function takenAwayBy(
  { name, version }: Look,
  definition: SchemaDefinition | null,
  looks: readonly Look[],
  { compile, mappings, active, needed }: JudgeInput,
): readonly string[] {
  if (version === null) return [];
  const before: NamedExtension[] = [];
  for (const each of looks) addCompiled(compile, before, each.name, each.version?.text);
  const after = before.filter((each) => each.name !== name);
  if (definition !== null) after.push({ name, definition });
  // A file may have got another name.
  else for (const each of looks) if (each.version === null) addCompiled(compile, after, each.name, each.file?.text);
  const texts = looksAt("mapping", mappings, active).flatMap((each): readonly MappingTexts[] => {
    const isGone = each.file === null && each.unreadable === null && !needed.has(each.name);
    return isGone ? [] : [{ name: each.name, file: each.file?.text ?? null, inForce: each.version?.text ?? null }];
  });
  return takenAway(compile, texts, before, after).map((detail) => `would take away what a mapping needs: ${detail}`);
}

function addCompiled(compile: SchemaCompiler, to: NamedExtension[], name: string, text: string | undefined): void {
  if (text === undefined) return;
  try {
    to.push({ name, definition: compile.extension(name, text, to).definition });
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
  }
}

function newness({ file, version }: Look): number {
  if (version === null) return 2;
  return file === null || file.text === version.text ? 0 : 1;
}

function judgeMappings(input: JudgeInput, draft: Draft): void {
  const { mappings: folder, active, needed, compile } = input;
  const definitions = draft.extensions.map(({ value }) => value);
  const extensions = Object.fromEntries(draft.extensions.map(({ name, text }) => [name, text]));
  for (const look of looksAt("mapping", folder, active)) {
    const judged = judgeOne(look, draft, input, {
      ofFile: (text) => {
        const compiled = compile.mapping(look.name, text, definitions);
        return { value: compiled, hash: compiled.program.version, extensions };
      },
      ofVersion: ({ text, extensions: its }) => compile.mapping(look.name, text, compileExtensions(compile, its)),
      isNeeded: needed.has(look.name),
      missing: "the file is gone, and a source uses this mapping: put the file back or give the source another mapping",
    });
    if (judged) draft.mappings.push(judged);
  }
}

/** A name of which there is a file, a version in force, or both. */
interface Look {
  readonly kind: SchemaKind;
  readonly name: string;
  readonly file: SchemaFile | null;
  readonly version: SchemaVersion | null;
  /** Why it could not be looked at: the file, or the whole folder. */
  readonly unreadable: string | null;
}

function looksAt(kind: SchemaKind, folder: FolderState, active: readonly SchemaVersion[]): readonly Look[] {
  const versions = new Map(active.filter((each) => each.kind === kind).map((each) => [each.name, each]));
  const files = new Map("files" in folder ? folder.files.map((file) => [file.name, file]) : []);
  const unreadable = new Map("files" in folder ? folder.unreadable.map(({ name, reason }) => [name, reason]) : []);
  const names = new Set([...files.keys(), ...unreadable.keys(), ...versions.keys()]);
  return [...names].sort().map((name) => ({
    kind,
    name,
    file: files.get(name) ?? null,
    version: versions.get(name) ?? null,
    unreadable: "error" in folder ? `the folder cannot be read: ${folder.error}` : (unreadable.get(name) ?? null),
  }));
}

interface Ways<T> {
  /** @throws {MappingError} */
  readonly ofFile: (text: string) => Pick<SchemaContent, "hash" | "extensions"> & { readonly value: T };
  readonly ofVersion: (version: SchemaVersion) => T;
  readonly isNeeded: boolean;
  /** What is said of a file that is gone and needed. */
  readonly missing: string;
}

function judgeOne<T>(look: Look, draft: Draft, input: JudgeInput, ways: Ways<T>): Judged<T> | null {
  const { kind, name, file, version, unreadable } = look;
  const report = (state: FileState["state"], problems: readonly MappingProblem[]): void =>
    void draft.files.push({ kind, name, state, problems });
  const say = (detail: string): readonly MappingProblem[] => [problemOf(look, detail)];
  if (unreadable !== null) {
    report("broken", say(unreadable));
    return fallBack(version, ways);
  }
  if (file === null) {
    if (version === null) return null;
    if (ways.isNeeded) {
      report("missing", say(ways.missing));
      return fallBack(version, ways);
    }
    draft.retire.push(version);
    return null;
  }
  try {
    const { value, hash, extensions } = ways.ofFile(file.text);
    const found = { kind, name, text: file.text, hash, extensions };
    if (version !== null && isOlderThanActivated(file, version)) {
      draft.restore.push({ version, found });
      report("behind", say("is older than the version that was activated through the API, which stays in force"));
      return fallBack(version, ways);
    }
    if (version !== null && isOvertaken(file, version, input)) {
      report("behind", say(overtaken));
      return fallBack(version, ways);
    }
    report("current", []);
    if (version?.text === file.text && version.hash === hash) return { name, value, text: file.text, version };
    draft.activate.push({ ...found, expected: version?.version ?? null });
    return { name, value, text: file.text, version: null };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    report("broken", error.problems);
    return fallBack(version, ways);
  }
}

function problemOf({ kind, name }: Look, detail: string): MappingProblem {
  return makeProblem(filePath(kind, name), null, [], detail);
}

/** What the API activated is written to the file too: an older one was restored, or belongs to another machine. */
function isOlderThanActivated(file: SchemaFile, version: SchemaVersion): boolean {
  return (
    version.origin === "api" &&
    file.text !== version.text &&
    file.modifiedAt <= (version.activatedAt ?? version.createdAt)
  );
}

/** The clock of a file system lags behind ours by some steps of the kernel's. Milliseconds. */
const clockLagMs = 50;

/** Two servers with a copy of the files each would undo each other's edits for ever. */
function isOvertaken(file: SchemaFile, version: SchemaVersion, { former, startedAt }: JudgeInput): boolean {
  const editedAt = Math.max(file.modifiedAt + clockLagMs, startedAt);
  return (
    version.origin === "file" &&
    file.text !== version.text &&
    former.has(filePath(version.kind, version.name)) &&
    editedAt < (version.activatedAt ?? version.createdAt)
  );
}

const overtaken =
  "another server has put a newer version into force, which stays in force: copy its file; to have this one back, save " +
  "it once more, or start this server anew";

function fallBack<T>(version: SchemaVersion | null, { ofVersion }: Ways<T>): Judged<T> | null {
  if (version === null) return null;
  try {
    return { name: version.name, value: ofVersion(version), text: version.text, version };
  } catch (error) {
    // It was good when it was stored; a newer program that is stricter may see it otherwise.
    if (!(error instanceof MappingError)) throw error;
    return null;
  }
}
