import { type Node, type ParseError, parseTree } from "jsonc-parser";
import { describeJsonError, placeOfJsonError } from "./json-error.ts";
import { maxProblems } from "./max-problems.ts";

/** A place in a text, for people: both count from 1; columns in UTF-16 units, as editors do. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Which end of a member is meant: its name, or what it holds. */
export type MemberPart = "key" | "value";

/** Finds a place of a parsed file in its text: the nearest one that is there. `offset` goes into a text value. */
export type Locate = (path: readonly (string | number)[], part?: MemberPart, offset?: number) => TextPosition;

export interface JsonTextProblem extends TextPosition {
  /** Keys and indexes to the place, as far as they are known. */
  readonly path: readonly (string | number)[];
  readonly detail: string;
}

export interface JsonText {
  /** The value; undefined where there are problems. `__proto__` is an own member of it. */
  readonly value: unknown;
  readonly problems: readonly JsonTextProblem[];
  readonly locate: Locate;
}

/** Longer files are refused: nobody writes them by hand, and every part of them is looked at. */
export const maxFileCharacters = 1_000_000;

/** Parses JSON text and remembers where everything stands. Never throws: what is wrong is in `problems`. */
export function parseJsonText(original: string): JsonText {
  // A byte order mark is what some editors put first.
  const text = original.replace(/^\uFEFF/, "");
  const positionAt = makePositions(text);
  const fail = (offset: number, detail: string): JsonText => ({
    value: undefined,
    problems: [{ path: [], detail, ...positionAt(offset) }],
    locate: () => positionAt(offset),
  });
  if (text.length > maxFileCharacters) {
    return fail(0, `is too long: at most ${maxFileCharacters.toLocaleString("en-US")} characters`);
  }
  const depth = offsetOfDepth(text, maxDepth);
  if (depth !== null) return fail(depth, `is nested too deeply: at most ${maxDepth} levels`);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error) return fail(placeOfJsonError(text, error), `is no JSON: ${describeJsonError(text, error)}`);
  const value = parse(text);
  if (!root || value === undefined) return fail(0, "is no JSON: there is nothing in the file");
  const twins: JsonTextProblem[] = [];
  findTwins(root, positionAt, twins);
  return { value: twins.length > 0 ? undefined : value, problems: twins, locate: makeLocate(text, root, positionAt) };
}

const maxDepth = 100;

// The parser of positions is lenient in places; what JSON.parse refuses is no JSON.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function offsetOfDepth(text: string, limit: number): number | null {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"?|[[\]{}]/g)) {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    if (depth > limit) return index;
  }
  return null;
}

// JSON.parse takes the last of two members with one name; whoever wrote the first would not understand why.
// One more than are told is enough to know that there are more.
function findTwins(node: Node, positionAt: (offset: number) => TextPosition, found: JsonTextProblem[]): void {
  const own = new Map<unknown, Node>();
  for (const child of node.children ?? []) {
    if (found.length > maxProblems) return;
    const key = child.type === "property" ? child.children?.[0] : undefined;
    const first = own.get(key?.value);
    if (key && first) {
      const detail = `${JSON.stringify(key.value)} is there already, in line ${positionAt(first.offset).line}`;
      found.push({ path: pathOf(child), detail, ...positionAt(key.offset) });
    } else if (key) {
      own.set(key.value, key);
    }
    findTwins(child, positionAt, found);
  }
}

function pathOf(node: Node): readonly (string | number)[] {
  const { parent } = node;
  if (node.type === "property") return [...(parent ? pathOf(parent) : []), String(node.children?.[0]?.value)];
  if (!parent) return [];
  return parent.type === "array" ? [...pathOf(parent), parent.children?.indexOf(node) ?? 0] : pathOf(parent);
}

function makeLocate(text: string, root: Node, positionAt: (offset: number) => TextPosition): Locate {
  const stepInto = makeStepInto();
  return (path, part = "value", offset) => {
    let node = root;
    let key: Node | undefined;
    for (const [index, step] of path.entries()) {
      const next = stepInto(node, step);
      if (!next) return positionAt((index === 0 ? root : (key ?? node)).offset);
      key = next.key;
      node = next.value;
    }
    // What an object or a list is about is told by its name.
    const isWhole = part === "key" || node.type === "object" || node.type === "array";
    if (isWhole && key) return positionAt(key.offset);
    return positionAt(node.type === "string" ? insideText(text, node, offset) : node.offset);
  };
}

type StepInto = (node: Node, step: string | number) => { readonly key: Node | undefined; readonly value: Node } | null;

// An object whose members are asked for is indexed once: it can be a table of many thousand rows.
function makeStepInto(): StepInto {
  const known = new Map<Node, ReadonlyMap<unknown, Node>>();
  return (node, step) => {
    if (node.type === "array") {
      const item = node.children?.[Number(step)];
      return item ? { key: undefined, value: item } : null;
    }
    if (node.type !== "object") return null;
    const members = known.get(node) ?? new Map((node.children ?? []).map((each) => [each.children?.[0]?.value, each]));
    known.set(node, members);
    const [key, value] = members.get(String(step))?.children ?? [];
    return key && value ? { key, value } : null;
  };
}

// Escapes are longer in the file than in the text that they stand for.
function insideText(text: string, node: Node, offset: number | undefined): number {
  if (offset === undefined) return node.offset;
  let at = node.offset + 1;
  for (let passed = 0; passed < offset && at < node.offset + node.length - 1; passed += 1) {
    at += text[at] !== "\\" ? 1 : text[at + 1] === "u" ? 6 : 2;
  }
  return at;
}

function makePositions(text: string): (offset: number) => TextPosition {
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map(({ 0: end, index }) => index + end.length)];
  return (offset) => {
    // The number of lines that start at or before the offset.
    let [low, high] = [1, starts.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle - 1] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: offset - (starts[low - 1] ?? 0) + 1 };
  };
}
