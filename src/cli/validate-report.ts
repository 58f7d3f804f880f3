import type { CheckedFile } from "../mapping/check-files.ts";
import { formatProblem, type MappingProblem } from "../mapping/problem.ts";
import { plain, table } from "./text.ts";

/** What came of checking files, for a person: a line for each thing to mend, then one for each file, then the sum. */
export function reportChecked(files: readonly CheckedFile[]): string {
  const lines = files.flatMap(({ problems, warnings, tests }) => [
    ...problems.map(formatProblem),
    ...warnings.map((warning) => formatProblem(withPrefix("warning", warning))),
    ...tests.flatMap(({ name, failures }) =>
      failures.map((failure) => formatProblem(withPrefix(`test ${JSON.stringify(name)}`, failure))),
    ),
  ]);
  const rows = files.map((file) => [file.ok ? "ok" : "FAILED", file.kind ?? "", file.file, testsInWords(file)]);
  return `${lines.map((line) => `${plain(line)}\n`).join("")}${table(rows)}${summary(files)}\n`;
}

function withPrefix(prefix: string, problem: MappingProblem): MappingProblem {
  return { ...problem, detail: `${prefix}: ${problem.detail}` };
}

function testsInWords({ kind, problems, tests }: CheckedFile): string {
  if (kind !== "mapping" || problems.length > 0) return "";
  const failed = tests.filter(({ ok }) => !ok).length;
  return failed > 0 ? `${failed} of ${count(tests.length, "test")} failed` : count(tests.length, "test");
}

function summary(files: readonly CheckedFile[]): string {
  const tests = files.flatMap((file) => file.tests);
  const failed = tests.filter(({ ok }) => !ok).length;
  const parts = [
    count(files.flatMap(({ problems }) => problems).length, "problem"),
    count(files.flatMap(({ warnings }) => warnings).length, "warning"),
    `${count(tests.length, "test")}${failed > 0 ? `, ${failed} failed` : ""}`,
  ];
  return `${files.every(({ ok }) => ok) ? "ok" : "FAILED"}: ${count(files.length, "file")}, ${parts.join(", ")}`;
}

function count(number: number, what: string): string {
  return `${number === 0 ? "no" : number} ${what}${number === 1 ? "" : "s"}`;
}
