import { readdirSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const projectDir = fileURLToPath(new URL("../..", import.meta.url));

export interface SourceFile {
  /** From the project's directory: `src/lib/json.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** Path of the importing file and what it names: a path for relative imports, else the package. */
  readonly from: string;
  readonly to: string;
  /** Nothing of it is there when the program runs. */
  readonly typesOnly: boolean;
}

/** Every TypeScript file below a folder of the project. */
export function readSourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(`${projectDir}/${folder}`, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .sort()
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .map((path) => ({ path, text: readFileSync(`${projectDir}/${path}`, "utf8") }));
}

/** What a file imports, also by `export … from` and by `import(…)`. */
export function importsOf({ path, text }: SourceFile): readonly Import[] {
  const found: { specifier: string; typesOnly: boolean }[] = [];
  for (const [, clause = "", specifier = ""] of text.matchAll(/^(?:import|export)\s([^;"]*?)\bfrom\s+"([^"]+)"/gm)) {
    found.push({ specifier, typesOnly: isTypesOnly(clause) });
  }
  for (const [, specifier = ""] of text.matchAll(/^import\s+"([^"]+)"/gm)) found.push({ specifier, typesOnly: false });
  for (const [, specifier = ""] of text.matchAll(/\bimport\(\s*"([^"]+)"/g))
    found.push({ specifier, typesOnly: false });
  return found.map(({ specifier, typesOnly }) => ({
    from: path,
    to: specifier.startsWith(".") ? posix.join(dirname(path), specifier) : specifier,
    typesOnly,
  }));
}

function isTypesOnly(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const names = /^\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(",") ?? [""];
  return names.map((name) => name.trim()).every((name, index) => /^type\s/.test(name) || (name === "" && index > 0));
}
