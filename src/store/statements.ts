import type { Database } from "./database.ts";
import type { Sql } from "./filter.ts";

/** A place in a statement for a value that is only known when it is run. */
export class Slot {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** Runs statements that are built once for each key and then only get other values. */
export interface Statements {
  /**
   * Rows are lists of values in the order of the statement's columns.
   *
   * @param build makes the statement, with {@link Slot}s as parameters, when the key is met for the first time
   */
  run<R extends readonly unknown[]>(key: string, build: () => Sql, values: readonly unknown[]): Promise<readonly R[]>;
}

interface Built {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

const mostKept = 500;

/**
 * Building a statement and compiling it to text costs more than most of our look-ups do.
 *
 * @param slotOf tells which parameters stand for a value beside slots themselves
 */
export function makeStatements(
  { db, read }: Pick<Database, "db" | "read">,
  slotOf: (parameter: unknown) => Slot | null,
): Statements {
  const known = new Map<string, Built>();
  const build = (key: string, make: () => Sql): Built => {
    const { sql: text, parameters } = make().compile(db);
    const built = { text, parameters: parameters.map((parameter) => slotOf(parameter) ?? parameter) };
    if (known.size >= mostKept) known.clear();
    known.set(key, built);
    return built;
  };
  return {
    run(key, make, values) {
      const { text, parameters } = known.get(key) ?? build(key, make);
      return read(
        text,
        parameters.map((parameter) => (parameter instanceof Slot ? values[parameter.index] : parameter)),
      );
    },
  };
}
