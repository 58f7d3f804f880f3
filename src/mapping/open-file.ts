import { basename } from "node:path";
import { kindOf, type SchemaFileKind } from "./check-files.ts";
import { parseFile } from "./compile.ts";
import { textOfFile, type WrittenFile } from "./file-text.ts";
import { parsePointer } from "./pointer.ts";

/** A mapping or extension file, for a server that is to compile it. */
export interface OpenFile {
  /** What sources call it: the file's name without `.json`. */
  readonly name: string;
  readonly text: string;
  readonly value: unknown;
  /** What its content says that it is; null where it says nothing. */
  readonly kind: SchemaFileKind | null;
  /** Where a member stands in the file. */
  placeOf(pointer: string): { readonly line: number; readonly column: number };
}

/** Reads a file that a server is to be sent. @throws {MappingError} when it is no JSON */
export function openFile(written: WrittenFile): OpenFile {
  const text = textOfFile(written);
  const { value, locate } = parseFile(text, written.file);
  return {
    ...{ name: basename(written.file, ".json"), text, value },
    kind: kindOf(value),
    placeOf: (pointer) => locate(parsePointer(pointer)),
  };
}
