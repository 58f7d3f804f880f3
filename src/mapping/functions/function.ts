/** A function of ours in CEL. */
export interface CelFunction {
  /** In the notation of the library: `string.left(int): string`. */
  readonly signature: string;
  readonly description: string;
  /** An expression and its result as JSON: shown in the reference, and tested. */
  readonly example: readonly [expression: string, result: unknown];
  // Arguments come as CEL has them: texts, bigint for int, Date for timestamps, objects or maps for maps.
  readonly handler: (...args: never[]) => unknown;
  /** The built-in function that it replaces, under this name of its own. */
  readonly instead?: string;
}
