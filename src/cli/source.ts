import type { Command } from "commander";
import type { CliParts } from "./parts.ts";
import { listSources } from "./source-list.ts";
import { testSource } from "./source-test.ts";

interface JsonOption {
  readonly json: boolean;
}

/** `source list` and `source test`. */
export function addSource(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("source").description("identity sources");
  group
    .command("list")
    .description("lists the sources")
    .option("--json", "prints JSON", false)
    .action(async ({ json }: JsonOption) => end(await listSources(parts, { json })));
  group
    .command("test")
    .description("tries a source: its credentials, what they may see, what is missing")
    .argument("<source>", "name or id")
    .option("--json", "prints JSON", false)
    .action(async (source: string, { json }: JsonOption) => end(await testSource(parts, source, { json })));
}
