import type { Json } from "../lib/json.ts";
import { jsonPointer } from "../lib/json-pointer.ts";
import type { KeyCondition } from "./attribute-key.ts";
import { formatAttributeKey } from "./attribute-key.ts";
import { isEmpty } from "./empty.ts";
import type { Facts } from "./facts.ts";
import type { RecordProblem, UniqueValue } from "./mapping.ts";
import type { Place } from "./place.ts";
import type { Rule } from "./rule.ts";
import type { Sight } from "./sight.ts";

/** A rule at its place. */
export interface Slot {
  readonly place: Place;
  readonly rule: Rule;
  /** JSON Pointer of the rule in the file. */
  readonly pointer: string;
  /** What `keep` and `createOnly` call it. An element is kept whole, by its brackets. */
  readonly keepPath: string;
  /** What `sources` calls it: as a person reads the record, without brackets. */
  readonly sourcePath: string;
}

/** What becomes of a record, while it is mapped. */
export interface Draft {
  readonly document: Record<string, Json>;
  readonly keep: string[];
  readonly createOnly: string[];
  readonly sources: Record<string, Json>;
  readonly problems: RecordProblem[];
  readonly warnings: RecordProblem[];
  readonly unique: UniqueValue[];
  /** Of somebody who has, or had, agreed. */
  readonly consent?: { readonly given: string[]; readonly withdrawn: string[] };
}

/** @param path keys from the root of the file to the rule */
export function makeSlot(place: Place, rule: Rule, path: readonly string[]): Slot {
  const { extension: schema, attribute, filter, sub } = place;
  const isValue = filter !== null && sub?.name === "value";
  return {
    place,
    rule,
    pointer: jsonPointer(path),
    keepPath: isValue ? elementPath(schema, attribute.name, filter) : place.key,
    sourcePath: recordPath(place),
  };
}

/** How a record names what stands at a place: elements by their attribute, all others by their own path. */
function recordPath({ extension: schema, attribute, filter, sub }: Place): string {
  return formatAttributeKey({ schema, name: attribute.name, filter: null, sub: filter ? null : (sub?.name ?? null) });
}

/** Whether a rule at this place has to do with an attribute, as a record names it. A reference is shown whole. */
export function isOfRecordPath(place: Place, attribute: string): boolean {
  const path = recordPath(place);
  return path === attribute || path === `${attribute}.value` || attribute.startsWith(`${path}.`);
}

function elementPath(schema: string | null, name: string, filter: readonly KeyCondition[]): string {
  return formatAttributeKey({ schema, name, filter, sub: null });
}

/** The value for a slot, undefined where there is none. Notes in the draft what is kept, and where the value is from. */
export function evaluateSlot(slot: Slot, sight: Sight, facts: Facts, draft: Draft): Json | undefined {
  const { rule, keepPath } = slot;
  if (rule.createOnly) {
    draft.createOnly.push(keepPath);
    draft.keep.push(keepPath);
  }
  if (sight === "none") {
    if (!rule.createOnly) draft.keep.push(keepPath);
    return undefined;
  }
  const raw = rule.when === null || rule.when(facts) ? rule.read(facts) : undefined;
  const value = raw === undefined ? undefined : fitted(slot, rule.transform(raw), draft);
  if (raw !== undefined) noteSource(slot, raw, facts, draft);
  if (draft.consent !== undefined) noteConsent(slot, sight, value, facts, draft.consent);
  if (value !== undefined) return rule.candidates ? firstCandidate(slot, String(value), facts, draft) : value;
  if (rule.createOnly) return raw === undefined ? fittedFallback(rule) : undefined;
  const keeps = rule.keepAbsent && (sight !== "withdrawn" || rule.alwaysDecides);
  if (sight === "part" || keeps) draft.keep.push(keepPath);
  if (sight === "part" || rule.fallback === undefined) return undefined;
  if (raw !== undefined && !rule.alwaysDecides) return undefined;
  // An existing value is kept; only a new resource gets the default.
  if (keeps) draft.createOnly.push(keepPath);
  return fittedFallback(rule);
}

function firstCandidate({ rule, place, pointer }: Slot, value: string, facts: Facts, draft: Draft): Json {
  const candidates = (): Iterable<string> => rule.candidates?.(value, facts) ?? [value];
  draft.unique.push({ path: place.key, pointer, candidates });
  for (const first of candidates()) return first;
  return value;
}

function fittedFallback({ fallback, toType }: Rule): Json | undefined {
  return fallback === undefined ? undefined : toType(fallback);
}

function fitted({ rule, place, pointer }: Slot, value: Json | undefined, draft: Draft): Json | undefined {
  if (value === undefined) return undefined;
  const result = rule.toType(value);
  if (result === undefined) {
    const detail = `${kindOf(value)} does not fit ${place.key} (${place.leaf.type}); the attribute is left out`;
    draft.warnings.push({ pointer, detail });
  }
  return result;
}

// The kind of a value only: a message must not carry personal data.
function kindOf(value: Json): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Whether the value of a rule was given by consent: of several fields the first that is there counts. */
export function isGiven({ origin, readers }: Rule, facts: Facts): boolean {
  const given = facts.source.consent?.given;
  if (given === undefined || given.size === 0) return false;
  const filled = readers.filter(({ read }) => !isEmpty(read(facts)));
  const used = origin === "from" ? filled.slice(0, 1) : filled;
  return used.some(({ field }) => field !== null && given.has(field));
}

function noteConsent(
  { rule, sourcePath }: Slot,
  sight: Sight,
  value: Json | undefined,
  facts: Facts,
  { given, withdrawn }: NonNullable<Draft["consent"]>,
): void {
  if (value !== undefined && isGiven(rule, facts)) given.push(sourcePath);
  if (value === undefined && sight === "withdrawn") withdrawn.push(sourcePath);
}

function noteSource({ rule, sourcePath }: Slot, raw: Json, facts: Facts, draft: Draft): void {
  if (rule.isConstant) return;
  const source = rule.describeSource === null ? raw : rule.describeSource(facts);
  if (source === undefined) return;
  const known = draft.sources[sourcePath];
  // Several elements of one attribute: their values side by side.
  draft.sources[sourcePath] = known === undefined ? source : [...(Array.isArray(known) ? known : [known]), source];
}
