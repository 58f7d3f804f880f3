import type { Json } from "../../lib/json.ts";
import type { AttributeDefinition, AttributeType } from "../../scim/schemas/schema.ts";
import { parseSimple } from "../../scim/write/parse-simple.ts";
import { Problems } from "../../scim/write/problems.ts";
import type { AttributeColumn } from "./column.ts";
import { findDamage, repairText } from "./excel.ts";
import { splitList } from "./split-list.ts";
import { findWord } from "./words.ts";

/** What a cell says, or what is wrong with it: a sentence that does not repeat it. */
export type ParsedCell<T> = { readonly value: T } | { readonly detail: string };

/** A cell of an attribute's column, as the attribute's type has it. One that is empty clears the attribute: null. */
export function parseCell(cell: string, column: AttributeColumn): ParsedCell<Json | null> {
  const { definition } = column;
  const text = repairText(cell);
  if (text === "") return definition.required ? { detail: "The cell is empty, and a value is required" } : clears;
  if (!definition.multiValued) return parseOne(text, column);
  const values: Json[] = [];
  for (const part of splitList(text)) {
    const parsed = parseOne(part, column);
    if ("detail" in parsed) return parsed;
    values.push(parsed.value);
  }
  return values.length === 0 ? clears : { value: values };
}

/** A cell of text that is no attribute's: a userName, departments. Empty where it is empty. */
export function parseText(cell: string): ParsedCell<string> {
  const text = repairText(cell);
  const damage = findDamage(text);
  if (damage !== null) return { detail: damage };
  return text.includes("\0") ? { detail: notOfType.string } : { value: text };
}

const clears = { value: null };

function parseOne(text: string, column: AttributeColumn): ParsedCell<Json | null> {
  const { words, definition } = column;
  if (words !== null) {
    const value = findWord(words, text);
    return value === undefined ? { detail: `The cell is none of ${[...words.keys()].join(", ")}` } : { value };
  }
  const damage = isText(definition) ? findDamage(text) : null;
  if (damage !== null) return { detail: damage };
  const problems = new Problems();
  const value = parseSimple(definition, toJson(text, definition), column.meaning, problems);
  return value === null ? { detail: notOfType[definition.type] } : { value };
}

function isText({ type }: AttributeDefinition): boolean {
  return type === "string" || type === "reference" || type === "binary";
}

function toJson(text: string, { type }: AttributeDefinition): Json {
  if (type !== "integer" && type !== "decimal") return text;
  return /^[+-]?\d+(?:\.\d+)?(?:E[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

const notOfType: Readonly<Record<AttributeType, string>> = {
  string: "The cell has characters that cannot be stored",
  boolean: "The cell is neither true nor false",
  integer: "The cell is not a whole number",
  decimal: "The cell is not a number",
  dateTime: "The cell is not a date and time such as 2026-01-31T08:00:00Z",
  binary: "The cell is not base64",
  reference: "The cell is not a URI",
  complex: "The attribute has several parts",
};
