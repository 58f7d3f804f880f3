import { type Json, member } from "../lib/json.ts";
import { coerce, coerceList } from "./coerce.ts";
import { compileExpression, ExpressionError } from "./expression.ts";
import { type Facts, listExtattr, type SectionName } from "./facts.ts";
import type { RuleForm } from "./format.ts";
import { makeNormaliser } from "./normalise.ts";
import type { Place } from "./place.ts";
import type { Report } from "./problem.ts";
import { compileReader, type Reader } from "./reader.ts";
import { PathSyntaxError } from "./source-path.ts";
import { compileTemplate } from "./template.ts";

/** One rule of a mapping file, compiled: where its value comes from and what becomes of it. */
export interface Rule {
  /** What the source says: the field, the rendered text, the result. Undefined where there is nothing. */
  read(facts: Facts): Json | undefined;
  /** The value to write, still in its own type; undefined where the table does not know it. */
  transform(value: Json): Json | undefined;
  /** The value of the source, for the record; null: what `read` gave. */
  readonly describeSource: ((facts: Facts) => Json | undefined) | null;
  /** In the type of the attribute; undefined where it does not fit. */
  toType(value: Json): Json | undefined;
  readonly when: ((facts: Facts) => boolean) | null;
  readonly fallback: Json | undefined;
  readonly isConstant: boolean;
  readonly createOnly: boolean;
  readonly keepAbsent: boolean;
  /** Whether the fields that it rests on could be seen. */
  sight(unseen: ReadonlySet<string>): Sight;
}

/** `none`: nothing that it reads was ever shown; `part`: some of it was not; `all`: nothing is missing. */
export type Sight = "all" | "part" | "none";

/**
 * Compiles one rule; what is wrong goes to `report`, below the rule's own path.
 *
 * @returns null when there was a problem
 */
export function compileRule(section: SectionName, rule: RuleForm, place: Place, report: Report): Rule | null {
  const { type, multiValued } = place.leaf;
  let sound = true;
  const complain: Report = (path, detail) => {
    sound = false;
    report(path, detail);
  };
  const toType = multiValued ? (value: Json) => coerceList(type, value) : (value: Json) => coerce(type, value);
  const checkFit = (path: readonly (string | number)[], value: Json | undefined) => {
    if (value !== undefined && toType(value) === undefined) complain(path, `${place.key} takes ${describeType(place)}`);
  };
  checkFit(["const"], rule.const);
  checkFit(["default"], rule.default);
  for (const [from, to] of Object.entries(rule.values ?? {})) checkFit(["values", from], to);
  const origin = compileOrigin(section, rule, place, complain);
  const when = rule.when === undefined ? null : compileCondition(section, rule.when, complain);
  if (!sound || !origin) return null;
  const normalise = rule.normalise === undefined ? null : makeNormaliser([rule.normalise].flat());
  const table = rule.values && new Map(Object.entries(rule.values));
  const tableDefault = rule.default;
  return {
    read: origin.read,
    transform(value) {
      const text = normalise ? normalise(value) : value;
      if (!table) return isEmpty(text) ? undefined : text;
      return typeof text === "object" ? tableDefault : (table.get(String(text)) ?? tableDefault);
    },
    describeSource: origin.describeSource,
    toType,
    when:
      when &&
      (
        ({ evaluate }) =>
        (facts: Facts) =>
          evaluate(facts) === true
      )(when),
    fallback: rule.default,
    isConstant: rule.const !== undefined,
    createOnly: rule.apply === "create",
    keepAbsent: rule.absent === "keep",
    sight: (unseen) =>
      worse(sightOf(origin.fields, unseen), sightOf(when?.fields ?? [], unseen) === "none" ? "none" : "all"),
  };
}

/** No value: nothing there, null, an empty text or list. Blanks are a value. */
export function isEmpty(value: Json | undefined): value is null | undefined | "" | readonly [] {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

interface Origin {
  readonly read: Rule["read"];
  readonly describeSource: Rule["describeSource"];
  /** Fields of the record that it rests on. */
  readonly fields: readonly string[];
}

function compileOrigin(section: SectionName, rule: RuleForm, place: Place, report: Report): Origin | null {
  const { const: constant, from, template, expr } = rule;
  if (constant !== undefined) return { read: () => constant, describeSource: () => undefined, fields: [] };
  if (from !== undefined) return compileFrom(section, from, report);
  if (template !== undefined) return compileTemplateOrigin(section, template, report);
  if (expr === undefined) return null;
  return compileExpressionOrigin(section, expr, place, report);
}

function compileFrom(section: SectionName, from: string | readonly string[], report: Report): Origin | null {
  const isList = typeof from !== "string";
  const readers = [from].flat().flatMap((path, index) => {
    const reader = attempt(() => compileReader(section, path), isList ? ["from", index] : ["from"], report);
    return reader ? [reader] : [];
  });
  const [only, ...others] = readers;
  if (!only) return null;
  const read: Rule["read"] =
    others.length === 0
      ? (facts) => nonEmpty(only.read(facts))
      : (facts) => {
          for (const reader of readers) {
            const value = reader.read(facts);
            if (!isEmpty(value)) return value;
          }
          return undefined;
        };
  return { read, describeSource: null, fields: fieldsOf(readers) };
}

function compileTemplateOrigin(section: SectionName, text: string, report: Report): Origin | null {
  const template = attempt(() => compileTemplate(section, text), ["template"], report);
  if (!template) return null;
  const { readers, render } = template;
  return { read: render, describeSource: describeReaders(readers), fields: fieldsOf(readers) };
}

function compileExpressionOrigin(section: SectionName, text: string, place: Place, report: Report): Origin | null {
  const expression = attempt(() => compileExpression(section, text), ["expr"], report);
  if (!expression) return null;
  if (!canFit(expression.type, place)) {
    report(["expr"], `it gives ${expression.type}, but ${place.key} takes ${describeType(place)}`);
    return null;
  }
  const fields = expression.fields ?? [];
  const readers = fields.map((field) => fieldReader(section, field));
  return {
    read: (facts) => nonEmpty(expression.evaluate(facts)),
    describeSource: describeReaders(readers),
    fields,
  };
}

function fieldReader(section: SectionName, field: string): Reader {
  const isCustom = section === "user" && field === "extattr";
  const read: Reader["read"] = isCustom
    ? ({ record }) => Object.fromEntries(listExtattr(record))
    : ({ record }) => member(record, field);
  return { path: field, field, read };
}

function compileCondition(section: SectionName, text: string, report: Report) {
  const expression = attempt(() => compileExpression(section, text), ["when"], report);
  if (!expression) return null;
  if (expression.type !== "bool" && expression.type !== "dyn") {
    report(["when"], `a condition is true or false; this gives ${expression.type}`);
    return null;
  }
  return expression;
}

function attempt<T>(compile: () => T, path: readonly (string | number)[], report: Report): T | null {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof PathSyntaxError || error instanceof ExpressionError)) throw error;
    report(path, error.message);
    return null;
  }
}

// One field: its value. Several: an object of those that have one.
function describeReaders(readers: readonly Reader[]): (facts: Facts) => Json | undefined {
  const [first, ...others] = readers;
  if (!first) return () => undefined;
  if (others.length === 0) return (facts) => nonEmpty(first.read(facts));
  return (facts) => {
    const entries = readers.flatMap(({ path, read }): [string, Json][] => {
      const value = nonEmpty(read(facts));
      return value === undefined ? [] : [[path, value]];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
}

function nonEmpty(value: Json | undefined): Json | undefined {
  return isEmpty(value) ? undefined : value;
}

function fieldsOf(readers: readonly Reader[]): readonly string[] {
  return [...new Set(readers.flatMap(({ field }) => (field === null ? [] : [field])))];
}

function sightOf(fields: readonly string[], unseen: ReadonlySet<string>): Sight {
  const hidden = fields.filter((field) => unseen.has(field)).length;
  if (hidden === 0) return "all";
  return hidden === fields.length ? "none" : "part";
}

function worse(a: Sight, b: Sight): Sight {
  if (a === "none" || b === "none") return "none";
  return a === "part" || b === "part" ? "part" : "all";
}

// What CEL can tell before it runs. `dyn` may be anything and is looked at record by record.
function canFit(celType: string, { leaf: { type, multiValued } }: Place): boolean {
  if (/^(dyn|optional)/.test(celType)) return true;
  if (/^list/.test(celType)) return multiValued;
  switch (celType) {
    case "string":
      return true;
    case "bool":
      return type === "boolean" || type === "string";
    case "int":
    case "uint":
    case "double":
      return type !== "dateTime";
    case "google.protobuf.Timestamp":
      return type === "dateTime" || type === "string";
    default:
      return false;
  }
}

function describeType({ leaf: { type, multiValued } }: Place): string {
  const names: Readonly<Record<string, string>> = {
    boolean: "true or false",
    integer: "a whole number",
    decimal: "a number",
    dateTime: "a date and time (2024-01-31T09:00:00Z)",
  };
  const one = names[type] ?? "a text";
  return multiValued ? `a list, each ${one}` : one;
}
