import type { FormInstance } from "antd";
import { ApiProblem } from "../api/problem.ts";

/**
 * Puts what the server says of each member beside its field.
 *
 * @returns where the first of them is: a path into the form, or null when none could be placed
 */
export function showRefusal(form: FormInstance, error: unknown): readonly string[] | null {
  if (!(error instanceof ApiProblem)) return null;
  const placed = error.errors.flatMap(({ pointer, detail }) =>
    pointer === undefined || pointer === "" ? [] : [{ name: pathOf(pointer), errors: [detail] }],
  );
  form.setFields(placed);
  return placed[0]?.name ?? null;
}

/** RFC 6901 §4. */
function pathOf(pointer: string): string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
