import { canonicalJson, type Json } from "../lib/json.ts";
import { isEmpty } from "./empty.ts";
import type { Facts } from "./facts.ts";
import type { DepartmentInput, Mapped, TagInput, UserInput } from "./mapping.ts";
import { parsePointer } from "./pointer.ts";
import { factsOf, type MappingProgram } from "./program.ts";
import { readAttribute } from "./resource-path.ts";
import type { Rule } from "./rule.ts";
import type { SectionName } from "./scope.ts";
import type { Sight } from "./sight.ts";
import type { Slot } from "./slot.ts";

/** How one attribute came to be, or why there is none. */
export interface AttributeExplanation {
  /** Path of the attribute, as the schemas write it. */
  readonly attribute: string;
  /** The rule: its place in the file. */
  readonly pointer: string;
  readonly line: number | null;
  readonly column: number | null;
  /** The fields that the rule reads, with what they hold; no `value` where there is nothing. */
  readonly sources: readonly {
    readonly path: string;
    readonly value?: Json;
    /** The person has given it himself: the credential is not shown it. */
    readonly by?: "consent";
  }[];
  /** What became of the value, step by step: `from`, `when`, each normaliser, `values`, `default`, `type`. */
  readonly steps: readonly { readonly step: string; readonly value?: Json }[];
  /** What stands in the document; left out where nothing does. */
  readonly result?: Json;
  /** Why there is no value, or something else than the last step gave; null where there is nothing to say. */
  readonly why: string | null;
}

/** A record's mapping, attribute by attribute, in the order of the file's attributes. */
export interface Explanation {
  readonly mapped: Mapped;
  readonly attributes: readonly AttributeExplanation[];
}

/** Explains what becomes of a member. Pure; never throws. */
export function explainUser(program: MappingProgram, input: UserInput): Explanation {
  return explain(program, "user", factsOf.user(input), program.mapUser(input));
}

export function explainDepartment(program: MappingProgram, input: DepartmentInput): Explanation {
  return explain(program, "department", factsOf.department(input), program.mapDepartment(input));
}

export function explainTag(program: MappingProgram, input: TagInput): Explanation {
  return explain(program, "tag", factsOf.tag(input), program.mapTag(input));
}

function explain(program: MappingProgram, name: SectionName, facts: Facts, mapped: Mapped): Explanation {
  const slots = program.sections[name]?.slots ?? [];
  return { mapped, attributes: slots.map((slot) => explainSlot(program, slot, facts, mapped)) };
}

function explainSlot(program: MappingProgram, slot: Slot, facts: Facts, mapped: Mapped): AttributeExplanation {
  const { place, pointer, rule } = slot;
  const { unseenFields, consent } = facts.source;
  const sight = rule.sight(unseenFields, consent?.withdrawn);
  const { steps, why } = sight === "none" ? { steps: [], why: unseen } : trace(rule, sight, facts);
  const key = {
    schema: place.extension,
    name: place.attribute.name,
    filter: place.filter,
    sub: place.sub?.name ?? null,
  };
  const result = readAttribute(mapped.document, key);
  const last = steps.at(-1)?.value;
  const { line, column } = program.problemAt(parsePointer(pointer), "");
  return {
    attribute: place.key,
    pointer,
    line,
    column,
    sources: rule.readers.map(({ path, field, read }) => {
      const byConsent = field !== null && consent?.given.has(field) === true;
      return { ...withValue({ path }, read(facts)), ...(byConsent && { by: "consent" as const }) };
    }),
    steps,
    ...(result === undefined ? {} : { result }),
    why: why ?? explainDifference(slot, last, result, facts, mapped),
  };
}

const unseen = "the credential is never shown what the rule reads: the attribute stays as it was";
const nothing = "the source has no value";

interface Trace {
  readonly steps: AttributeExplanation["steps"];
  readonly why: string | null;
}

// The same way that slot.ts goes, step by step.
function trace(rule: Rule, sight: Sight, facts: Facts): Trace {
  const steps: { step: string; value?: Json }[] = [];
  const note = (step: string, value: Json | undefined): void => void steps.push(withValue({ step }, value));
  const fallBack = (why: string): Trace => {
    if (sight === "part")
      return { steps, why: `${why}, and not all that the rule reads could be seen: the attribute stays as it was` };
    const { fallback } = rule;
    const isWithdrawn = sight === "withdrawn" && !rule.createOnly;
    const keeps = rule.keepAbsent && (!isWithdrawn || rule.alwaysDecides);
    if (fallback === undefined && isWithdrawn && !keeps)
      return { steps, why: `${why}: what the person gave by consent is withdrawn, and the attribute is taken away` };
    if (fallback === undefined) return { steps, why: keeps ? `${why}: the attribute stays as it was` : why };
    note("default", rule.toType(fallback));
    return { steps, why: keeps ? `${why}: the default is for new ones, others stay as they were` : null };
  };
  if (rule.when) {
    const holds = rule.when(facts);
    note("when", holds);
    if (!holds) return fallBack("the condition does not hold");
  }
  // A value that comes to nothing is no reason for the default, but for who is active.
  const loseValue = (why: string): Trace => (rule.alwaysDecides ? fallBack(why) : { steps, why });
  const raw = rule.read(facts);
  note(rule.origin, raw);
  if (raw === undefined) return fallBack(nothing);
  let value: Json | undefined = raw;
  for (const { name, apply } of rule.normalisers) {
    value = apply(value);
    note(`normalise: ${name}`, value);
    if (value === undefined) return loseValue(`${name} leaves no value`);
  }
  if (rule.normalisers.length > 0 && isEmpty(value)) return loseValue("normalise leaves an empty text");
  if (rule.table) {
    const known = typeof value === "object" ? undefined : rule.table.get(String(value));
    value = known === undefined ? rule.tableDefault : (known ?? undefined);
    note("values", value);
    if (value === undefined) {
      return loseValue(known === null ? "the table says that this is no value" : "the table does not have this value");
    }
  }
  const fitted = rule.toType(value);
  if (fitted === undefined) return loseValue("the value does not fit the type of the attribute");
  if (canonicalJson(fitted) !== canonicalJson(value)) note("type", fitted);
  return { steps, why: null };
}

function explainDifference(
  { place }: Slot,
  last: Json | undefined,
  result: Json | undefined,
  facts: Facts,
  { document }: Mapped,
): string | null {
  if (last === undefined || (result !== undefined && canonicalJson(last) === canonicalJson(result))) return null;
  if (result !== undefined) return facts.source.namespace === null ? null : "the namespace of the source is added";
  const { extension: schema, attribute, filter } = place;
  if (filter === null) return null;
  const element = readAttribute(document, { schema, name: attribute.name, filter, sub: null });
  return element === undefined ? "the element has no value" : "another element is primary already";
}

function withValue<T extends object>(object: T, value: Json | undefined): T & { readonly value?: Json } {
  return value === undefined ? object : { ...object, value };
}
