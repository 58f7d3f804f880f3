/** The longest text, in UTF-16 units, that functions and normalisers take or give. WeCom's own longest has 128. */
export const maxTextLength = 10_000;

/** A function that could not do its work on this value. In a rule it means: no value. */
export class FunctionError extends Error {}

/** The text itself. @throws {FunctionError} where it is too long */
export function limited(text: string): string {
  if (text.length > maxTextLength) throw new FunctionError(`a text of more than ${maxTextLength} characters`);
  return text;
}

// Work that the evaluation under way may still do, in units of some microseconds. One value is enough: an evaluation
// never waits, so there are never two.
let workLeft = 0;

export const maxWork = 10_000;

/** Fills the budget: to be called before each evaluation, and before anything else that uses patterns. */
export function startWork(): void {
  workLeft = maxWork;
}

/** Takes from the budget. @throws {FunctionError} where it is used up */
export function spendWork(units: number): void {
  workLeft -= units;
  if (workLeft < 0) throw new FunctionError("too much work for one expression");
}
