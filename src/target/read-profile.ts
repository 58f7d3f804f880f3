import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTargetProfile, type TargetProfile, TargetProfileError } from "./profile.ts";
import { TargetError } from "./target.ts";

/**
 * Reads `targets/{name}.json` of the schema files.
 *
 * @throws {TargetError} `profile` when there is none, or none that can be used
 */
export function readTargetProfile(schemasDir: string, name: string): TargetProfile {
  const file = `targets/${name}.json`;
  try {
    return parseTargetProfile(JSON.parse(readFileSync(join(schemasDir, file), "utf8")));
  } catch (error) {
    throw new TargetError(
      "profile",
      `the target profile ${file} cannot be used: ${reasonOf(error)}; mend the file, or choose another profile`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TargetProfileError) {
    return error.problems.map(({ pointer, message }) => `${pointer || "/"} ${message}`).join("; ");
  }
  if (error instanceof SyntaxError) return "it is no JSON";
  return error instanceof Error && "code" in error ? `it cannot be read (${String(error.code)})` : "it cannot be read";
}
