import { parseAttributePath } from "./attribute-path.ts";
import type { AttributePath, CompareOperator, Filter, FilterValue } from "./filter.ts";
import { invalidFilter, readTokens, type Token } from "./filter-tokens.ts";
import { ScimError } from "./scim-error.ts";

/** Beyond these a filter is refused: what it would cost the database is bounded before it is asked. */
export const filterLimits = { length: 8192, depth: 32, comparisons: 256 } as const;

/**
 * Reads filter text by the grammar of RFC 7644 §3.4.2.2, in time linear in its length. Words such as `and` and `eq`
 * may be in any case. Precedence: brackets, comparison, `not`, `and`, `or`; equal ones group to the left.
 *
 * @throws {ScimError} 400 invalidFilter that names the place
 */
export function parseFilter(text: string): Filter {
  if (text.length > filterLimits.length) {
    throw new ScimError(400, "invalidFilter", `A filter may have ${filterLimits.length} characters at most`);
  }
  const reader = new TokenReader(readTokens(text));
  const filter = readOr(reader, { depth: 0, inValuePath: false });
  const rest = reader.next();
  if (rest.kind !== "end") throw invalidFilter(`"and", "or" or the end is expected`, rest.at);
  return filter;
}

interface Place {
  readonly depth: number;
  /** Inside `attribute[…]`, where another value path is not allowed. */
  readonly inValuePath: boolean;
}

class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #index = 0;
  #comparisons = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#end = tokens.at(-1) ?? { kind: "end", at: 1 };
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#index + ahead] ?? this.#end;
  }

  next(): Token {
    const token = this.peek();
    this.#index += 1;
    return token;
  }

  countComparison(at: number): void {
    this.#comparisons += 1;
    if (this.#comparisons > filterLimits.comparisons) {
      throw invalidFilter(`More than ${filterLimits.comparisons} comparisons`, at);
    }
  }
}

function readOr(reader: TokenReader, place: Place): Filter {
  let left = readAnd(reader, place);
  while (takeWord(reader, "or")) left = { kind: "or", left, right: readAnd(reader, place) };
  return left;
}

function readAnd(reader: TokenReader, place: Place): Filter {
  let left = readTerm(reader, place);
  while (takeWord(reader, "and")) left = { kind: "and", left, right: readTerm(reader, place) };
  return left;
}

function readTerm(reader: TokenReader, place: Place): Filter {
  const token = reader.next();
  if (token.kind === "(") return readGroup(reader, ")", deeper(place, token.at));
  if (token.kind !== "word") throw invalidFilter("An attribute, `not` or a bracket is expected", token.at);
  // RFC 7644 §3.4.2.2: `not` takes brackets. An attribute of that name is followed by an operator.
  if (isWord(token, "not") && reader.peek().kind === "(") {
    reader.next();
    return { kind: "not", filter: readGroup(reader, ")", deeper(place, token.at)) };
  }
  const path = parseAttributePath(token.text);
  if (path === null) throw invalidFilter("An attribute name is expected", token.at);
  if (reader.peek().kind === "[") return readValuePath(reader, path, place);
  reader.countComparison(token.at);
  return readComparison(reader, path);
}

function readGroup(reader: TokenReader, close: ")" | "]", place: Place): Filter {
  const filter = readOr(reader, place);
  const token = reader.next();
  if (token.kind !== close) throw invalidFilter(`"and", "or" or "${close}" is expected`, token.at);
  return filter;
}

function readValuePath(reader: TokenReader, path: AttributePath, place: Place): Filter {
  const { at } = reader.next();
  if (place.inValuePath) throw invalidFilter("A value path inside a value path is not allowed", at);
  const filter = readGroup(reader, "]", { ...deeper(place, at), inValuePath: true });
  const part = readPart(reader);
  return { kind: "valuePath", path, filter: part === null ? filter : { kind: "and", left: filter, right: part } };
}

// Entra ID looks for people by `emails[type eq "work"].value eq "…"`, which the grammar does not have: an element that
// is chosen and has this value.
function readPart(reader: TokenReader): Filter | null {
  const token = reader.peek();
  if (token.kind !== "word" || !token.text.startsWith(".")) return null;
  reader.next();
  const path = parseAttributePath(token.text.slice(1));
  if (path === null || path.schema !== null || path.sub !== null) {
    throw invalidFilter("The name of a sub-attribute is expected", token.at);
  }
  reader.countComparison(token.at);
  return readComparison(reader, path);
}

function readComparison(reader: TokenReader, path: AttributePath): Filter {
  const token = reader.next();
  if (isWord(token, "pr")) return { kind: "present", path };
  const operator = token.kind === "word" ? operators.get(token.text.toLowerCase()) : undefined;
  if (operator === undefined)
    throw invalidFilter("An operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr) is expected", token.at);
  return { kind: "compare", path, operator, value: readValue(reader.next()) };
}

function readValue(token: Token): FilterValue {
  if (token.kind === "string") return token.value;
  if (token.kind === "word") {
    if (literals.has(token.text)) return literals.get(token.text) ?? null;
    if (jsonNumber.test(token.text)) {
      const value = Number(token.text);
      if (Number.isFinite(value)) return value;
      throw invalidFilter("The number is too large", token.at);
    }
  }
  throw invalidFilter("A value is expected (text in double quotes, a number, true, false or null)", token.at);
}

function takeWord(reader: TokenReader, word: string): boolean {
  if (!isWord(reader.peek(), word)) return false;
  reader.next();
  return true;
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "word" && token.text.toLowerCase() === word;
}

function deeper(place: Place, at: number): Place {
  if (place.depth >= filterLimits.depth) throw invalidFilter(`More than ${filterLimits.depth} levels of brackets`, at);
  return { ...place, depth: place.depth + 1 };
}

const operators: ReadonlyMap<string, CompareOperator> = new Map(
  (["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const).map((operator) => [operator, operator]),
);

const literals: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
