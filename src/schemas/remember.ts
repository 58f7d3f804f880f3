import { contentHash } from "../lib/hash.ts";
import { canonicalJson } from "../lib/json.ts";
import { MappingError } from "../mapping/problem.ts";
import type { SchemaCompiler } from "./compile-file.ts";

/** What is remembered, by the size of what it was made of. Characters. */
const maxRemembered = 4_000_000;

/**
 * The same compiler, remembering what it last made, and of what it could make nothing: files are looked at far more often
 * than they change, and one with mistakes stays as it is until somebody has the time.
 */
export function rememberingCompiler(compiler: SchemaCompiler): SchemaCompiler {
  return { mapping: remember(compiler.mapping), extension: remember(compiler.extension) };
}

type Outcome<T> = { readonly value: T } | { readonly error: MappingError };

function remember<Args extends readonly unknown[], T>(compile: (...args: Args) => T): (...args: Args) => T {
  const known = new Map<string, { readonly outcome: Outcome<T>; readonly size: number }>();
  let size = 0;
  const forget = (key: string): void => {
    size -= known.get(key)?.size ?? 0;
    known.delete(key);
  };
  return (...args) => {
    const asked = canonicalJson(args);
    const key = contentHash(asked);
    const outcome = known.get(key)?.outcome ?? tryTo(() => compile(...args));
    // What was asked for last stays longest.
    forget(key);
    known.set(key, { outcome, size: asked.length });
    size += asked.length;
    for (const oldest of known.keys()) {
      if (size <= maxRemembered || oldest === key) break;
      forget(oldest);
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  };
}

function tryTo<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return { error };
  }
}
