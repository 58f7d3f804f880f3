import { foldCase } from "../lib/fold.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { compileRecordPath } from "./reader.ts";
import { PathSyntaxError } from "./source-path.ts";

/** What a person's record says in fields that are one person's alone: field and value, as one text each. */
export type ReadPersonal = (record: JsonObject) => readonly PersonalValue[];

export interface PersonalValue {
  /** As it was named. */
  readonly field: string;
  /** Folded, and without blanks around it. */
  readonly value: string;
}

/**
 * Compiles paths of fields by which a human being is known again (`mobile`, `extattr.工号`). Values that are no text or number,
 * or are empty, say nothing.
 *
 * @throws {PathSyntaxError}
 */
export function compilePersonalFields(paths: readonly string[]): ReadPersonal {
  const readers = [...new Set(paths)].map((field) => ({ field, read: compileRecordPath(field) }));
  return (record) =>
    readers.flatMap(({ field, read }) => {
      const value = textOf(read(record));
      return value === "" ? [] : [{ field, value }];
    });
}

/** Whether a text is a path of a field that can be read from a record alone. */
export function isRecordPath(path: string): boolean {
  try {
    compileRecordPath(path);
    return true;
  } catch (error) {
    if (!(error instanceof PathSyntaxError)) throw error;
    return false;
  }
}

function textOf(value: Json | undefined): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? foldCase(value.trim()) : "";
}
