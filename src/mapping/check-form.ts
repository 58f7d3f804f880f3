import type { z } from "zod";
import { mappingForm } from "./format.ts";
import type { Report } from "./problem.ts";

/** Reports what in a parsed mapping file does not follow the form: unknown keys, wrong types, names that are not allowed. */
export function checkForm(file: unknown, report: Report): void {
  refuseReservedNames(file, [], report, 0);
  const { error } = mappingForm.safeParse(file);
  for (const issue of error?.issues ?? []) reportIssue(issue, report);
}

// JSON.parse makes an own member of it, and everything that copies objects afterwards may not.
function refuseReservedNames(value: unknown, path: readonly (string | number)[], report: Report, depth: number): void {
  if (typeof value !== "object" || value === null || depth > 20) return;
  for (const [key, item] of Object.entries(value)) {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === "__proto__") report(below, "this name cannot be used here");
    else refuseReservedNames(item, below, report, depth + 1);
  }
}

function reportIssue(issue: z.core.$ZodIssue, report: Report): void {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys.filter((key) => key !== "__proto__")) {
      report([...path, key], `unknown key; known are ${knownKeys(path).join(", ")}`);
    }
  } else {
    report(path, issue.message);
  }
}

function knownKeys(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 0) return Object.keys(mappingForm.shape).filter((key) => key !== "$schema");
  if (path.at(-1) === "members") return ["users", "groups"];
  return [
    "from",
    "const",
    "template",
    "expr",
    "values",
    "default",
    "normalise",
    "when",
    "apply",
    "absent",
    "description",
  ];
}
