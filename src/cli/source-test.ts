import { testAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { plain, table } from "./text.ts";

/** Tries a source and prints its checks. Answers 0 when all is well, else 1. */
export async function testSource(
  parts: CliParts,
  source: string,
  { json }: { readonly json: boolean },
): Promise<number> {
  const result = await makeApiClient(parts).call("POST", `/sources/${encodeURIComponent(source)}/test`, testAnswer);
  if (json) parts.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    parts.stdout.write(table(result.checks.map((check) => [check.ok ? "ok" : "FAILED", check.name, check.detail])));
    parts.stdout.write(`${plain(source)}: ${result.ok ? "ready to sync" : "not ready"}\n`);
  }
  return result.ok ? 0 : 1;
}
