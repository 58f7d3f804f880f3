import { randomUUID } from "node:crypto";
import { rename, unlink, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { configurationAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { CliError, type CliParts } from "./parts.ts";
import { plain } from "./text.ts";

/** `export`: the configuration of a server as a file that `apply` takes, without secrets. */
export function addExport(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("export")
    .description("prints the configuration of a server as a file for apply; ******** stands for each secret")
    .option("-o, --output <file>", "writes it there; a file that is there is replaced")
    .action(async ({ output }: { readonly output?: string }) => {
      const configuration = await makeApiClient(parts).call("GET", "/configuration", configurationAnswer);
      const text = `${JSON.stringify({ $schema: "./schemas/bridge.schema.json", ...configuration }, null, 2)}\n`;
      if (output === undefined) parts.stdout.write(text);
      else await replaceFile(output, text);
      end(0);
    });
}

/** The file is as it was, or whole. @throws CliError when it can't be written */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { encoding: "utf8", flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CliError(1, plain(`${path} can't be written: ${code}`));
  }
}
