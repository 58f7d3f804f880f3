/** A filter as RFC 7644 §3.4.2.2 writes it; names are not yet resolved. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "present"; readonly path: string }
  | { readonly kind: "compare"; readonly path: string; readonly operator: Operator; readonly value: Scalar }
  | { readonly kind: "some"; readonly path: string; readonly filter: Filter };

export type Operator = (typeof operators)[number];
export type Scalar = string | number | boolean | null;

/** The path of a PATCH operation: `attribute`, `attribute[filter]` or `attribute[filter].sub`. */
export interface PatchPath {
  readonly path: string;
  readonly filter: Filter | undefined;
  readonly sub: string | undefined;
}

/** A text that the grammar does not allow. The message says where, and holds nothing of the values. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
}

const operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;

/** @throws GrammarError */
export function parseFilter(text: string): Filter {
  const tokens = new Tokens(text);
  const filter = parseOr(tokens, true);
  tokens.expectEnd();
  return filter;
}

/** Parses by the grammar of RFC 7644 §3.5.2, figure 7. @throws GrammarError */
export function parsePatchPath(text: string): PatchPath {
  const tokens = new Tokens(text);
  const path = tokens.name();
  if (!tokens.take("[")) {
    tokens.expectEnd();
    return { path, filter: undefined, sub: undefined };
  }
  const filter = parseOr(tokens, false);
  tokens.expect("]");
  const sub = tokens.subName();
  tokens.expectEnd();
  return { path, filter, sub };
}

// Precedence (RFC 7644 §3.4.2.2): grouping, then `not`, then `and`, then `or`.
function parseOr(tokens: Tokens, nesting: boolean): Filter {
  let left = parseAnd(tokens, nesting);
  while (tokens.takeWord("or")) left = { kind: "or", left, right: parseAnd(tokens, nesting) };
  return left;
}

function parseAnd(tokens: Tokens, nesting: boolean): Filter {
  let left = parseTerm(tokens, nesting);
  while (tokens.takeWord("and")) left = { kind: "and", left, right: parseTerm(tokens, nesting) };
  return left;
}

function parseTerm(tokens: Tokens, nesting: boolean): Filter {
  // `not` needs its parentheses; without them it is the name of an attribute.
  if (tokens.takeNot()) return { kind: "not", filter: parseGroup(tokens, nesting) };
  if (tokens.take("(")) return parseGroup(tokens, nesting);
  const path = tokens.name();
  if (tokens.take("[")) {
    if (!nesting) throw tokens.error("a value filter holds no other value filter");
    const filter = parseOr(tokens, false);
    tokens.expect("]");
    return { kind: "some", path, filter };
  }
  if (tokens.takeWord("pr")) return { kind: "present", path };
  for (const operator of operators) {
    if (tokens.takeWord(operator)) return { kind: "compare", path, operator, value: tokens.value() };
  }
  throw tokens.error("expected an operator");
}

function parseGroup(tokens: Tokens, nesting: boolean): Filter {
  const filter = parseOr(tokens, nesting);
  tokens.expect(")");
  return filter;
}

const token =
  /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w$]))|(\.?[A-Za-z$][\w$:.-]*))/y;

interface Token {
  readonly at: number;
  readonly kind: "mark" | "string" | "number" | "name" | "end";
  readonly text: string;
}

/** The tokens of a text, read one at a time with one of look-ahead. */
class Tokens {
  readonly #text: string;
  #position = 0;
  #current: Token;
  #depth = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
    this.#current = this.#read();
  }

  take(mark: string): boolean {
    if (this.#current.kind !== "mark" || this.#current.text !== mark) return false;
    // A filter of ten thousand brackets must not end the process by its recursion.
    if (mark === "(" && ++this.#depth > 100) throw this.error("nested too deeply");
    this.#next();
    return true;
  }

  /** Takes a keyword; keywords are case-insensitive. */
  takeWord(word: string): boolean {
    if (this.#current.kind !== "name" || this.#current.text.toLowerCase() !== word) return false;
    this.#next();
    return true;
  }

  takeNot(): boolean {
    if (this.#current.kind !== "name" || this.#current.text.toLowerCase() !== "not") return false;
    if (!/^\s*\(/.test(this.#text.slice(this.#position, this.#position + 16))) return false;
    this.#next();
    return this.take("(");
  }

  expect(mark: string): void {
    if (!this.take(mark)) throw this.error(`expected ${mark}`);
  }

  expectEnd(): void {
    if (this.#current.kind !== "end") throw this.error("expected the end");
  }

  name(): string {
    if (this.#current.kind !== "name" || this.#current.text.startsWith(".")) throw this.error("expected an attribute");
    return this.#next().text;
  }

  /** `.value` after a value filter, without its dot; undefined when there is none. */
  subName(): string | undefined {
    if (this.#current.kind !== "name" || !this.#current.text.startsWith(".")) return undefined;
    return this.#next().text.slice(1);
  }

  value(): Scalar {
    if (++this.#values > 1000) throw this.error("more than a thousand comparisons");
    const { kind, text } = this.#current;
    if (kind === "number" || kind === "string" || (kind === "name" && /^(true|false|null)$/.test(text))) {
      try {
        const value: unknown = JSON.parse(text);
        if (value === null || typeof value !== "object") {
          this.#next();
          return value as Scalar;
        }
      } catch {
        throw this.error("a string has the escapes of JSON");
      }
    }
    throw this.error("expected a JSON value; strings stand in quotes");
  }

  error(problem: string): GrammarError {
    return new GrammarError(`At character ${this.#current.at + 1}: ${problem}.`);
  }

  #next(): Token {
    const taken = this.#current;
    this.#current = this.#read();
    return taken;
  }

  #read(): Token {
    token.lastIndex = this.#position;
    const match = token.exec(this.#text);
    if (!match) {
      const at = this.#position + (/^\s*/.exec(this.#text.slice(this.#position))?.[0].length ?? 0);
      if (at < this.#text.length) throw new GrammarError(`At character ${at + 1}: not part of a filter.`);
      return { at, kind: "end", text: "" };
    }
    this.#position = token.lastIndex;
    const [, mark, string, number, name] = match;
    const text = mark ?? string ?? number ?? name ?? "";
    const kind = mark ? "mark" : string ? "string" : number ? "number" : "name";
    return { at: this.#position - text.length, kind, text };
  }
}
