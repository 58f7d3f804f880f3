import type { Json } from "../lib/json.ts";
import { toText } from "./coerce.ts";
import type { Facts } from "./facts.ts";
import type { CompileReader, Reader } from "./reader.ts";
import { PathSyntaxError } from "./source-path.ts";

export interface Template {
  readonly readers: readonly Reader[];
  /** The text, or undefined as soon as one field has no value: half a text helps nobody. */
  render(facts: Facts): string | undefined;
}

/**
 * Compiles `"{name} ({userid})"`. Braces hold source paths; `{{` and `}}` stand for braces.
 *
 * @throws {PathSyntaxError}
 */
export function compileTemplate(compileReader: CompileReader, text: string): Template {
  const parts = splitTemplate(text).map((part) => (part.kind === "text" ? part.text : compileAt(compileReader, part)));
  return {
    readers: parts.filter((part) => typeof part !== "string"),
    render(facts) {
      let result = "";
      for (const part of parts) {
        const piece = typeof part === "string" ? part : fieldText(part.read(facts));
        if (piece === undefined) return undefined;
        result += piece;
      }
      return result;
    },
  };
}

interface PathPart {
  readonly kind: "path";
  readonly path: string;
  /** Character of the template, from 0. */
  readonly offset: number;
}

type Part = { readonly kind: "text"; readonly text: string } | PathPart;

function compileAt(compileReader: CompileReader, { path, offset }: PathPart): Reader {
  try {
    return compileReader(path);
  } catch (error) {
    throw error instanceof PathSyntaxError ? new PathSyntaxError(error.message, offset + error.offset) : error;
  }
}

const token = /\{\{|\}\}|\{((?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*)\}|[^{}]+|./gsu;

function splitTemplate(text: string): readonly Part[] {
  return [...text.matchAll(token)].map((match): Part => {
    const [found, path] = match;
    if (found === "{{" || found === "}}") return { kind: "text", text: found.slice(1) };
    if (path !== undefined) return { kind: "path", path, offset: match.index + 1 };
    if (found === "{" || found === "}") {
      const place = match.index + 1;
      throw new PathSyntaxError(
        `a lone ${found} at character ${place}; write ${found}${found} for a brace`,
        match.index,
      );
    }
    return { kind: "text", text: found };
  });
}

function fieldText(value: Json | undefined): string | undefined {
  const text = value === undefined ? undefined : toText(value);
  return text === "" ? undefined : text;
}
