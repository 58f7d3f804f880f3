import type { ASTNode } from "@marcbachmann/cel-js";
import { childrenOf, nodesOf } from "./expression-tree.ts";
import { replacements } from "./functions/functions.ts";
import { FunctionError, maxTextLength, spendWork } from "./text/limit.ts";

// CEL always ends, but loops in loops over a long list, or text doubled again and again, can take very long. So loops are
// counted when an expression is read and their steps when it runs, and texts and lists cannot grow beyond bounds.

export const maxLoops = 4;
export const maxLoopDepth = 2;

export const loopNames = ["all", "exists", "exists_one", "filter", "map", "cel.bind"] as const;

/** Why an expression may not run, or null. */
export function limitExpression(ast: ASTNode): string | null {
  if (nodesOf(ast).filter(isLoop).length <= maxLoops && loopDepth(ast) <= maxLoopDepth) return null;
  return `at most ${maxLoops} of ${loopNames.join(", ")} in one expression, at most ${maxLoopDepth} of them inside each other`;
}

/** Calls our own functions where a built-in one is unsafe. To be done before the expression is type-checked. */
export function useSafeFunctions(ast: ASTNode): void {
  for (const node of nodesOf(ast)) {
    if (node.op !== "rcall" && node.op !== "call") continue;
    const safe = replacements.get(node.args[0]);
    if (safe !== undefined) (node.args as [string, ...unknown[]])[0] = safe;
  }
}

/** A message of the type checker in the words of whoever wrote the expression. */
export function withWrittenNames(message: string): string {
  return message.replace(/\b(\w+)2\(/g, (whole, name) => (replacements.has(name) ? `${name}(` : whole));
}

/**
 * Makes the evaluation of an expression count its steps and watch its sizes. To be done once, after the type check.
 *
 * @returns whether it has loops
 */
export function watchEvaluation(ast: ASTNode): boolean {
  const nodes = nodesOf(ast);
  for (const node of nodes) {
    const step = stepOf(node);
    if (step) {
      wrap(step, (evaluate) => {
        spendWork(1);
        return evaluate();
      });
    }
    if (node.op === "+") wrap(node as unknown as Evaluated, (evaluate) => checkSize(evaluate()));
  }
  return nodes.some(isLoop);
}

/** Whether a record holds texts that a loop may not go over again and again. */
export function hasLongText(value: unknown): boolean {
  if (typeof value === "string") return value.length > maxTextLength;
  if (typeof value !== "object" || value === null) return false;
  return (Array.isArray(value) ? value : Object.values(value)).some(hasLongText);
}

function checkSize(value: unknown): unknown {
  if (typeof value === "string" && value.length > 100 * maxTextLength) throw new FunctionError("too long");
  if (Array.isArray(value) && value.length > 10 * maxTextLength) throw new FunctionError("too many items");
  return value;
}

function isLoop(node: ASTNode): boolean {
  if (node.op !== "rcall") return false;
  const [name] = node.args;
  return name === "bind" || loopNames.some((each) => each === name);
}

function loopDepth(node: ASTNode): number {
  const own = isLoop(node) ? 1 : 0;
  if (node.op !== "rcall") return Math.max(0, ...childrenOf(node).map(loopDepth));
  // What a loop is called on is worked out once, before it: only its arguments run again and again.
  const [, receiver, inner] = node.args;
  return Math.max(loopDepth(receiver), own + Math.max(0, ...inner.map(loopDepth)));
}

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;

interface Evaluated {
  evaluate: Evaluate;
}

// The library turns `list.map(x, …)` into a comprehension, which it keeps in the node's `meta`.
function stepOf(node: ASTNode): Evaluated | null {
  const { meta } = node as {
    readonly meta?: { readonly alternate?: { readonly args?: { readonly step?: Evaluated } } };
  };
  return meta?.alternate?.args?.step ?? null;
}

// A node replaces its own `evaluate` when it runs for the first time: what it put there is wrapped in turn.
function wrap(node: Evaluated, around: (evaluate: () => unknown) => unknown): void {
  let inner: Evaluate = node.evaluate;
  const outer: Evaluate = (evaluator, self, context) =>
    around(() => {
      if (node.evaluate === outer) node.evaluate = inner;
      try {
        return inner.call(node, evaluator, self, context);
      } finally {
        if (node.evaluate !== outer) {
          inner = node.evaluate;
          node.evaluate = outer;
        }
      }
    });
  node.evaluate = outer;
}
