import { foldCase } from "../../lib/fold.ts";
import type { CsvProblem } from "./parsed-people.ts";

/** Notices userNames that a file has more than once, and can tell the lines of each. */
export class RepeatedNames {
  readonly #lines = new Map<string, number[]>();

  add(userName: string, line: number): void {
    const key = foldCase(userName);
    const lines = this.#lines.get(key);
    if (lines === undefined) this.#lines.set(key, [line]);
    else lines.push(line);
  }

  has(userName: string): boolean {
    return (this.#lines.get(foldCase(userName)) ?? []).length > 1;
  }

  /** One for each line, naming another one: all the others would be a list of any length. */
  problems(column: string | null): readonly CsvProblem[] {
    return [...this.#lines.values()].flatMap((lines) => {
      const [first, second] = lines;
      if (first === undefined || second === undefined) return [];
      return lines.map((line) => ({
        line,
        column,
        detail: `The userName is that of line ${line === first ? second : first} too`,
      }));
    });
  }
}
