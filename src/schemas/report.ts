import type { Log } from "../lib/log.ts";
import { formatFirst, formatProblem } from "../mapping/problem.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";

/** The API has them all. */
const maxLogged = 20;

/** Logs what is wrong with files once, and once more when it has changed or is mended. */
export function makeReporter(log: Log): (inForce: SchemasInForce) => void {
  const said = new Map<string, string>();
  return ({ files, mappings }) => {
    for (const { kind, name, state, problems } of files) {
      const file = filePath(kind, name);
      const warnings = state === "current" && kind === "mapping" ? (mappings.get(name)?.logged ?? []) : [];
      const text = [...problems, ...warnings].map(formatProblem).join("\n");
      if ((said.get(file) ?? "") === text) continue;
      said.set(file, text);
      if (warnings.length > 0) {
        const lines = formatFirst(warnings, maxLogged);
        log.warn({ file, warnings: lines }, "the file is in force, and perhaps not as it was meant");
      } else if (state === "current") {
        log.info({ file }, "the file is good again");
      } else {
        const lines = formatFirst(problems, maxLogged);
        log.error({ file, state, problems: lines }, "the file cannot be used; what worked stays in force");
      }
    }
  };
}
