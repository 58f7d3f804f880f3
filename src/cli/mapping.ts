import { type Command, Option } from "commander";
import { type PreviewOptions, previewMapping } from "./mapping-preview.ts";
import { type ValidateOptions, validateMappings } from "./mapping-validate.ts";
import type { CliParts } from "./parts.ts";

/** `mapping validate` and `mapping preview`. */
export function addMapping(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("mapping").description("mapping files, without a server");
  const schemas = ["--schemas <dir>", "the schemas directory (BRIDGE_SCHEMAS_DIR, else ./schemas)"] as const;
  group
    .command("validate")
    .description("checks mapping files and extension schemas, and runs the tests that mappings carry")
    .argument("[files...]", "files; everything in the schemas directory if none is said")
    .option(...schemas)
    .option("--json", "prints JSON", false)
    .action(async (files: readonly string[], options: ValidateOptions) =>
      end(await validateMappings(parts, files, options)),
    );
  const subjects = ["member", "department", "tag"];
  const othersThan = (name: string) => [...subjects.filter((other) => other !== name), "source", "userid"];
  const preview = group
    .command("preview")
    .description("shows what a mapping file makes of a record, attribute by attribute")
    .argument("<file>", "the mapping file");
  for (const name of subjects) {
    const help = `a ${name} as WeCom sends it, or as in the tests of a mapping file; - reads standard input`;
    preview.addOption(new Option(`--${name} <file>`, help).conflicts(othersThan(name)));
  }
  // A server knows these of its source.
  const ofTheSource = ["schemas", "organization", "namespace"];
  preview
    .addOption(
      new Option("--source <name>", "asks the server at BRIDGE_URL, with a member of this source").conflicts(
        ofTheSource,
      ),
    )
    .option("--userid <id>", "the member")
    .option(...schemas)
    .option("--organization <name>", "the organization of the source")
    .option("--namespace <name>", "the namespace of the source")
    .option("--json", "prints JSON", false)
    .action(async (file: string, options: PreviewOptions) => end(await previewMapping(parts, file, options)));
}
