import { createRequire } from "node:module";
import type { RE2JS } from "re2js";
import { FunctionError, limited, spendWork } from "./limit.ts";

/** A regular expression in the syntax of RE2: whatever the pattern, the time is proportional to the text. */
export interface Pattern {
  matches(text: string): boolean;
  /** The text of a group (0: of the whole match) in the first match, or null. */
  extract(text: string, group: number): string | null;
  /** All matches replaced; `$1` and `${name}` stand for groups. */
  replace(text: string, replacement: string): string;
}

export const maxPatternLength = 500;
/** Steps of the machine that a pattern becomes: (a{30}){30} has more, and takes as many for each character. */
export const maxPatternSteps = 500;
/** The longest text that a pattern is put to. */
export const maxPatternText = 2_000;

/** @throws {FunctionError} for what is no pattern; the message says why */
export function compilePattern(source: string): Pattern {
  const known = compiled.get(source);
  if (known) return known;
  if (source.length > maxPatternLength) {
    throw new FunctionError(`a pattern of more than ${maxPatternLength} characters`);
  }
  const pattern = wrap(parse(source));
  if (compiled.size >= maxKept) compiled.clear();
  compiled.set(source, pattern);
  return pattern;
}

// Patterns are nearly always constants of a mapping; those put together from data must not pile up.
const compiled = new Map<string, Pattern>();
const maxKept = 200;

function parse(source: string): RE2JS {
  const pattern = compile(source);
  if (pattern.programSize() > maxPatternSteps) throw new FunctionError("a pattern with too many repetitions");
  return pattern;
}

function compile(source: string): RE2JS {
  try {
    return library().RE2JS.compile(source);
  } catch (error) {
    throw new FunctionError(`not a pattern of RE2: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function wrap(pattern: RE2JS): Pattern {
  const steps = pattern.programSize();
  const matcherOf = (text: string) => {
    if (text.length > maxPatternText) throw new FunctionError(`a text of more than ${maxPatternText} characters`);
    spendWork((steps * text.length) / 100);
    return pattern.matcher(text);
  };
  return {
    matches: (text) => matcherOf(text).find(),
    extract(text, group) {
      const matcher = matcherOf(text);
      if (group < 0 || group > pattern.groupCount() || !matcher.find()) return null;
      return matcher.group(group) ?? null;
    },
    replace(text, replacement) {
      try {
        return limited(matcherOf(text).replaceAll(replacement));
      } catch (error) {
        throw error instanceof FunctionError ? error : new FunctionError(`the replacement: ${String(error)}`);
      }
    },
  };
}

let loaded: typeof import("re2js") | null = null;

function library(): typeof import("re2js") {
  loaded ??= createRequire(import.meta.url)("re2js") as typeof import("re2js");
  return loaded;
}
