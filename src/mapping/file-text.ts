import { maxFileCharacters } from "./json-text.ts";
import { MappingError, makeProblem } from "./problem.ts";

/** A file that a person has written, whatever is in it. */
export interface WrittenFile {
  /** What problems call it. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Whoever reads a file need not read more: with more bytes it is too long. A character takes three of them at most. */
export const maxFileBytes = 3 * maxFileCharacters + 1;

/**
 * The text of a file.
 *
 * @throws {MappingError} when it is no UTF-8: half of it would be read, and the other half be other characters
 */
export function textOfFile({ file, bytes }: WrittenFile): string {
  // What is too long may be cut within a character; it is refused for its length.
  const fatal = bytes.length < maxFileBytes;
  try {
    return new TextDecoder("utf-8", { fatal }).decode(bytes);
  } catch {
    throw new MappingError([makeProblem(file, null, [], "is no UTF-8 text; save it as UTF-8")]);
  }
}
