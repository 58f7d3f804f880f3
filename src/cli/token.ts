import { type Command, InvalidArgumentError, Option } from "commander";
import { clientAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import type { CliParts } from "./parts.ts";
import { plain } from "./text.ts";

interface TokenOptions {
  readonly access: "read" | "write";
  readonly sources?: readonly string[];
  readonly json: boolean;
}

/** `token create`: a SCIM client. Standard output is the token alone, so that a script can take it from there. */
export function addToken(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("token")
    .description("tokens of SCIM clients")
    .command("create")
    .description("makes a SCIM client and prints its token, this once")
    .argument("<name>", "name of the client")
    .addOption(new Option("--access <access>", "what it may do").choices(["read", "write"]).default("read"))
    .option("--sources <names>", "names or ids of the sources that it sees, with commas between; all if not said", list)
    .option("--json", "prints JSON", false)
    .action(async (name: string, { access, sources, json }: TokenOptions) => {
      const body = { name, access, sources: sources ?? "all" };
      const client = await makeApiClient(parts).call("POST", "/scim-clients", clientAnswer, body);
      if (!json) parts.stderr.write(`Token of ${plain(client.name)} (${access}). It is not shown again:\n`);
      parts.stdout.write(`${json ? JSON.stringify(client, null, 2) : client.token}\n`);
      end(0);
    });
}

function list(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("Expected names with commas between.");
  return names;
}
