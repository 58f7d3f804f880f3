import { basename } from "node:path";
import { isJsonObject } from "../lib/json.ts";
import type { SchemaDefinition } from "../scim/catalog.ts";
import { compileMapping, parseFile } from "./compile.ts";
import { overrideExtensions, type ParsedExtensions, parseExtensionFiles } from "./extension-files.ts";
import { textOfFile, type WrittenFile } from "./file-text.ts";
import type { JsonText } from "./json-text.ts";
import { parsePointer } from "./pointer.ts";
import { MappingError, type MappingProblem, makeProblem } from "./problem.ts";
import { type MappingTestResult, runMappingTests } from "./run-tests.ts";

/** The kinds of files that a schemas directory holds. */
export type SchemaFileKind = "mapping" | "extension" | "target";

/** A file to be checked. */
export interface FileToCheck extends WrittenFile {
  /** What its folder says that it is; null where the content has to tell. */
  readonly kind: SchemaFileKind | null;
  /** The extension files of the schemas directory that it belongs to. Files to be checked win over these. */
  readonly around: readonly WrittenFile[];
}

/** What came of checking a file. */
export interface CheckedFile {
  readonly file: string;
  /** Null where nothing tells. */
  readonly kind: SchemaFileKind | null;
  /** No problems, and all tests hold. */
  readonly ok: boolean;
  readonly problems: readonly MappingProblem[];
  readonly warnings: readonly MappingProblem[];
  /** Of a mapping without problems: the tests that it carries. */
  readonly tests: readonly MappingTestResult[];
}

/** Checks a target profile: what is wrong, each at its JSON Pointer. */
export type CheckProfile = (profile: unknown) => readonly { readonly pointer: string; readonly detail: string }[];

/**
 * Checks files as the server would on reading them, and runs the tests that mappings carry. Behind the given files come
 * extension files around them that are broken: no server would take a mapping beside them.
 */
export function checkFiles(files: readonly FileToCheck[], checkProfile: CheckProfile): readonly CheckedFile[] {
  const opened = files.map(open);
  const given = parseExtensionFiles(opened.filter(({ kind }) => kind === "extension").map(({ written }) => written));
  // Only mappings rest on what is around them.
  const mappings = opened.filter(({ kind, json }) => kind === "mapping" && json !== null);
  const surroundings = new Map(
    mappings.map(({ written: { around } }) => [around, parseExtensionFiles(around)] as const),
  );
  const checked = opened.map(({ written, kind, json, problems }): CheckedFile => {
    if (kind === "extension") return report(written, kind, { problems: given.problems.get(written) ?? [] });
    if (json === null) return report(written, kind, { problems });
    if (kind === "target") return report(written, kind, { problems: profileProblems(written, json, checkProfile) });
    const around = surroundings.get(written.around)?.extensions ?? [];
    return checkMapping(written, json, overrideExtensions(around, given.extensions));
  });
  return [...checked, ...brokenOnes([...surroundings.values()])];
}

interface Opened {
  readonly written: FileToCheck;
  readonly kind: SchemaFileKind | null;
  /** Null where the file is no JSON. */
  readonly json: JsonText | null;
  readonly problems: readonly MappingProblem[];
}

function open(written: FileToCheck): Opened {
  try {
    const json = parseFile(textOfFile(written), written.file);
    // What says nothing of itself is a mapping: the problems then say what one needs.
    return { written, kind: written.kind ?? kindOf(json.value) ?? "mapping", json, problems: [] };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return { written, kind: written.kind, json: null, problems: error.problems };
  }
}

/** What the content of a file says that it is; null where it says nothing. */
export function kindOf(value: unknown): SchemaFileKind | null {
  const has = (key: string): boolean => isJsonObject(value) && Object.hasOwn(value, key);
  if (has("user")) return "mapping";
  if (has("attributes") || has("id")) return "extension";
  return has("facts") || has("title") ? "target" : null;
}

function checkMapping(
  written: WrittenFile,
  { value, locate }: JsonText,
  extensions: readonly SchemaDefinition[],
): CheckedFile {
  const { file } = written;
  try {
    const program = compileMapping({ name: basename(file, ".json"), mapping: value, extensions, file, locate });
    return report(written, "mapping", { warnings: program.warnings, tests: runMappingTests(program) });
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return report(written, "mapping", { problems: error.problems });
  }
}

function profileProblems(
  { file }: WrittenFile,
  { value, locate }: JsonText,
  checkProfile: CheckProfile,
): readonly MappingProblem[] {
  return checkProfile(value).map(({ pointer, detail }) => makeProblem(file, locate, parsePointer(pointer), detail));
}

function brokenOnes(surroundings: readonly ParsedExtensions[]): readonly CheckedFile[] {
  const broken = surroundings.flatMap(({ problems }) => [...problems]);
  return broken.map(([written, problems]) => report(written, "extension", { problems }));
}

function report(
  { file }: WrittenFile,
  kind: SchemaFileKind | null,
  { problems = [], warnings = [], tests = [] }: Partial<Pick<CheckedFile, "problems" | "warnings" | "tests">>,
): CheckedFile {
  const ok = problems.length === 0 && tests.every((test) => test.ok);
  return { file, kind, ok, problems, warnings, tests };
}
