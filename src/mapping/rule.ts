import type { Json } from "../lib/json.ts";
import { coerce, coerceList } from "./coerce.ts";
import { isEmpty } from "./empty.ts";
import { type Facts, tagsField } from "./facts.ts";
import type { RuleForm } from "./format.ts";
import { makeNormalisers, type Normaliser } from "./normalise.ts";
import type { Place } from "./place.ts";
import type { Report } from "./problem.ts";
import { compileCondition, compileOrigin, type Origin } from "./rule-origin.ts";
import type { RuleTools } from "./rule-tools.ts";
import { describeType } from "./rule-type.ts";
import { compileUnique } from "./rule-unique.ts";
import { type Sight, sightOf, worse } from "./sight.ts";

/** One rule of a mapping file, compiled: where its value comes from and what becomes of it. */
export interface Rule extends Omit<Origin, "fields"> {
  readonly normalisers: readonly Normaliser[];
  /** Null on its right side says that there is no value. */
  readonly table: ReadonlyMap<string, Json> | null;
  /** The value to write, still in its own type; undefined where the table does not know it. */
  transform(value: Json): Json | undefined;
  /** In the type of the attribute; undefined where it does not fit. */
  toType(value: Json): Json | undefined;
  readonly when: ((facts: Facts) => boolean) | null;
  readonly fallback: Json | undefined;
  /** What the table gives for a value that it does not know; undefined for none. */
  readonly tableDefault: Json | undefined;
  readonly isConstant: boolean;
  readonly createOnly: boolean;
  readonly keepAbsent: boolean;
  /** No value, and one that does not fit, leave what is there; who is new gets the fallback. */
  readonly alwaysDecides: boolean;
  /** What to try in place of a value that is taken; null for a value that others may have too. */
  readonly candidates: ((value: string, facts: Facts) => Iterable<string>) | null;
  /**
   * Whether the fields that it rests on could be seen.
   *
   * @param withdrawn fields that the person gave once and does not give any more
   */
  sight(unseen: ReadonlySet<string>, withdrawn?: ReadonlySet<string>): Sight;
}

/**
 * Compiles one rule; what is wrong goes to `report`, below the rule's own path.
 *
 * @returns null when there was a problem
 */
export function compileRule(tools: RuleTools, rule: RuleForm, place: Place, report: Report): Rule | null {
  const { type, multiValued } = place.leaf;
  let sound = true;
  const complain: Report = (path, detail, spot) => {
    sound = false;
    report(path, detail, spot);
  };
  const toType = multiValued ? (value: Json) => coerceList(type, value) : (value: Json) => coerce(type, value);
  const checkFit = (path: readonly (string | number)[], value: Json | undefined) => {
    if (value !== undefined && toType(value) === undefined) complain(path, `${place.key} takes ${describeType(place)}`);
  };
  checkFit(["const"], rule.const);
  checkFit(["default"], rule.default);
  for (const [from, to] of Object.entries(rule.values ?? {})) if (to !== null) checkFit(["values", from], to);
  const isSwitch = isActiveSwitch(place);
  if (isSwitch && rule.absent === "clear")
    complain(["absent"], "active without a value would count as true: leave this out, then everybody stays as he was");
  const origin = compileOrigin(tools, rule, place, complain);
  const when = rule.when === undefined ? null : compileCondition(tools, rule.when, complain);
  const candidates = rule.unique === undefined ? null : compileUnique(tools, rule, place, complain);
  if (!sound || !origin) return null;
  const normalisers = rule.normalise === undefined ? [] : makeNormalisers([rule.normalise].flat());
  const table = rule.values === undefined ? null : new Map(Object.entries(rule.values));
  const transform = makeTransform(normalisers, table, rule.default);
  return {
    ...origin,
    normalisers,
    table,
    transform,
    toType,
    when: when && ((facts) => when.evaluate(facts) === true),
    fallback: isSwitch ? (rule.default ?? false) : rule.default,
    tableDefault: rule.default,
    isConstant: rule.const !== undefined,
    createOnly: rule.apply === "create",
    keepAbsent: isSwitch || rule.absent === "keep",
    alwaysDecides: isSwitch,
    candidates: candidates && ((value, facts) => candidates(value, facts, (each) => normalise(normalisers, each))),
    sight: (unseen, withdrawn = noFields) => {
      const conditions = when?.fields ?? [];
      const seen = worse(sightOf(origin.fields, unseen), conditionSight(conditions, unseen));
      const isWithdrawn = withdrawn.size > 0 && [...origin.fields, ...conditions].some((field) => withdrawn.has(field));
      return isWithdrawn && seen !== "none" ? "withdrawn" : seen;
    },
  };
}

const noFields: ReadonlySet<string> = new Set();

/**
 * Whether a rule says who is active. SCIM takes a missing `active` for true, so that a rule which gives no value, or one
 * of another type, would switch on whoever is disabled or has left: it says nothing instead, and who is new is inactive.
 */
function isActiveSwitch({ extension, attribute }: Place): boolean {
  return extension === null && attribute.name === "active";
}

// A condition that sees something can be worked out. Not so without the tags: then it has no result, which is no "no".
function conditionSight(fields: readonly string[], unseen: ReadonlySet<string>): Exclude<Sight, "withdrawn"> {
  if (sightOf(fields, unseen) === "none") return "none";
  return fields.includes(tagsField) && unseen.has(tagsField) ? "part" : "all";
}

function makeTransform(
  normalisers: readonly Normaliser[],
  table: ReadonlyMap<string, Json> | null,
  tableDefault: Json | undefined,
): Rule["transform"] {
  if (normalisers.length === 0 && table === null) return (value) => value;
  return (value) => {
    const text = normalise(normalisers, value);
    if (isEmpty(text)) return undefined;
    if (!table) return text;
    const known = typeof text === "object" ? undefined : table.get(String(text));
    return known === undefined ? tableDefault : (known ?? undefined);
  };
}

function normalise(normalisers: readonly Normaliser[], value: Json): Json | undefined {
  let text: Json | undefined = value;
  for (const { apply } of normalisers) {
    if (text === undefined) return undefined;
    text = apply(text);
  }
  return text;
}
