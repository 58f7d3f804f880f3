import type { Command } from "commander";
import type { CliParts } from "./parts.ts";

/** `demo`: a simulated WeCom, the bridge and a target on this machine. */
export function addDemo(program: Command, { demo }: CliParts, end: (exitCode: number) => void): void {
  program
    .command("demo")
    .description("shows the whole bridge on this machine, with a simulated WeCom and target")
    .option("--once", "exits after the first sync: 0 if the target holds exactly what the simulator says", false)
    .action(async ({ once }: { readonly once: boolean }) => end(await demo({ once })));
}
