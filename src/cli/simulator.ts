import type { Command } from "commander";
import type { CliParts } from "./parts.ts";

/** `simulator wecom|scim`: one of the simulators alone. Its options are its own. */
export function addSimulator(program: Command, { simulator }: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("simulator").description("starts a simulated service to try things on");
  const kinds = { wecom: "a WeCom with a generated organisation", scim: "a SCIM 2.0 service provider" } as const;
  for (const kind of ["wecom", "scim"] as const) {
    group
      .command(kind)
      .description(kinds[kind])
      .argument("[options...]", "options of the simulator, as they are")
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (args: readonly string[]) => end(await simulator(kind, args)));
  }
}
