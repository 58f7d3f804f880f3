import { ScimError } from "./scim-error.ts";

/** A piece of filter text. `at` is where it begins, counted from 1. */
export type Token =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  | { readonly kind: "string"; readonly value: string; readonly at: number }
  | { readonly kind: "(" | ")" | "[" | "]" | "end"; readonly at: number };

/**
 * Cuts filter text into words (attribute paths, operators, numbers, literals), JSON strings and brackets, in one pass.
 *
 * @throws {ScimError} invalidFilter for a string that is not closed or no JSON string
 */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text.charAt(index);
    if (isSpace(character)) {
      index += 1;
    } else if (isBracket(character)) {
      tokens.push({ kind: character, at: index + 1 });
      index += 1;
    } else if (character === '"') {
      const end = endOfString(text, index);
      tokens.push({ kind: "string", value: parseString(text.slice(index, end), index + 1), at: index + 1 });
      index = end;
    } else {
      const end = endOfWord(text, index);
      tokens.push({ kind: "word", text: text.slice(index, end), at: index + 1 });
      index = end;
    }
  }
  tokens.push({ kind: "end", at: text.length + 1 });
  return tokens;
}

/** The error of a filter that cannot be read, with the place. */
export function invalidFilter(detail: string, at: number): ScimError {
  return new ScimError(400, "invalidFilter", `${detail} at character ${at} of the filter`);
}

// Most are: nothing escaped, no control character, and no half of a surrogate pair, be it of a whole one.
const plainString = /^"[ !#-[\]-\ud7ff\ue000-\uffff]*"$/;

// The grammar knows the space only; tabs and line ends come from filters that people keep in files.
function isSpace(character: string): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}

function isBracket(character: string): character is "(" | ")" | "[" | "]" {
  return character === "(" || character === ")" || character === "[" || character === "]";
}

function endOfWord(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    const character = text.charAt(index);
    if (isSpace(character) || isBracket(character)) break;
    if (character === '"') throw invalidFilter("A space is missing before the quote", index + 1);
    index += 1;
  }
  return index;
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\") index += 1;
    else if (character === '"') {
      const next = text.charAt(index + 1);
      if (next !== "" && next !== ")" && next !== "]" && !isSpace(next)) {
        throw invalidFilter("A space is missing after the quote", index + 2);
      }
      return index + 1;
    }
  }
  throw invalidFilter("The text is not closed with a quote that begins", start + 1);
}

function parseString(quoted: string, at: number): string {
  if (plainString.test(quoted)) return quoted.slice(1, -1);
  let value: unknown;
  try {
    value = JSON.parse(quoted);
  } catch {
    throw invalidFilter("A JSON string is expected", at);
  }
  if (typeof value !== "string") throw invalidFilter("A JSON string is expected", at);
  // No stored text holds these, and databases refuse them in a parameter.
  if (value.includes("\0") || /\p{Surrogate}/u.test(value)) {
    throw invalidFilter("NUL and half surrogate pairs cannot be compared:", at);
  }
  return value;
}
