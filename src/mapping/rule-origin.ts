import { type Json, member } from "../lib/json.ts";
import { isEmpty } from "./empty.ts";
import { compileExpression, type Expression } from "./expression.ts";
import { describeTag, type Facts, listExtattr, tagsField } from "./facts.ts";
import type { RuleForm } from "./format.ts";
import type { Place } from "./place.ts";
import type { Report } from "./problem.ts";
import type { Reader } from "./reader.ts";
import { attempt, type RuleTools } from "./rule-tools.ts";
import { canFit, describeType } from "./rule-type.ts";
import type { ScopeName } from "./scope.ts";
import { compileTemplate } from "./template.ts";

/** Where the value of a rule comes from. */
export interface Origin {
  /** Which of `from`, `const`, `template`, `expr` it is. */
  readonly origin: "from" | "const" | "template" | "expr";
  /** What the source says: the field, the rendered text, the result. Undefined where there is nothing. */
  read(facts: Facts): Json | undefined;
  /** The fields that it looks at, for people. */
  readonly readers: readonly Reader[];
  /** The value of the source, for the record; null: what `read` gave. */
  readonly describeSource: ((facts: Facts) => Json | undefined) | null;
  /** Fields of the record that it rests on. */
  readonly fields: readonly string[];
}

/** Compiles `from`, `const`, `template` or `expr`; null when there was a problem. */
export function compileOrigin(tools: RuleTools, rule: RuleForm, place: Place, report: Report): Origin | null {
  const { const: constant, from, template, expr } = rule;
  if (constant !== undefined) {
    return { origin: "const", read: () => constant, readers: [], describeSource: () => undefined, fields: [] };
  }
  if (from !== undefined) return compileFrom(tools, from, report);
  if (template !== undefined) return compileTemplateOrigin(tools, template, report);
  if (expr === undefined) return null;
  return compileExpressionOrigin(tools, expr, place, report);
}

function compileFrom({ compileReader }: RuleTools, from: string | readonly string[], report: Report): Origin | null {
  const isList = typeof from !== "string";
  const readers = [from].flat().flatMap((path, index) => {
    const reader = attempt(() => compileReader(path), isList ? ["from", index] : ["from"], report);
    return reader ? [reader] : [];
  });
  const [only, ...others] = readers;
  if (!only) return null;
  const read: Origin["read"] =
    others.length === 0
      ? (facts) => nonEmpty(only.read(facts))
      : (facts) => {
          for (const reader of readers) {
            const value = reader.read(facts);
            if (!isEmpty(value)) return value;
          }
          return undefined;
        };
  return { origin: "from", read, readers, describeSource: null, fields: fieldsOf(readers) };
}

function compileTemplateOrigin({ compileReader }: RuleTools, text: string, report: Report): Origin | null {
  const template = attempt(() => compileTemplate(compileReader, text), ["template"], report);
  if (!template) return null;
  const { readers, render } = template;
  return {
    origin: "template",
    read: render,
    readers,
    describeSource: describeReaders(readers),
    fields: fieldsOf(readers),
  };
}

function compileExpressionOrigin(tools: RuleTools, text: string, place: Place, report: Report): Origin | null {
  const expression = attempt(() => compileExpression(tools.vocabulary, text), ["expr"], report);
  if (!expression) return null;
  if (!canFit(expression.type, place)) {
    report(["expr"], `it gives ${expression.type}, but ${place.key} takes ${describeType(place)}`);
    return null;
  }
  const fields = expression.fields ?? [];
  const readers = fields.map((field) => fieldReader(tools.vocabulary.scope, field));
  return {
    origin: "expr",
    read: (facts) => nonEmpty(expression.evaluate(facts)),
    readers,
    describeSource: describeReaders(readers),
    fields,
  };
}

function fieldReader(scope: ScopeName, field: string): Reader {
  return { path: field, field, read: (scope === "user" ? ourReads.get(field) : undefined) ?? readOf(field) };
}

function readOf(field: string): Reader["read"] {
  return ({ record }) => member(record, field);
}

// Names of ours that are not read from the record as it came.
const ourReads: ReadonlyMap<string, Reader["read"]> = new Map<string, Reader["read"]>([
  ["extattr", ({ record }) => Object.fromEntries(listExtattr(record))],
  [tagsField, ({ tags }) => tags?.map(describeTag)],
]);

/** Compiles `when`; null when there was a problem. */
export function compileCondition({ vocabulary }: RuleTools, text: string, report: Report): Expression | null {
  const expression = attempt(() => compileExpression(vocabulary, text), ["when"], report);
  if (!expression) return null;
  if (expression.type !== "bool" && expression.type !== "dyn") {
    report(["when"], `a condition is true or false; this gives ${expression.type}`);
    return null;
  }
  return expression;
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
