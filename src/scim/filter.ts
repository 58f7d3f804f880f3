// RFC 7644 §3.4.2.2: the filter grammar as a syntax tree.

export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** `[URN ":"] name ["." subAttribute]`, as written; resolved against the schemas before it is used. */
export interface AttributePath {
  readonly schema: string | null;
  readonly name: string;
  readonly sub: string | null;
}

export type FilterValue = string | number | boolean | null;

export type Filter =
  | {
      readonly kind: "compare";
      readonly path: AttributePath;
      readonly operator: CompareOperator;
      readonly value: FilterValue;
    }
  | { readonly kind: "present"; readonly path: AttributePath }
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "valuePath"; readonly path: AttributePath; readonly filter: Filter };
