import type { Environment } from "@marcbachmann/cel-js";
import { FunctionError, limited, maxTextLength, spendWork } from "../text/limit.ts";
import { dateFunctions } from "./date-functions.ts";
import type { CelFunction } from "./function.ts";
import { otherFunctions, safeFunctions } from "./other-functions.ts";
import { presenceFunctions } from "./present.ts";
import { textFunctions } from "./text-functions.ts";

export type { CelFunction } from "./function.ts";

/** Every function of ours in CEL: what expressions can use, and what the reference lists. */
export const celFunctions: readonly CelFunction[] = [
  ...presenceFunctions,
  ...textFunctions,
  ...dateFunctions,
  ...otherFunctions,
  ...safeFunctions,
];

/** The names of ours that stand in for built-in functions. */
export const replacements: ReadonlyMap<string, string> = new Map(
  safeFunctions.flatMap(({ instead, signature }) =>
    instead === undefined ? [] : [[instead, nameOf(signature)] as const],
  ),
);

/** Adds them to an environment. */
export function registerFunctions(environment: Environment): void {
  for (const { signature, handler } of celFunctions) {
    const isMacro = signature.includes("ast");
    environment.registerFunction(signature, isMacro ? (handler as Handler) : bounded(handler as Handler), {
      async: false,
    });
  }
}

type Handler = (...args: unknown[]) => unknown;

// Whatever a function is given and gives stays small, so that a chain of them stays fast.
function bounded(handler: Handler): Handler {
  return (...args) => {
    let characters = 0;
    for (const argument of args) if (typeof argument === "string") characters += limited(argument).length;
    spendWork(1 + characters / 100);
    const result = handler(...args);
    if (typeof result === "string") return limited(result);
    if (Array.isArray(result) && result.length > maxTextLength) throw new FunctionError("a list that is too long");
    return result;
  };
}

/** `split2` of `string.split2(string): list<string>`. */
function nameOf(signature: string): string {
  return /(\w+)\(/.exec(signature)?.[1] ?? "";
}
