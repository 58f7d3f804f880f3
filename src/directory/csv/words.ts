import { foldCase } from "../../lib/fold.ts";
import type { Json } from "../../lib/json.ts";
import type { AttributeColumn } from "./column.ts";
import { genderPath } from "./heading-names.ts";

/** The words that a column takes, each with its value; null for a column that takes any. */
export function wordsFor({ meaning, definition }: AttributeColumn): ReadonlyMap<string, Json> | null {
  return special.get(foldCase(meaning)) ?? (definition.type === "boolean" ? truth : null);
}

const truth: ReadonlyMap<string, Json> = new Map([
  ["是", true],
  ["否", false],
  ["true", true],
  ["false", false],
  ["yes", true],
  ["no", false],
  ["1", true],
  ["0", false],
]);

const activity: ReadonlyMap<string, Json> = new Map([
  ...truth,
  ["启用", true],
  ["禁用", false],
  ["在职", true],
  ["离职", false],
]);

const gender: ReadonlyMap<string, Json> = new Map([
  ["男", "male"],
  ["女", "female"],
  ["male", "male"],
  ["female", "female"],
]);

const special: ReadonlyMap<string, ReadonlyMap<string, Json>> = new Map([
  ["active", activity],
  [foldCase(genderPath), gender],
]);
