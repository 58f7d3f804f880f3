import type { Command } from "commander";
import type { CliParts } from "./parts.ts";

/** `serve`: the server. */
export function addServe(program: Command, { serve }: CliParts, end: (exitCode: number) => void): void {
  program
    .command("serve")
    .description("starts the server")
    .action(async () => end(await serve()));
}
