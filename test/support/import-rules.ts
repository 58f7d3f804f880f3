import type { Import } from "./imports.ts";

/** What one part of `src/` may import: a folder (`lib/`) or a file (`store/store.ts`), perhaps only its types. */
export interface ImportRule {
  readonly part: string;
  readonly allowed: readonly { readonly part: string; readonly typesOnly: boolean }[];
}

/**
 * Reads the table of docs/architecture.md: the rows whose first cell is a folder or file, and their last cell.
 * "types of" before a name allows its types alone; "nothing" allows nothing.
 */
export function readImportRules(markdown: string): readonly ImportRule[] {
  const rows = markdown.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, part] = /^`([a-z-]+(?:\/|\.ts))`$/.exec(cells[1] ?? "") ?? [];
    const last = cells.at(-2);
    return part === undefined || last === undefined ? [] : [{ part, last }];
  });
  return rows.map(({ part, last }) => ({
    part,
    allowed: [...last.matchAll(/(types of )?`([^`]+)`/g)].map(([, types, name = ""]) => ({
      part: name,
      typesOnly: types !== undefined,
    })),
  }));
}

/** The imports that the rules don't allow, as sentences. */
export function breachesOf(rules: readonly ImportRule[], imports: readonly Import[]): readonly string[] {
  return imports
    .filter(({ from, to }) => from.startsWith("src/") && to.startsWith("src/"))
    .flatMap(({ from, to, typesOnly }) => {
      const rule = rules.find(({ part }) => isIn(part, from));
      if (rule === undefined) return [`${from} is in no part of the table`];
      if (isIn(rule.part, to)) return [];
      const may = rule.allowed.some((allowed) => isIn(allowed.part, to) && (typesOnly || !allowed.typesOnly));
      return may ? [] : [`${from} imports ${typesOnly ? "types of " : ""}${to}`];
    });
}

function isIn(part: string, path: string): boolean {
  return part.endsWith("/") ? path.startsWith(`src/${part}`) : path === `src/${part}`;
}
