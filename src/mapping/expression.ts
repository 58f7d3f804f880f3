import { type ASTNode, type Environment, EvaluationError } from "@marcbachmann/cel-js";
import { isJsonObject, type Json } from "../lib/json.ts";
import { environmentOf, makeVariables, scopeVariables } from "./environment.ts";
import {
  hasLongText,
  limitExpression,
  useSafeFunctions,
  watchEvaluation,
  withWrittenNames,
} from "./expression-limits.ts";
import { nodesOf, readFieldReferences, readReferences } from "./expression-tree.ts";
import { type Facts, listExtattr } from "./facts.ts";
import { fromCel } from "./from-cel.ts";
import { readItemReferences } from "./item-references.ts";
import { recordVariable, type ScopeName } from "./scope.ts";
import { itemParts } from "./source-fields.ts";
import { FunctionError, maxTextLength, startWork } from "./text/limit.ts";
import { compilePattern } from "./text/pattern.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A CEL expression, ready to be evaluated. */
export interface Expression {
  /** What CEL knows of the result's type before it is evaluated: `bool`, `string`, `dyn`, … */
  readonly type: string;
  /** Fields of the record that it reads; null when it reads the record as a whole. */
  readonly fields: readonly string[] | null;
  /** The result as JSON; undefined where there is none: null, an error, a field that is not there. Never throws. */
  evaluate(facts: Facts): Json | undefined;
}

/** An expression that cannot be used. */
export class ExpressionError extends Error {
  /** Character of the expression, from 0. */
  readonly offset: number;

  constructor(message: string, offset = 0) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Compiles and type-checks a CEL expression. It can read `member` (`department`, `tag`: the record as it came), `source`,
 * for users `extattr`, `departments`, `mainDepartment` and `tags`, for departments `path`, for targets `resource`. It has no side
 * effects and ends soon.
 *
 * @throws {ExpressionError}
 */
export function compileExpression(vocabulary: Vocabulary, text: string): Expression {
  const { scope } = vocabulary;
  const parsed = parse(scope, text);
  const { ast } = parsed;
  refuseUnknownFields(vocabulary, ast);
  const limit = limitExpression(ast);
  if (limit !== null) throw new ExpressionError(limit);
  refusePatterns(ast);
  useSafeFunctions(ast);
  const check = parsed.check();
  if (!check.valid) throw explain(check.error);
  const hasLoops = watchEvaluation(ast);
  return {
    type: check.type ?? "dyn",
    fields: readReferences(ast, scope),
    evaluate: (facts) => evaluate(parsed, scope, hasLoops, facts),
  };
}

type Parsed = ReturnType<Environment["parse"]> & { readonly ast: ASTNode };

function evaluate(parsed: Parsed, scope: ScopeName, hasLoops: boolean, facts: Facts): Json | undefined {
  // A field that is not there is an error in CEL, and common; the stack of it interests nobody and takes long.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    startWork();
    if (hasLoops && hasLongText(facts.record)) return undefined;
    return bounded(fromCel(parsed(makeVariables(scope, facts))));
  } catch (error) {
    return error instanceof EvaluationError && error.code === "unsupported_type"
      ? evaluateAsMaps(parsed, scope, facts)
      : undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function bounded(result: Json | undefined): Json | undefined {
  const isTooLong =
    (typeof result === "string" && result.length > 10 * maxTextLength) ||
    (Array.isArray(result) && result.length > maxTextLength);
  return isTooLong ? undefined : result;
}

function parse(scope: ScopeName, text: string): Parsed {
  try {
    return environmentOf(scope).parse(text);
  } catch (error) {
    throw explain(error);
  }
}

function explain(error: unknown): ExpressionError {
  if (!isSummarised(error)) return new ExpressionError("it does not type-check");
  const { summary, range } = error;
  const message = withWrittenNames(summary);
  return range === undefined
    ? new ExpressionError(message)
    : new ExpressionError(`${message} at character ${range.start + 1}`, range.start);
}

function isSummarised(
  error: unknown,
): error is { readonly summary: string; readonly range?: { readonly start: number } } {
  return error instanceof Error && "summary" in error && typeof error.summary === "string";
}

function refuseUnknownFields(vocabulary: Vocabulary, ast: ASTNode): void {
  const roots = new Set([recordVariable[vocabulary.scope], ...scopeVariables[vocabulary.scope]]);
  for (const { root, field, offset } of readFieldReferences(ast, roots)) {
    const problem = vocabulary.checkReference(root, field);
    if (problem !== null) throw new ExpressionError(problem, offset);
  }
  for (const { root, field, offset } of readItemReferences(ast, new Set(itemParts.keys()))) {
    const problem = vocabulary.checkItem(root, field);
    if (problem !== null) throw new ExpressionError(problem, offset);
  }
}

// A pattern that is written down is looked at before any person comes by.
function refusePatterns(ast: ASTNode): void {
  for (const node of nodesOf(ast)) {
    if (node.op !== "rcall" || !["matches", "extract", "replacePattern"].includes(node.args[0])) continue;
    const [pattern] = node.args[2];
    if (pattern?.op !== "value" || typeof pattern.args !== "string") continue;
    try {
      compilePattern(pattern.args);
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      throw new ExpressionError(`${error.message} at character ${pattern.start + 1}`, pattern.start);
    }
  }
}

// The evaluator tells the type of a value by its `constructor`. Where a record has a field of that name, it is
// evaluated once more with maps, which have no such ambiguity.
function evaluateAsMaps(parsed: Parsed, scope: ScopeName, facts: Facts): Json | undefined {
  try {
    const variables = makeVariables(scope, { ...facts, record: {} });
    const context: Record<string, unknown> = {};
    for (const name of scopeVariables[scope]) context[name] = variables[name];
    context[recordVariable[scope]] = toMaps(facts.record);
    if (scope === "user") context["extattr"] = toMaps(listExtattr(facts.record));
    return bounded(fromCel(parsed(context)));
  } catch {
    return undefined;
  }
}

function toMaps(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toMaps(item)]));
  if (Array.isArray(value)) return value.map(toMaps);
  return isJsonObject(value) ? new Map(Object.entries(value).map(([key, item]) => [key, toMaps(item)])) : value;
}
