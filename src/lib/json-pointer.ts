/** RFC 6901 JSON Pointer of a path of keys and indexes: `["a/b", 0]` gives `/a~1b/0`. */
export function jsonPointer(path: readonly (string | number | symbol)[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
