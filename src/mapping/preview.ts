import { basename } from "node:path";
import type { JsonObject } from "../lib/json.ts";
import { withSchemas } from "../scim/document.ts";
import { compileMapping, parseFile } from "./compile.ts";
import { type AttributeExplanation, type Explanation, explainDepartment, explainTag, explainUser } from "./explain.ts";
import { parseExtensionFiles } from "./extension-files.ts";
import { textOfFile, type WrittenFile } from "./file-text.ts";
import type { RecordProblem } from "./mapping.ts";
import { parseRecord, type Subject } from "./parse-record.ts";
import { MappingError } from "./problem.ts";
import type { MappingProgram } from "./program.ts";
import { type RecordForm, type RecordInput, toRecordInput } from "./run-tests.ts";

/** What becomes of one record, and why. */
export interface Preview {
  /** The SCIM resource, without what only the directory knows: `id`, `meta`, members. */
  readonly resource: JsonObject;
  readonly attributes: readonly AttributeExplanation[];
  /** With one of these the record would be held at its last good state. */
  readonly problems: readonly RecordProblem[];
  readonly warnings: readonly RecordProblem[];
  /** `version`: a hash of what it means, or the number that a server knows it by; null for one not saved there. */
  readonly mapping: { readonly name: string; readonly version: string | number | null };
}

/** Files to preview a record with. */
export interface PreviewFiles {
  readonly mapping: WrittenFile;
  readonly extensions: readonly WrittenFile[];
  readonly record: WrittenFile;
  readonly subject: Subject;
  /** Of the source; the record file's where left out. */
  readonly organization?: string | undefined;
  readonly namespace?: string | undefined;
}

/**
 * Shows what a mapping file makes of a record file.
 *
 * @throws {MappingError} with every problem of the mapping, the extensions and the record's form
 */
export function previewFiles(files: PreviewFiles): Preview {
  const { extensions, problems } = parseExtensionFiles(files.extensions);
  if (problems.size > 0) throw new MappingError([...problems.values()].flat());
  const { value, locate } = parseFile(textOfFile(files.mapping), files.mapping.file);
  const { file } = files.mapping;
  const program = compileMapping({ name: basename(file, ".json"), mapping: value, extensions, file, locate });
  const record = parseFile(textOfFile(files.record), files.record.file);
  const form = parseRecord(record, files.record.file, files.subject);
  return previewRecord(program, {
    ...form,
    organization: files.organization ?? form.organization,
    namespace: files.namespace ?? form.namespace,
  });
}

/** Shows what a mapping makes of a record. Pure; never throws. */
export function previewRecord(program: MappingProgram, form: RecordForm): Preview {
  return previewInput(program, toRecordInput(form));
}

/** The same, of a record with all that surrounds it. Pure; never throws. */
export function previewInput(program: MappingProgram, record: RecordInput): Preview {
  const { mapped, attributes } = explainInput(program, record);
  const { name, version } = program;
  return {
    resource: withSchemas(record.kind === "user" ? "User" : "Group", mapped.document),
    attributes,
    problems: mapped.problems,
    warnings: mapped.warnings,
    mapping: { name, version },
  };
}

function explainInput(program: MappingProgram, { kind, input }: RecordInput): Explanation {
  switch (kind) {
    case "user":
      return explainUser(program, input);
    case "department":
      return explainDepartment(program, input);
    case "tag":
      return explainTag(program, input);
  }
}
