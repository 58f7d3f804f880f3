/** A place in a text, for people: both count from 1, columns in UTF-16 units, as editors do. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Where a text that JSON.parse refuses ceases to be JSON (RFC 8259), in words that quote nothing of it. */
export function describeBreak(text: string): string {
  if (text.trim() === "") return "it is empty";
  const at = offsetOfBreak(text);
  const { line, column } = placeAt(text, at);
  return at === text.length ? `it ends too early, in line ${line}` : `look at line ${line}, column ${column}`;
}

/** The same as numbers. */
export function findBreak(text: string): TextPlace {
  return placeAt(text, offsetOfBreak(text));
}

function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

type Token = "{" | "}" | "[" | "]" | ":" | "," | "text" | "scalar";

/** What may stand next: in `first…` the bracket may close at once, `rest` is behind a value. */
type State = "value" | "firstItem" | "firstName" | "name" | "colon" | "rest";

const allowed: Readonly<Record<State, readonly Token[]>> = {
  value: ["{", "[", "text", "scalar"],
  firstItem: ["{", "[", "text", "scalar", "]"],
  firstName: ["text", "}"],
  name: ["text"],
  colon: [":"],
  rest: [",", "}", "]"],
};

// A loop and no recursion: a body may be nothing but brackets.
function offsetOfBreak(text: string): number {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token.kind === null) return token.end;
    const next = step(state, token.kind, open);
    if (next === null) return at;
    state = next;
    at = skipSpace(text, token.end);
  }
  return text.length;
}

/** The state behind a token, or null for one that has no place there. */
function step(state: State, token: Token, open: ("{" | "[")[]): State | null {
  if (!allowed[state].includes(token)) return null;
  switch (token) {
    case "{":
    case "[":
      open.push(token);
      return token === "{" ? "firstName" : "firstItem";
    case "}":
    case "]":
      return open.pop() === (token === "}" ? "{" : "[") ? "rest" : null;
    case ",":
      if (open.length === 0) return null;
      return open.at(-1) === "{" ? "name" : "value";
    case ":":
      return "value";
    case "text":
      return state === "name" || state === "firstName" ? "colon" : "rest";
    case "scalar":
      return "rest";
  }
}

const space = /[\t\n\r ]*/y;
const scalar = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those that JSON does not let stand in a text
const plain = /[^"\\\u0000-\u001f]*/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The token at an offset and where it ends; kind null: there is none, and `end` is where it goes wrong. */
function tokenAt(text: string, at: number): { readonly kind: Token | null; readonly end: number } {
  const first = text[at] ?? "";
  if ("{}[]:,".includes(first)) return { kind: first as Token, end: at + 1 };
  if (first === '"') return textAt(text, at + 1);
  const end = endOf(scalar, text, at);
  return end === null ? { kind: null, end: at } : { kind: "scalar", end };
}

function textAt(text: string, start: number): { readonly kind: Token | null; readonly end: number } {
  let at = start;
  for (;;) {
    at = endOf(plain, text, at) ?? at;
    if (text[at] === '"') return { kind: "text", end: at + 1 };
    const escaped = endOf(escapeSequence, text, at);
    if (escaped === null) return { kind: null, end: at };
    at = escaped;
  }
}

function skipSpace(text: string, at: number): number {
  return endOf(space, text, at) ?? at;
}

function endOf(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
