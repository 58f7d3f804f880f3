import { z } from "zod";

/**
 * What a form makes of a value, as `safeParse` of the form says it, for any JSON.
 *
 * zod (4.6) holds the member `length` of whatever it is given against the limits of a text or a list, before it says
 * that the value is neither. Where that member is no number and becomes none, as `{"length": {"toString": ""}}`,
 * zod throws; here it is a problem of the form with its place, like any other.
 */
export function safeParse<S extends z.ZodType>(form: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return form.safeParse(value);
  } catch (error) {
    const problem = findUncountable(value);
    if (problem === null) throw error;
    return { success: false, error: new z.ZodError([problem]) as z.ZodError<z.output<S>> };
  }
}

/** The first member `length` of a JSON value that zod throws at, as a problem; null where there is none. */
export function findUncountable(value: unknown): z.core.$ZodIssue | null {
  const open: { readonly value: unknown; readonly path: readonly (string | number)[] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    const isList = Array.isArray(next.value);
    for (const [key, value] of Object.entries(next.value)) {
      const path = [...next.path, isList ? Number(key) : key];
      if (!isList && key === "length" && !becomesNumber(value))
        return { code: "custom", path, message: "cannot be an object here", input: undefined };
      open.push({ value, path });
    }
  }
  return null;
}

function becomesNumber(value: unknown): boolean {
  try {
    Number(value);
    return true;
  } catch {
    return false;
  }
}
