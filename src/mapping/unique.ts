import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { parseAttributeKey } from "./attribute-key.ts";
import type { Mapped, UniqueValue } from "./mapping.ts";
import { readAttribute } from "./resource-path.ts";
import { truncateCharacters } from "./text/change.ts";

/** How a rule finds another value where its own is somebody else's already. */
export interface UniqueOptions {
  /** What a number is put into: `{value}{n}`, `{local}{n}@{domain}`. */
  readonly pattern: string;
  /** The first number. */
  readonly start: number;
  /** How many numbers are tried. */
  readonly tries: number;
  /** No candidate is longer; the value is shortened to make room for the number. */
  readonly maxLength: number | null;
}

/** The values to try, in order: the value itself, the alternatives, then numbers. Always the same for the same input. */
export function* uniqueCandidates(
  value: string,
  alternatives: readonly string[],
  { pattern, start, tries, maxLength }: UniqueOptions,
): Generator<string> {
  const seen = new Set<string>();
  const fresh = (candidate: string): boolean =>
    candidate !== "" && !seen.has(candidate) && seen.add(candidate).size > 0;
  const shorten = (text: string): string => (maxLength === null ? text : truncateCharacters(text, maxLength));
  for (const candidate of [value, ...alternatives].map(shorten)) if (fresh(candidate)) yield candidate;
  for (let n = start; n < start + tries; n += 1) {
    const candidate = fill(pattern, value, n, maxLength);
    if (fresh(candidate)) yield candidate;
  }
}

function fill(pattern: string, value: string, n: number, maxLength: number | null): string {
  const write = (text: string): string => {
    const at = text.lastIndexOf("@");
    const [local, domain] = at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
    const parts: Readonly<Record<string, string>> = { value: text, local, domain, n: String(n) };
    return pattern.replace(/\{(value|local|domain|n)\}/g, (_, name: string) => parts[name] ?? "");
  };
  const full = write(value);
  const excess = maxLength === null ? 0 : full.length - maxLength;
  if (excess <= 0) return full;
  // The number must stay: what is too long is taken from the end of the value, before an @ and what follows.
  const at = value.lastIndexOf("@");
  const [head, tail] = at === -1 || !pattern.includes("{local}") ? [value, ""] : [value.slice(0, at), value.slice(at)];
  return head.length <= excess ? "" : write(truncateCharacters(head, head.length - excess) + tail);
}

/**
 * Settles the unique values of a mapped record. A value that the resource has already is kept while it is still one of
 * its candidates, so that nobody is renamed because somebody else left; else the first candidate is taken that is free.
 * Where none is, the record has a problem and is held.
 *
 * @param taken whether another resource has this value at this attribute path
 */
export function chooseUnique(
  mapped: Mapped,
  current: JsonObject | null,
  taken: (path: string, value: string) => boolean,
): Mapped {
  return (mapped.unique ?? []).reduce((result, unique) => chooseOne(result, unique, current, taken), mapped);
}

function chooseOne(
  mapped: Mapped,
  { path, pointer, candidates }: UniqueValue,
  current: JsonObject | null,
  taken: (path: string, value: string) => boolean,
): Mapped {
  const key = parseAttributeKey(path);
  const held = current === null ? undefined : readAttribute(current, key);
  const list = [...candidates()];
  const chosen = list.find((candidate) => candidate === held) ?? list.find((candidate) => !taken(path, candidate));
  if (chosen === undefined) {
    const problem = { pointer, detail: `each of ${list.length} values is somebody else's already` };
    return { ...mapped, problems: [...mapped.problems, problem] };
  }
  return { ...mapped, document: withValue(mapped.document, key.schema, key.name, chosen) };
}

function withValue(document: JsonObject, schema: string | null, name: string, value: Json): JsonObject {
  if (schema === null) return { ...document, [name]: value };
  const extension = member(document, schema);
  return { ...document, [schema]: { ...(isJsonObject(extension) ? extension : {}), [name]: value } };
}
