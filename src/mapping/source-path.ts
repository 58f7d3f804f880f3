/** Steps into a record: a name in an object, a number in a list. */
export type SourcePath = readonly [string, ...(string | number)[]];

/** A path that cannot be read; the message says at which character. */
export class PathSyntaxError extends Error {
  /** Character of the text, from 0. */
  readonly offset: number;

  constructor(message: string, offset = 0) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Parses `main_department`, `direct_leader[0]`, `extattr.工号`, `extattr["a.b"]`. In quotes (single or double) a
 * backslash takes the next character as it is.
 *
 * @throws {PathSyntaxError}
 */
export function parseSourcePath(text: string): SourcePath {
  const steps: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === "[") {
      const bracket = readBracket(text, at);
      steps.push(bracket.step);
      at = bracket.end;
    } else {
      if (steps.length > 0) {
        if (text[at] !== ".") throw new PathSyntaxError(`expected . or [ at character ${at + 1}`, at);
        at += 1;
      }
      const name = /^[^.[\]"'{}]+/.exec(text.slice(at))?.[0] ?? "";
      if (name === "") throw new PathSyntaxError(`a name is missing at character ${at + 1}`, at);
      if (name !== name.trim()) throw new PathSyntaxError(`a blank beside the name at character ${at + 1}`, at);
      steps.push(name);
      at += name.length;
    }
  }
  const [first, ...rest] = steps;
  if (typeof first !== "string") throw new PathSyntaxError("it must start with the name of a field");
  return [first, ...rest];
}

function readBracket(text: string, start: number): { readonly step: string | number; readonly end: number } {
  const rest = text.slice(start);
  const index = /^\[(0|[1-9]\d{0,5})\]/.exec(rest);
  if (index?.[1] !== undefined) return { step: Number(index[1]), end: start + index[0].length };
  const quoted = /^\[(?:"((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)+)')\]/.exec(rest);
  const name = quoted?.[1] ?? quoted?.[2];
  if (!quoted || name === undefined) {
    throw new PathSyntaxError(`expected [number] or ["name"] at character ${start + 1}`, start);
  }
  return { step: name.replace(/\\(.)/g, "$1"), end: start + quoted[0].length };
}
