import { type Command, InvalidArgumentError, Option } from "commander";
import type { ImpactOptions } from "./mapping-impact.ts";
import type { PreviewOptions } from "./mapping-preview.ts";
import type { ValidateOptions } from "./mapping-validate.ts";
import type { ActivateOptions, VersionOptions } from "./mapping-versions.ts";
import type { CliParts } from "./parts.ts";

/**
 * `mapping validate` and `preview`, on files alone; `impact`, `activate`, `versions` and `rollback`, on a server. Each is
 * loaded when it is called: the mapping's language and its libraries take longer than most commands do.
 */
export function addMapping(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  const group = program.command("mapping").description("mapping files and extension schemas");
  const schemas = ["--schemas <dir>", "the schemas directory (BRIDGE_SCHEMAS_DIR, else ./schemas)"] as const;
  group
    .command("validate")
    .description("checks mapping files and extension schemas, and runs the tests that mappings carry")
    .argument("[files...]", "files; everything in the schemas directory if none is said")
    .option(...schemas)
    .option("--json", "prints JSON", false)
    .action(async (files: readonly string[], options: ValidateOptions) =>
      end(await (await import("./mapping-validate.ts")).validateMappings(parts, files, options)),
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
    .addOption(makeExtensionOption().conflicts(subjects))
    .option(...schemas)
    .option("--organization <name>", "the organization of the source")
    .option("--namespace <name>", "the namespace of the source")
    .option("--json", "prints JSON", false)
    .action(async (file: string, options: PreviewOptions) =>
      end(await (await import("./mapping-preview.ts")).previewMapping(parts, file, options)),
    );
  group
    .command("impact")
    .description("counts what a mapping file would change at the server's next sync; changes nothing")
    .argument("<file>", "the mapping file")
    .option("--sources <names>", "names or ids with commas between; those that use the mapping if not said")
    .addOption(makeExtensionOption())
    .option("--detailed-exitcode", "ends with 2 when something would change", false)
    .option("--json", "prints JSON", false)
    .action(async (file: string, options: ImpactOptions) =>
      end(await (await import("./mapping-impact.ts")).measureImpact(parts, file, options)),
    );
  const expected = ["--expected <version>", "refuses when another version is in force by now", toVersion] as const;
  group
    .command("activate")
    .description("brings a mapping file or an extension schema into force at the server")
    .argument("<file>", "the file; its name without .json is the mapping's or the schema's name")
    .option(...expected)
    .option("--json", "prints JSON", false)
    .action(async (file: string, options: ActivateOptions) =>
      end(await (await import("./mapping-versions.ts")).activateFile(parts, file, options)),
    );
  const ofExtension = ["--extension", "of an extension schema, not of a mapping", false] as const;
  group
    .command("versions")
    .description("lists the versions that the server has of a file")
    .argument("<name>", "the file's name without .json")
    .option(...ofExtension)
    .option("--json", "prints JSON", false)
    .action(async (name: string, options: VersionOptions) =>
      end(await (await import("./mapping-versions.ts")).listVersions(parts, name, options)),
    );
  group
    .command("rollback")
    .description("brings a former version into force again")
    .argument("<name>", "the file's name without .json")
    .argument("<version>", "its number", toVersion)
    .option(...ofExtension)
    .option(...expected)
    .option("--json", "prints JSON", false)
    .action(async (name: string, version: number, options: VersionOptions) =>
      end(await (await import("./mapping-versions.ts")).rollBack(parts, name, version, options)),
    );
}

function toVersion(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Expected the number of a version.");
  return Number(text);
}

function makeExtensionOption(): Option {
  return new Option("--extension <file>", "an extension schema that is not in force yet; can be said several times")
    .argParser((path: string, before: readonly string[]) => [...before, path])
    .default([]);
}
