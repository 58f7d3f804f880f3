// Prints "N passed, N failed" from what Vitest's JSON reporter wrote. Ends with 1 when anything failed.
import { existsSync, readFileSync } from "node:fs";

const [, , file, status] = process.argv;
const report = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { testResults: [], numPassedTests: 0 };

const failedTests = report.testResults.flatMap((suite) =>
  suite.assertionResults.filter((test) => test.status === "failed").map((test) => `${suite.name}: ${test.fullName}`),
);
// A file that could not be loaded has no tests to fail.
const failedFiles = report.testResults
  .filter((suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"))
  .map((suite) => suite.name);
const failures = [...failedTests, ...failedFiles];
// Format, lint, types, the build, or an error outside of any test.
if (failures.length === 0 && status !== "0") failures.push("a check other than a test");

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${report.numPassedTests} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 || report.numPassedTests === 0 ? 1 : 0;
