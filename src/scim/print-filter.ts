import { printAttributePath } from "./attribute-path.ts";
import type { Filter } from "./filter.ts";

/** The shortest text that `parseFilter` reads as this filter. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "compare":
      return `${printAttributePath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "present":
      return `${printAttributePath(filter.path)} pr`;
    case "not":
      return `not (${printFilter(filter.filter)})`;
    case "valuePath":
      return `${printAttributePath(filter.path)}[${printFilter(filter.filter)}]`;
    case "and":
      return `${operand(filter.left, ["or"])} and ${operand(filter.right, ["or", "and"])}`;
    case "or":
      return `${printFilter(filter.left)} or ${operand(filter.right, ["or"])}`;
  }
}

// Without brackets the text would group to the left.
function operand(filter: Filter, bracketed: readonly Filter["kind"][]): string {
  return bracketed.includes(filter.kind) ? `(${printFilter(filter)})` : printFilter(filter);
}
