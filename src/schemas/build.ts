import { makeSchemaCatalog, type SchemaCatalog, type SchemaDefinition } from "../scim/catalog.ts";
import type { NewVersions } from "./carry-out.ts";
import { type CompiledMappingFile, compileExtensions, type SchemaCompiler } from "./compile-file.ts";
import type { Judged, Judgement } from "./judge.ts";
import { filePath, type SchemasInForce } from "./schemas.ts";

/** What a judgement was made into. */
export interface CarriedOut {
  /** What became a version, by file. */
  readonly versions: NewVersions;
  /** Paths of the files that were written anew. */
  readonly restored: ReadonlySet<string>;
}

/** What is in force after a look. */
export function buildInForce(
  { extensions, mappings, files }: Judgement,
  { versions, restored }: CarriedOut,
  compile: SchemaCompiler,
): SchemasInForce {
  const noted = <T>({ name, text, version }: Judged<T>, kind: "mapping" | "extension") => {
    const row = version ?? versions.get(filePath(kind, name));
    if (!row) throw new Error(`no version of ${filePath(kind, name)}`);
    const { version: number, origin, createdAt } = row;
    return { name, text, version: number, origin, createdAt, activatedAt: row.activatedAt ?? createdAt };
  };
  const fallenBack = mappings.filter(({ name }) =>
    files.some((file) => file.kind === "mapping" && file.name === name && file.state !== "current"),
  );
  const definitions = extensions.map(({ value }) => value);
  return {
    mappings: new Map(mappings.map((each) => [each.name, { ...noted(each, "mapping"), ...each.value }])),
    extensions: new Map(extensions.map((each) => [each.name, { ...noted(each, "extension"), definition: each.value }])),
    catalog: makeCatalog(definitions, fallenBack, compile),
    files: files.map((file) =>
      file.state === "behind" && restored.has(filePath(file.kind, file.name))
        ? { ...file, state: "current", problems: [] }
        : file,
    ),
  };
}

/**
 * The schemas of the extension files, and those that only a mapping's last good version still writes: what lies in the
 * directory has to be described.
 */
function makeCatalog(
  extensions: readonly SchemaDefinition[],
  fallenBack: readonly Judged<CompiledMappingFile>[],
  compile: SchemaCompiler,
): SchemaCatalog {
  const byUrn = new Map(extensions.map((each) => [each.id.toLowerCase(), each]));
  for (const { version } of fallenBack) {
    if (version === null) continue;
    for (const each of compileExtensions(compile, version.extensions)) {
      const urn = each.id.toLowerCase();
      if (!byUrn.has(urn) && writes(version.text, urn)) byUrn.set(urn, each);
    }
  }
  return makeSchemaCatalog([...byUrn.values()]);
}

function writes(text: string, urn: string): boolean {
  return text.toLowerCase().includes(`"${urn}:`);
}
