import { Optional } from "@marcbachmann/cel-js";
import { UnsignedInt } from "@marcbachmann/cel-js/evaluator";
import type { Json } from "../lib/json.ts";

/**
 * A result of CEL as JSON: integers as numbers (as text beyond 2^53), timestamps as xsd:dateTime, lists item by item.
 * Undefined for what no attribute can hold: null, maps, bytes, durations, types.
 */
export function fromCel(value: unknown): Json | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "bigint":
      return fromInteger(value);
    case "object":
      return value === null ? undefined : fromObject(value);
    default:
      return undefined;
  }
}

function fromInteger(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function fromObject(value: object): Json | undefined {
  if (Array.isArray(value)) return fromList(value);
  if (value instanceof Set) return fromList([...value]);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (value instanceof UnsignedInt) return fromInteger(value.value);
  if (value instanceof Optional) return value.hasValue() ? fromCel(value.value()) : undefined;
  return undefined;
}

// A list in a list has no place in an attribute; leaving it out here also keeps the recursion one level deep.
function fromList(items: readonly unknown[]): Json {
  return items.flatMap((item) => {
    const json = Array.isArray(item) ? undefined : fromCel(item);
    return json === undefined ? [] : [json];
  });
}
