import { type ParsedCell, parseText } from "./parse-cell.ts";
import { splitList } from "./split-list.ts";

/** Department paths in a cell, such as `总部/销售部;总部/市场部`: levels trimmed, each path once. */
export function parseDepartments(cell: string): ParsedCell<readonly string[]> {
  const text = parseText(cell);
  if ("detail" in text) return text;
  const paths = splitList(text.value).map(toLevels);
  return paths.some((levels) => levels.includes(""))
    ? { detail: "The cell has a department path with a level that has no name" }
    : { value: [...new Set(paths.map((levels) => levels.join("/")))] };
}

// A slash at either end is how some write the root, and that a path has ended.
function toLevels(path: string): readonly string[] {
  return path
    .replace(/^\/|\/$/g, "")
    .split("/")
    .map((level) => level.trim());
}
