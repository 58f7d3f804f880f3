import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From package.json, beside `src` and `dist`. */
export function programVersion(): string {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
