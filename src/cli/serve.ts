import { type Command, InvalidArgumentError } from "commander";
import type { CliParts } from "./parts.ts";

/** `serve`: the server. */
export function addServe(program: Command, { serve }: CliParts, end: (exitCode: number) => void): void {
  program
    .command("serve")
    .description("starts the server")
    .option(
      "--lease-seconds <seconds>",
      "how long a source or a target stays with a server that ended without a word, before another goes on (1 to 3600)",
      parseSeconds,
      30,
    )
    .action(async ({ leaseSeconds }: { readonly leaseSeconds: number }) =>
      end(await serve({ leaseMs: leaseSeconds * 1000 })),
    );
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > 3600) throw new InvalidArgumentError("It has to be a whole number from 1 to 3600.");
  return seconds;
}
