import type { Json } from "../../../lib/json.ts";
import { nonsense } from "../fault.ts";

const code = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  backslash: 0x5c,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** An entry that is longer makes no sense, and has to be held whole. Bytes. */
const longest = 4 * 1024 * 1024;

/**
 * The entries of a list in a JSON object, as its text comes: `{"userlist":[…]}`. Of the text one entry is held, however long
 * the list is; other members are passed over. Throws a `WecomFault` for what is no JSON, has no such list, or breaks off.
 */
export async function* jsonList(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, name: string): AsyncGenerator<Json> {
  const scanner = new Scanner(name);
  for await (const chunk of chunks) yield* scanner.take(chunk);
  scanner.end();
}

/**
 * Finds where values begin and end. That needs brackets, commas and quotes alone, none of which is part of a longer
 * character in UTF-8; what stands between them is `JSON.parse`'s to judge.
 */
class Scanner {
  readonly #name: string;
  /** Open brackets: 0 before and after the object, 1 among its members, 2 in the list. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** In the list that is looked for. */
  #isInside = false;
  #state: "before" | "members" | "after" = "before";
  #found = false;
  /** A comma was the last thing in the list. */
  #isOpen = false;
  /** What was not taken yet of the value that is being read. */
  #parts: Buffer[] = [];
  #held = 0;

  constructor(name: string) {
    this.#name = name;
  }

  *take(chunk: Buffer): Generator<Json> {
    let start = 0;
    const cut = (end: number): string => {
      const text = Buffer.concat([...this.#parts, chunk.subarray(start, end)]).toString("utf8");
      this.#parts = [];
      this.#held = 0;
      start = end + 1;
      return text;
    };
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === code.backslash) this.#isEscaped = true;
        else if (byte === code.quote) this.#isInString = false;
        continue;
      }
      switch (byte) {
        case code.quote:
          this.#isInString = true;
          break;
        case code.openObject:
        case code.openList:
          if (this.#depth === 0) {
            if (this.#state !== "before" || byte !== code.openObject || cut(at).trim() !== "") throw broken();
            this.#state = "members";
          } else if (this.#depth === 1 && byte === code.openList && !this.#found) {
            if (nameOf(textSoFar(this.#parts, chunk.subarray(start, at))) === this.#name) {
              cut(at);
              this.#found = true;
              this.#isInside = true;
              this.#isOpen = false;
            }
          }
          this.#depth += 1;
          break;
        case code.closeObject:
        case code.closeList:
          if (this.#isInside && this.#depth === 2) {
            if (byte !== code.closeList) throw broken();
            const text = cut(at);
            if (text.trim() !== "") yield parse(text);
            else if (this.#isOpen) throw broken();
            this.#isInside = false;
          } else if (this.#depth === 1) {
            if (byte !== code.closeObject) throw broken();
            checkMember(cut(at));
            this.#state = "after";
          }
          this.#depth -= 1;
          if (this.#depth < 0) throw broken();
          break;
        case code.comma:
          if (this.#isInside && this.#depth === 2) {
            yield parse(cut(at));
            this.#isOpen = true;
          } else if (this.#depth === 1) checkMember(cut(at));
          break;
        default:
      }
    }
    const rest = chunk.subarray(start);
    this.#held += rest.length;
    if (this.#held > longest) throw broken();
    if (rest.length > 0) this.#parts.push(Buffer.from(rest));
  }

  end(): void {
    if (this.#state !== "after" || this.#depth !== 0 || this.#isInString) throw broken();
    if (textSoFar(this.#parts, Buffer.alloc(0)).trim() !== "") throw broken();
    if (!this.#found) throw nonsense(`an export's file without ${this.#name}`);
  }
}

function textSoFar(parts: readonly Buffer[], rest: Buffer): string {
  return Buffer.concat([...parts, rest]).toString("utf8");
}

/** `"userlist":` as a name; null for anything else. */
function nameOf(text: string): string | null {
  const found = /^\s*("(?:[^"\\]|\\.)*")\s*:\s*$/.exec(text)?.[1];
  return found === undefined ? null : String(parse(found));
}

/** A member that is passed over, or what is left beside the list that was taken out. */
function checkMember(text: string): void {
  if (text.trim() !== "") parse(`{${text}}`);
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's message quotes the text, which is not ours to repeat.
    throw broken();
  }
}

function broken() {
  return nonsense("an export's file holds broken or truncated JSON");
}
