import { readdir } from "node:fs/promises";

const suffix = ".json";

/** Whether a file of a folder is one that people edit: JSON Schemas, hidden files and editors' leftovers are none. */
export function isSchemaFile(file: string): boolean {
  return file.endsWith(suffix) && !isEditorSchema(file) && !file.startsWith(".");
}

/** The JSON Schemas beside the files, for editors: a `*.json` on a command line brings them along. */
export function isEditorSchema(path: string): boolean {
  return path.endsWith(".schema.json");
}

/** The files of a folder that people edit, in the order in which they are read. @throws what reading the folder throws */
export async function listSchemaFiles(folder: string): Promise<readonly string[]> {
  // In the order of the names without `.json`: `a` comes before `a-b`.
  return (await listNames(folder)).map((name) => name + suffix);
}

/** The same without `.json`. @throws what reading the folder throws */
export async function listNames(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter(isSchemaFile)
    .map((file) => file.slice(0, -suffix.length))
    .sort();
}
