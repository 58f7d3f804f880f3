/** A mapping file that must be refused: what is wrong, the file, the pointer that must be named, a part of what must be said. */
export type BrokenFile = readonly [what: string, mapping: unknown, pointer: string, detail: string];
