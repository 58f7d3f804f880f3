import type { ASTNode } from "@marcbachmann/cel-js";
import type { CelFunction } from "./function.ts";

// Two macros: unlike functions they get expressions, not values, so that a field that is not there is no error.

interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
}

interface Evaluator {
  tryEval(node: ASTNode, context: unknown): unknown;
}

interface MacroCall {
  readonly args: readonly ASTNode[];
}

const present = ({ args: [argument] }: MacroCall) => ({
  async: false,
  typeCheck(checker: Checker, _: unknown, context: unknown) {
    if (argument) checker.check(argument, context);
    return checker.getType("bool");
  },
  evaluate: (evaluator: Evaluator, _: unknown, context: unknown) =>
    argument !== undefined && isPresent(evaluator.tryEval(argument, context)),
});

const firstOf = ({ args }: MacroCall) => ({
  async: false,
  typeCheck(checker: Checker, _: unknown, context: unknown) {
    for (const argument of args) checker.check(argument, context);
    return checker.getType("dyn");
  },
  evaluate(evaluator: Evaluator, _: unknown, context: unknown) {
    for (const argument of args) {
      const value = evaluator.tryEval(argument, context);
      if (isPresent(value)) return value;
    }
    return null;
  },
});

function isPresent(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value instanceof Error) return false;
  return !Array.isArray(value) || value.length > 0;
}

const most = 6;

/** Asking for what may not be there. */
export const presenceFunctions: readonly CelFunction[] = [
  {
    signature: "present(ast): bool",
    description: "Whether there is a value: not missing, null, empty or an error.",
    example: ["[present(member.email), present(member.alias)]", [true, false]],
    handler: present,
  },
  ...Array.from(
    { length: most - 1 },
    (_, index): CelFunction => ({
      signature: `firstOf(${Array.from({ length: index + 2 }, () => "ast").join(", ")}): dyn`,
      description: `The first of ${index + 2} that has a value; null where none has.`,
      example: [
        `firstOf(${["member.alias", ...Array.from({ length: index }, () => "null"), "member.email"].join(", ")})`,
        "li.si@example.com",
      ],
      handler: firstOf,
    }),
  ),
];
