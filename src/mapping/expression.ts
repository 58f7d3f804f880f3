import { type ASTNode, Environment, EvaluationError } from "@marcbachmann/cel-js";
import { isJsonObject, type Json } from "../lib/json.ts";
import { limitExpression, readReferences } from "./expression-tree.ts";
import { describeDepartment, describeSource, type Facts, listExtattr, type SectionName } from "./facts.ts";
import { fromCel } from "./from-cel.ts";

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
export class ExpressionError extends Error {}

/**
 * Compiles and type-checks a CEL expression. It can read `member` (`department`, `tag`: the record as it came), `source`,
 * for users `extattr`, `departments` and `mainDepartment`, for departments `path`. It has no side effects and ends.
 *
 * @throws {ExpressionError}
 */
export function compileExpression(section: SectionName, text: string): Expression {
  const parsed = parse(section, text);
  const limit = limitExpression(parsed.ast);
  if (limit !== null) throw new ExpressionError(limit);
  const check = parsed.check();
  if (!check.valid) throw new ExpressionError(check.error?.summary ?? "it does not type-check");
  return {
    type: check.type ?? "dyn",
    fields: readReferences(parsed.ast, section),
    evaluate(facts) {
      try {
        return fromCel(parsed(makeVariables(section, facts)));
      } catch (error) {
        return error instanceof EvaluationError && error.code === "unsupported_type"
          ? evaluateAsMaps(parsed, section, facts)
          : undefined;
      }
    },
  };
}

/** The name of the record in expressions. */
export const recordVariable: Readonly<Record<SectionName, string>> = {
  user: "member",
  department: "department",
  tag: "tag",
};

type Parsed = ReturnType<Environment["parse"]> & { readonly ast: ASTNode };

// Made on first use: an environment takes a while to make, and is the same for every expression of a section.
const environments = new Map<SectionName, Environment>();

function environmentOf(section: SectionName): Environment {
  const known = environments.get(section);
  if (known) return known;
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 300, maxDepth: 32, maxListElements: 200, maxMapEntries: 200 },
  });
  environment.registerVariable(recordVariable[section], "dyn").registerVariable("source", "dyn");
  if (section === "user") {
    environment.registerVariable("departments", "list<dyn>");
    environment.registerVariable("mainDepartment", "dyn");
    environment.registerVariable("extattr", "map");
  }
  if (section === "department") environment.registerVariable("path", "string");
  environments.set(section, environment);
  return environment;
}

function parse(section: SectionName, text: string): Parsed {
  try {
    return environmentOf(section).parse(text);
  } catch (error) {
    const summary = isSummarised(error) ? error.summary : String(error);
    throw new ExpressionError(
      `${summary}${isSummarised(error) && error.range ? ` at character ${error.range.start + 1}` : ""}`,
    );
  }
}

function isSummarised(
  error: unknown,
): error is { readonly summary: string; readonly range?: { readonly start: number } } {
  return error instanceof Error && "summary" in error && typeof error.summary === "string";
}

// Getters, so that an expression pays only for the names that it reads.
function makeVariables(section: SectionName, facts: Facts): Record<string, unknown> {
  switch (section) {
    case "user":
      return new UserVariables(facts) as unknown as Record<string, unknown>;
    case "department":
      return { department: facts.record, path: facts.path ?? "", source: describeSource(facts.source) };
    case "tag":
      return { tag: facts.record, source: describeSource(facts.source) };
  }
}

class UserVariables {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  get member(): unknown {
    return this.#facts.record;
  }

  get extattr(): unknown {
    return listExtattr(this.#facts.record);
  }

  get departments(): unknown {
    return this.#facts.departments.map(describeDepartment);
  }

  get mainDepartment(): unknown {
    return this.#facts.mainDepartment && describeDepartment(this.#facts.mainDepartment);
  }

  get source(): unknown {
    return describeSource(this.#facts.source);
  }
}

// The evaluator tells the type of a value by its `constructor`. Where a record has a field of that name, it is
// evaluated once more with maps, which have no such ambiguity.
function evaluateAsMaps(parsed: Parsed, section: SectionName, facts: Facts): Json | undefined {
  try {
    const variables = makeVariables(section, { ...facts, record: {} });
    const record = toMaps(facts.record);
    const names = ["source", "departments", "mainDepartment", "extattr", "path"];
    const context: Record<string, unknown> = { [recordVariable[section]]: record };
    for (const name of names) if (variables[name] !== undefined) context[name] = variables[name];
    if (section === "user") context["extattr"] = toMaps(listExtattr(facts.record));
    return fromCel(parsed(context));
  } catch {
    return undefined;
  }
}

function toMaps(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toMaps(item)]));
  if (Array.isArray(value)) return value.map(toMaps);
  return isJsonObject(value) ? new Map(Object.entries(value).map(([key, item]) => [key, toMaps(item)])) : value;
}
