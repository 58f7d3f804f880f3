import type { Place } from "./place.ts";

/** Whether a result of this CEL type can fit. `dyn` may be anything and is looked at record by record. */
export function canFit(celType: string, { leaf: { type, multiValued } }: Place): boolean {
  if (/^(dyn|optional)/.test(celType)) return true;
  if (/^list/.test(celType)) return multiValued;
  switch (celType) {
    case "string":
      return true;
    case "bool":
      return type === "boolean" || type === "string";
    case "int":
    case "uint":
    case "double":
      return type !== "dateTime";
    case "google.protobuf.Timestamp":
      return type === "dateTime" || type === "string";
    default:
      return false;
  }
}

/** What an attribute takes, in words. */
export function describeType({ leaf: { type, multiValued } }: Place): string {
  const names: Readonly<Record<string, string>> = {
    boolean: "true or false",
    integer: "a whole number",
    decimal: "a number",
    dateTime: "a date and time (2024-01-31T09:00:00Z)",
  };
  const one = names[type] ?? "a text";
  return multiValued ? `a list, each ${one}` : one;
}
