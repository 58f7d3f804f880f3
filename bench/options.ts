import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Names of the benches to run; all but `memory` when empty. */
  readonly only: readonly string[];
  /** Members of the large corp; the others are fractions of it. */
  readonly users: number;
  /** How long the load on the SCIM endpoint lasts, each time. */
  readonly seconds: number;
  /** The compiled program that is measured: another directory compares two builds. */
  readonly dist: string;
}

export const benchNames = ["mapping", "small", "large", "push", "group", "callback", "endpoint", "memory"] as const;

/** @throws TypeError for what is no option, or no value of it */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      users: { type: "string", default: "100000" },
      seconds: { type: "string", default: "5" },
      dist: { type: "string", default: "dist" },
    },
  });
  const only = values.only.split(",").filter((name) => name !== "");
  const unknown = only.filter((name) => !benchNames.some((known) => known === name));
  if (unknown.length > 0) throw new TypeError(`--only: ${unknown.join(", ")}; known: ${benchNames.join(", ")}`);
  return {
    only,
    users: wholeNumber("users", values.users),
    seconds: wholeNumber("seconds", values.seconds),
    dist: values.dist,
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9][0-9]{0,7}$/.test(text)) throw new TypeError(`--${name}: a whole number from 1 up`);
  return Number(text);
}
