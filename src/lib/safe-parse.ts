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
  const open: Node[] = [{ value, key: "", parent: null }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    const isList = Array.isArray(next.value);
    for (const [key, value] of Object.entries(next.value)) {
      const node: Node = { value, key: isList ? Number(key) : key, parent: next };
      if (!isList && key === "length" && !becomesNumber(value))
        return { code: "custom", path: pathTo(node), message: "cannot be an object here", input: undefined };
      open.push(node);
    }
  }
  return null;
}

// With its parent in place of its path: what is nested ten thousand deep is looked through as fast as what is flat.
interface Node {
  readonly value: unknown;
  readonly key: string | number;
  readonly parent: Node | null;
}

function pathTo(node: Node): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = node; at.parent !== null; at = at.parent) path.unshift(at.key);
  return path;
}

function becomesNumber(value: unknown): boolean {
  try {
    Number(value);
    return true;
  } catch {
    return false;
  }
}
