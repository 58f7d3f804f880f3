import { foldCase } from "../lib/fold.ts";
import type { AttributeMatch } from "../scim/catalog.ts";
import type { FilterValue } from "../scim/filter.ts";
import type { Comparison, ElementFilter, ResolvedFilter } from "../scim/resolve-filter.ts";
import type { AttributeDefinition } from "../scim/schemas/schema.ts";
import { Slot } from "./statements.ts";

/** A filter apart from its values: filters of one shape are one statement. */
export interface FilterShape {
  /** Equal for two filters that differ in their texts and numbers only. */
  readonly key: string;
  /** Those texts and numbers, as they are compared. */
  readonly values: readonly (string | number)[];
  /** The filter with marks in their place; see {@link slotOfMark}. */
  readonly template: ResolvedFilter;
}

/**
 * Takes a filter apart.
 *
 * @param firstSlot where the filter's values begin among those of the statement
 */
export function shapeOf(filter: ResolvedFilter, firstSlot: number): FilterShape {
  const values: (string | number)[] = [];
  let key = "";

  const valueMark = (value: FilterValue, { caseExact }: AttributeDefinition): FilterValue => {
    if (value === null || typeof value === "boolean") {
      key += String(value);
      return value;
    }
    const slot = firstSlot + values.length;
    values.push(typeof value === "string" && !caseExact ? foldCase(value) : value);
    key += typeof value === "string" ? "$" : "#";
    return typeof value === "string" ? `${textMark}${slot}` : numberMark + slot;
  };
  const compare = <Place>(part: Comparison<Place>, definition: AttributeDefinition): Comparison<Place> => {
    key += part.operator;
    return { ...part, value: valueMark(part.value, definition) };
  };
  const list = <F>(kind: string, filters: readonly F[], each: (filter: F) => F): readonly F[] => {
    key += `${kind}(`;
    const made = filters.map(each);
    key += ")";
    return made;
  };
  const element = (part: ElementFilter, attribute: AttributeDefinition): ElementFilter => {
    const inner = (other: ElementFilter): ElementFilter => element(other, attribute);
    switch (part.kind) {
      case "and":
      case "or":
        return { ...part, filters: list(part.kind, part.filters, inner) };
      case "not":
        return { ...part, filter: list("not", [part.filter], inner)[0] ?? part.filter };
      case "present":
        key += `pr ${identityOf(part.at)} `;
        return part;
      case "compare":
        key += `${identityOf(part.at)} `;
        return compare(part, part.at ?? attribute);
    }
  };
  const whole = (part: ResolvedFilter): ResolvedFilter => {
    switch (part.kind) {
      case "and":
      case "or":
        return { ...part, filters: list(part.kind, part.filters, whole) };
      case "not":
        return { ...part, filter: list("not", [part.filter], whole)[0] ?? part.filter };
      case "constant":
        key += String(part.value);
        return part;
      case "present":
        key += `pr ${placeKey(part.at)} `;
        return part;
      case "element": {
        key += `${placeKey(part.at)} `;
        const inner = (other: ElementFilter): ElementFilter => element(other, part.at.attribute);
        return { ...part, filter: list("some", [part.filter], inner)[0] ?? part.filter };
      }
      case "compare":
        key += `${placeKey(part.at)} `;
        return compare(part, part.at.sub ?? part.at.attribute);
    }
  };

  const template = whole(filter);
  return { key, values, template };
}

/** The slot that a mark of a template stands for: of a parameter of its statement. */
export function slotOfMark(parameter: unknown): Slot | null {
  if (typeof parameter === "string" && parameter.startsWith(textMark)) {
    return new Slot(Number(parameter.slice(textMark.length)));
  }
  return typeof parameter === "number" && parameter >= numberMark ? new Slot(parameter - numberMark) : null;
}

// Only templates hold values, and they hold nothing but marks. Folding leaves both as they are.
const textMark = "\u0001slot ";
const numberMark = 4_503_599_627_370_496;

/** Tells one place in the schemas from all others, also from one of the same name in schemas that are no more. */
export function placeKey({ extension, attribute, sub }: AttributeMatch): string {
  return `${extension ?? ""} ${identityOf(attribute)}.${identityOf(sub)}`;
}

const identities = new WeakMap<AttributeDefinition, number>();
let lastIdentity = 0;

function identityOf(definition: AttributeDefinition | null): number {
  if (definition === null) return 0;
  const known = identities.get(definition);
  if (known !== undefined) return known;
  lastIdentity += 1;
  identities.set(definition, lastIdentity);
  return lastIdentity;
}
