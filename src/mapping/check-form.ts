import { z } from "zod";
import { safeParse } from "../lib/safe-parse.ts";
import { mappingForm, ruleForm, targetRulesForm, testDepartmentForm, testForm, testTagForm } from "./format.ts";
import { normaliserNames, optionNormalisers } from "./normalise-form.ts";
import type { Report } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/** Reports what in a parsed mapping file does not follow the form: unknown keys, wrong types, names that are not allowed. */
export function checkForm(file: unknown, report: Report): void {
  refuseReservedNames(file, [], report, 0);
  const { error } = safeParse(mappingForm, file);
  const rootKeys = Object.keys(mappingForm.shape).filter((key) => key !== "$schema");
  for (const issue of error?.issues ?? []) reportIssue(issue, [], { report, base: [], rootKeys });
}

/** The same for a part of another file: the rules of a target, which stand at this path. */
export function checkTargetForm(value: unknown, base: Path, report: Report): void {
  refuseReservedNames(value, base, report, 0);
  const { error } = safeParse(targetRulesForm, value);
  const rootKeys = Object.keys(targetRulesForm.shape);
  for (const issue of error?.issues ?? []) reportIssue(issue, [], { report, base, rootKeys });
}

interface Audience {
  readonly report: Report;
  /** Where the form stands in the file. */
  readonly base: Path;
  readonly rootKeys: readonly string[];
}

type Path = readonly (string | number)[];

// JSON.parse makes an own member of it, and everything that copies objects afterwards may not.
function refuseReservedNames(value: unknown, path: Path, report: Report, depth: number): void {
  if (typeof value !== "object" || value === null || depth > 20) return;
  for (const [key, item] of Object.entries(value)) {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === "__proto__") report(below, "this name cannot be used here", { part: "key" });
    else refuseReservedNames(item, below, report, depth + 1);
  }
}

function reportIssue(issue: z.core.$ZodIssue, above: Path, audience: Audience): void {
  const { report, base, rootKeys } = audience;
  const path = [...above, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.code === "unrecognized_keys") {
    const known = path.length === 0 ? rootKeys : knownKeys(path);
    for (const key of issue.keys.filter((key) => key !== "__proto__")) {
      const detail = `unknown key; known are ${known.join(", ")}${didYouMean(key, known)}`;
      report([...base, ...path, key], detail, { part: "key" });
    }
    return;
  }
  const deeper = issue.code === "invalid_union" ? deepestBranch(issue.errors) : null;
  if (deeper) for (const each of deeper) reportIssue(each, path, audience);
  else report([...base, ...path], issue.message);
}

// Of several forms that a value may have, the one is meant that it comes closest to: whose mistakes lie deepest.
function deepestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.min(...issues.map(depthOf));
  const [best] = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  return best && depth(best) > 0 ? best : null;
}

function depthOf(issue: z.core.$ZodIssue): number {
  if (issue.code === "unrecognized_keys") return issue.path.length + 1;
  const inner = issue.code === "invalid_union" ? deepestBranch(issue.errors) : null;
  return issue.path.length + (inner ? Math.min(...inner.map(depthOf)) : 0);
}

function knownKeys(path: Path): readonly string[] {
  const last = path.at(-1);
  if (last === "members") return ["users", "groups"];
  if (last === "unique") return ["or", "pattern", "start", "tries", "maxLength"];
  if (path[0] === "tests") return Object.keys(formInTest(path).shape);
  const parent = path.at(-2);
  const isNormaliser = parent === "normalise" || path.at(-3) === "normalise";
  if (typeof last === "string" && isNormaliser && isOptionNormaliser(last)) return optionsOf(last);
  if (last === "normalise" || parent === "normalise") return normaliserNames;
  return Object.keys(ruleForm.shape);
}

function formInTest([, , part]: Path): z.ZodObject {
  if (part === undefined) return testForm;
  return part === "tags" ? testTagForm : testDepartmentForm;
}

function isOptionNormaliser(name: string): name is keyof typeof optionNormalisers {
  return Object.hasOwn(optionNormalisers, name);
}

function optionsOf(name: keyof typeof optionNormalisers): readonly string[] {
  const form = optionNormalisers[name];
  if (form instanceof z.ZodObject) return Object.keys(form.shape);
  if (!(form instanceof z.ZodUnion)) return [];
  return [
    ...new Set(form.options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : []))),
  ];
}
