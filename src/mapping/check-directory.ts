import type { Json, JsonObject } from "../lib/json.ts";
import type { Section } from "./compile-section.ts";
import { isEmpty } from "./empty.ts";
import type { Facts } from "./facts.ts";
import { parsePointer } from "./pointer.ts";
import type { MappingProblem } from "./problem.ts";
import type { MappingProgram } from "./program.ts";
import type { Rule } from "./rule.ts";
import type { SectionName } from "./scope.ts";
import type { Slot } from "./slot.ts";

/** Records of a directory, as the source sent them. */
export interface ObservedDirectory {
  readonly users?: Iterable<JsonObject>;
  readonly departments?: Iterable<JsonObject>;
  readonly tags?: Iterable<JsonObject>;
  /** Fields that the credential is never shown. */
  readonly unseenFields?: Iterable<string>;
}

/**
 * Compares a mapping with what a directory really holds: tables that lack a value which is there, and rules that can
 * give nothing because the credential is never shown what they read. Warnings only, one per rule. They name values of
 * records: for an administrator's eyes, not for a log.
 */
export function checkAgainst(program: MappingProgram, directory: ObservedDirectory): readonly MappingProblem[] {
  const unseen = new Set(directory.unseenFields);
  const source = { organization: null, namespace: null, unseenFields: unseen };
  const toFacts = (record: JsonObject): Facts => ({
    record,
    departments: [],
    mainDepartment: null,
    // Single records do not tell who carries them.
    tags: null,
    path: null,
    source,
  });
  const recordsOf: Readonly<Record<SectionName, Iterable<JsonObject>>> = {
    user: directory.users ?? [],
    department: directory.departments ?? [],
    tag: directory.tags ?? [],
  };
  return (["user", "department", "tag"] as const).flatMap((name) => {
    const section = program.sections[name];
    if (!section) return [];
    const missing = findMissing(section, recordsOf[name], toFacts);
    return section.slots.flatMap((slot) => {
      const path = parsePointer(slot.pointer);
      const blind = describeBlindness(slot.rule, unseen);
      if (blind !== null) return [program.problemAt(path, blind)];
      const values = missing.get(slot);
      return values && values.size > 0 ? [program.problemAt([...path, "values"], describeMissing(values))] : [];
    });
  });
}

function findMissing(
  { slots }: Section,
  records: Iterable<JsonObject>,
  toFacts: (record: JsonObject) => Facts,
): ReadonlyMap<Slot, Map<string, number>> {
  const tables = slots.filter(({ rule }) => rule.table !== null && rule.fallback === undefined);
  const missing = new Map(tables.map((slot) => [slot, new Map<string, number>()]));
  if (tables.length === 0) return missing;
  for (const record of records) {
    const facts = toFacts(record);
    for (const [slot, values] of missing) {
      const value = unknownValue(slot.rule, facts);
      if (value !== null && (values.has(value) || values.size < maxValues))
        values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return missing;
}

const maxValues = 100;

function unknownValue({ read, when, normalisers, table }: Rule, facts: Facts): string | null {
  let value: Json | undefined = when === null || when(facts) ? read(facts) : undefined;
  for (const { apply } of normalisers) value = value === undefined ? undefined : apply(value);
  if (value === undefined || isEmpty(value) || typeof value === "object") return null;
  return table?.has(String(value)) ? null : String(value);
}

function describeMissing(values: ReadonlyMap<string, number>): string {
  const sorted = [...values].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = sorted.slice(0, 5).map(([value, count]) => `${JSON.stringify(value.slice(0, 40))} (${count} times)`);
  const rest = sorted.length > 5 ? ` and ${sorted.length - 5} more` : "";
  return `the table lacks ${shown.join(", ")}${rest}: no value there, and no default`;
}

function describeBlindness(rule: Rule, unseen: ReadonlySet<string>): string | null {
  if (unseen.size === 0 || rule.sight(unseen) !== "none") return null;
  const fields = [
    ...new Set(rule.readers.flatMap(({ field }) => (field !== null && unseen.has(field) ? [field] : []))),
  ];
  return `the credential is never shown ${fields.join(", ") || "what the condition reads"}: the attribute stays as it was, and new ones have none`;
}
