import type { Json } from "../lib/json.ts";
import { compileExpression } from "./expression.ts";
import type { Facts } from "./facts.ts";
import type { RuleForm } from "./format.ts";
import type { Place } from "./place.ts";
import type { Report } from "./problem.ts";
import { attempt, type RuleTools } from "./rule-tools.ts";
import { type UniqueOptions, uniqueCandidates } from "./unique.ts";

/** The candidates for a value of a record, in order. `normalise` is that of the rule. */
export type MakeCandidates = (
  value: string,
  facts: Facts,
  normalise: (value: Json) => Json | undefined,
) => Iterable<string>;

/** Compiles `unique`; null when there was a problem. */
export function compileUnique(tools: RuleTools, rule: RuleForm, place: Place, report: Report): MakeCandidates | null {
  const { unique } = rule;
  const { leaf, filter, sub } = place;
  if (leaf.type !== "string" || leaf.multiValued || filter !== null || sub !== null) {
    report(["unique"], `${place.key} is no text with a single value: it cannot be made unique`, { part: "key" });
    return null;
  }
  if (place.extension === null && leaf.name === "externalId") {
    report(["unique"], "externalId says who somebody is: it is unique at the source, or two are one", { part: "key" });
    return null;
  }
  const {
    or = [],
    pattern = "{value}{n}",
    start = 2,
    tries = 1_000,
    maxLength = null,
  } = unique === true ? {} : (unique ?? {});
  if (!pattern.includes("{n}")) report(["unique", "pattern"], "the pattern needs {n}, the number");
  const expressions = or.flatMap((text, index) => {
    const expression = attempt(() => compileExpression(tools.vocabulary, text), ["unique", "or", index], report);
    return expression ? [expression] : [];
  });
  const options: UniqueOptions = { pattern, start, tries, maxLength };
  return (value, facts, normalise) => {
    const alternatives = expressions.flatMap(({ evaluate }) => {
      const result = evaluate(facts);
      const text = result === undefined ? undefined : normalise(result);
      return typeof text === "string" ? [text] : [];
    });
    return uniqueCandidates(value, alternatives, options);
  };
}
