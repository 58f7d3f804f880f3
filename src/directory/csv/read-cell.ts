import type { Delimiter } from "./delimiter.ts";

/** A cell in a text, as RFC 4180 §2 has it, or as people write it. */
export interface RawCell {
  readonly text: string;
  /** Where it ends: at a delimiter, a line break, or the end of the text. */
  readonly end: number;
}

/** The cell that begins at a place; null where its quotes don't pair up. */
export function readCell(text: string, start: number, delimiter: Delimiter): RawCell | null {
  const first = skipBlanks(text, start, delimiter);
  return text[first] === '"' ? readQuoted(text, first + 1, delimiter) : readBare(text, start, delimiter);
}

// Blanks around the quotes belong to nothing: `a, "b"`.
function readQuoted(text: string, start: number, delimiter: Delimiter): RawCell | null {
  const close = findClosingQuote(text, start);
  if (close === null) return null;
  const end = skipBlanks(text, close + 1, delimiter);
  if (end < text.length && text[end] !== "\n" && text[end] !== delimiter) return null;
  return { text: text.slice(start, close).replaceAll('""', '"'), end };
}

function findClosingQuote(text: string, start: number): number | null {
  let at = text.indexOf('"', start);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at < 0 ? null : at;
}

function readBare(text: string, start: number, delimiter: Delimiter): RawCell | null {
  let end = start;
  while (end < text.length && text[end] !== "\n" && text[end] !== delimiter) end += 1;
  const cell = text.slice(start, end);
  return hasPairsOnly(cell) ? { text: cell, end } : null;
}

/**
 * Whether quotes within a cell that has none around it are in pairs with something between, as in `="0123"`, with which
 * people make Excel keep a zero, and `emails[type eq "work"].value`. RFC 4180 §2 wants `"=""0123"""`.
 */
function hasPairsOnly(cell: string): boolean {
  if (cell.trim() === '=""') return true;
  const parts = cell.split('"');
  return parts.length % 2 === 1 && parts.every((part, index) => index % 2 === 0 || part !== "");
}

function skipBlanks(text: string, start: number, delimiter: Delimiter): number {
  let at = start;
  while (at < text.length && isBlank(text[at] ?? "") && text[at] !== delimiter) at += 1;
  return at;
}

const isBlank = (character: string): boolean => character !== "\n" && character.trim() === "";
