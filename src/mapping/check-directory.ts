import type { Json } from "../lib/json.ts";
import type { Section } from "./compile-section.ts";
import { isEmpty } from "./empty.ts";
import { type Facts, tagsField } from "./facts.ts";
import { parsePointer } from "./pointer.ts";
import type { MappingProblem } from "./problem.ts";
import { factsOf, type MappingProgram } from "./program.ts";
import type { Rule } from "./rule.ts";
import type { RecordInput } from "./run-tests.ts";
import type { SectionName } from "./scope.ts";
import type { Slot } from "./slot.ts";

/** Compares a mapping with what a directory really holds, record by record. */
export interface DirectoryCheck {
  /** Whether looking at records of this kind can tell anything. */
  looksAt(kind: SectionName): boolean;
  note(record: RecordInput): void;
  /**
   * Tables that lack a value which is there, and rules that can give nothing because the credential is never shown what
   * they read; one warning per rule. They name values of records: for an administrator's eyes, not for a log.
   */
  warnings(): readonly MappingProblem[];
}

/** @param unseenFields fields that the credential is never shown */
export function makeDirectoryCheck(program: MappingProgram, unseenFields: Iterable<string>): DirectoryCheck {
  const unseen = new Set(unseenFields);
  const tables = new Map(sections.map((name) => [name, tablesOf(program.sections[name])]));
  const missing = new Map<Slot, Map<string, number>>();

  const noteFacts = (name: SectionName, facts: Facts): void => {
    for (const slot of tables.get(name) ?? []) {
      const value = unknownValue(slot.rule, facts);
      if (value === null) continue;
      const values = missing.get(slot) ?? new Map<string, number>();
      if (values.has(value) || values.size < maxValues) values.set(value, (values.get(value) ?? 0) + 1);
      missing.set(slot, values);
    }
  };
  const warningOf = (slot: Slot): readonly MappingProblem[] => {
    const path = parsePointer(slot.pointer);
    const blind = describeBlindness(slot.rule, unseen);
    if (blind !== null) return [program.problemAt(path, blind)];
    const values = missing.get(slot);
    return values === undefined ? [] : [program.problemAt([...path, "values"], describeMissing(values))];
  };

  return {
    looksAt: (kind) => (tables.get(kind) ?? []).length > 0,
    note({ kind, input }) {
      if (kind === "user") noteFacts(kind, factsOf.user(input));
      else if (kind === "department") noteFacts(kind, factsOf.department(input));
      else noteFacts(kind, factsOf.tag(input));
    },
    warnings: () => sections.flatMap((name) => (program.sections[name]?.slots ?? []).flatMap(warningOf)),
  };
}

const sections = ["user", "department", "tag"] as const;

/** Rules with a table that must know every value: those with a default have an answer for all. */
function tablesOf(section: Section | null): readonly Slot[] {
  return (section?.slots ?? []).filter(({ rule }) => rule.table !== null && rule.tableDefault === undefined);
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

/**
 * Why a rule can give nothing: the credential is never shown what it reads. Null for any other rule.
 */
export function describeBlindness(rule: Rule, unseen: ReadonlySet<string>): string | null {
  if (unseen.size === 0 || rule.sight(unseen) !== "none") return null;
  const fields = [
    ...new Set(rule.readers.flatMap(({ field }) => (field !== null && unseen.has(field) ? [field] : []))),
  ];
  const what = fields.join(", ") || "what the condition reads";
  const but = fields.some((field) => !neverGiven.has(field)) ? ", unless people give it by consent" : "";
  return `the credential is never shown ${what}: the attribute stays as it was, and new ones have none${but}`;
}

/** What nobody can give by consent: it is no field of his own, or WeCom does not tell it (WeCom doc path/96443). */
const neverGiven: ReadonlySet<string> = new Set([tagsField, "thumb_avatar"]);
