import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { describeDepartment, describeSource, describeTag, type Facts, readExtattr, tagsField } from "./facts.ts";
import type { SectionName } from "./scope.ts";
import { contextParts, itemParts, listParts } from "./source-fields.ts";
import { PathSyntaxError, parseSourcePath } from "./source-path.ts";
import { didYouMean } from "./suggest.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Compiles the paths of `from` and templates. */
export type CompileReader = (path: string) => Reader;

/** A source path, ready to be read. */
export interface Reader {
  /** As the file writes it. */
  readonly path: string;
  /** The field of the record that it rests on; null where it reads none. */
  readonly field: string | null;
  /** The value, or undefined where there is none. Never throws. */
  read(facts: Facts): Json | undefined;
}

/**
 * Compiles a source path. Besides the record's own fields a path can start with a name of ours: for users
 * `mainDepartment`, `departments` (each with `id`, `name`, `path`, `leaders`, `parent`), `tags` (each with `id`, `name`)
 * and `extattr` (custom fields by name), for departments `path`, for all `source` (`organization`, `namespace`). WeCom
 * names no field like that.
 *
 * @throws {PathSyntaxError}
 */
export function compileSourceReader(section: SectionName, vocabulary: Vocabulary, path: string): Reader {
  const [root, ...steps] = parseSourcePath(path);
  const problem = vocabulary.checkPath(root, steps);
  if (problem !== null) throw new PathSyntaxError(problem);
  if (root === "source") return { path, field: null, read: readSource(steps) };
  if (section === "department" && root === "path") {
    if (steps.length > 0) throw new PathSyntaxError("path is a text and has no parts");
    return { path, field: null, read: ({ path }) => path ?? undefined };
  }
  if (section === "user") {
    if (root === "mainDepartment") return { path, field: "main_department", read: readMainDepartment(steps) };
    if (root === "departments") return { path, field: "department", read: readDepartments(steps) };
    if (root === "tags") return { path, field: tagsField, read: readTags(steps) };
    if (root === "extattr") return { path, field: "extattr", read: readCustomField(steps) };
  }
  return { path, field: root, read: readField(root, steps) };
}

/**
 * The same for a field of the record itself, or a custom field of it, without all that surrounds a record.
 *
 * @throws {PathSyntaxError}
 */
export function compileRecordPath(path: string): (record: JsonObject) => Json | undefined {
  const [root, ...steps] = parseSourcePath(path);
  if (root !== "extattr") return (record) => follow(member(record, root), steps);
  const [name, ...rest] = steps;
  if (typeof name !== "string") throw new PathSyntaxError("write the name of the custom field: extattr.工号");
  return (record) => follow(readExtattr(record, name), rest);
}

type Steps = readonly (string | number)[];
type Read = Reader["read"];

function readField(root: string, steps: Steps): Read {
  if (steps.length === 0) return ({ record }) => member(record, root);
  return ({ record }) => follow(member(record, root), steps);
}

function readCustomField([name, ...steps]: Steps): Read {
  if (typeof name !== "string") throw new PathSyntaxError("write the name of the custom field: extattr.工号");
  return ({ record }) => follow(readExtattr(record, name), steps);
}

function readMainDepartment(steps: Steps): Read {
  checkParts("mainDepartment", steps, contextParts.get("mainDepartment"));
  return ({ mainDepartment }) => (mainDepartment ? follow(describeDepartment(mainDepartment), steps) : undefined);
}

function readDepartments([index, ...steps]: Steps): Read {
  if (typeof index !== "number") throw new PathSyntaxError("write departments[0].name; for all of them use expr");
  checkParts(`departments[${index}]`, steps, itemParts.get("departments"));
  return ({ departments }) => {
    const department = departments[index];
    return department ? follow(describeDepartment(department), steps) : undefined;
  };
}

function readTags([index, ...steps]: Steps): Read {
  if (typeof index !== "number") throw new PathSyntaxError("write tags[0].name; for all of them use expr");
  checkParts(`tags[${index}]`, steps, itemParts.get("tags"));
  return ({ tags }) => {
    const tag = tags?.[index];
    return tag ? follow(describeTag(tag), steps) : undefined;
  };
}

function readSource(steps: Steps): Read {
  checkParts("source", steps, contextParts.get("source"));
  return ({ source }) => follow(describeSource(source), steps) ?? undefined;
}

/** One part, and an index where that is a list. */
function checkParts(root: string, [part, index, ...rest]: Steps, parts: readonly string[] = []): void {
  const isKnown = typeof part === "string" && parts.includes(part);
  const isItem = isKnown && listParts.has(part) && typeof index === "number" && rest.length === 0;
  if (isKnown && (index === undefined || isItem)) return;
  const hint = typeof part === "string" && !isKnown ? didYouMean(part, parts) : "";
  throw new PathSyntaxError(`write ${parts.map((name) => `${root}.${name}`).join(", ")}${hint}`);
}

function follow(start: Json | undefined, steps: Steps): Json | undefined {
  let value = start;
  for (const step of steps) {
    if (typeof step === "number") value = Array.isArray(value) ? value[step] : undefined;
    else value = isObject(value) ? member(value, step) : undefined;
  }
  return value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return isJsonObject(value);
}
