import { checked, parseDate } from "../text/date.ts";
import { FunctionError, limited, maxTextLength } from "../text/limit.ts";
import { compilePattern } from "../text/pattern.ts";
import type { CelFunction } from "./function.ts";

/** Functions on lists and numbers. */
export const otherFunctions: readonly CelFunction[] = [
  {
    signature: "list.distinct(): list<dyn>",
    description: "The list without what is in it twice.",
    example: ['["a", "b", "a"].distinct()', ["a", "b"]],
    handler: (list: readonly unknown[]) => [...new Set(list)],
  },
  {
    signature: "bitAnd(int, int): int",
    description: "The bits that are set in both numbers.",
    example: ["bitAnd(15, 247)", 7],
    handler: (a: bigint, b: bigint) => a & b,
  },
];

/**
 * Functions that CEL has and that are replaced, under the same name in expressions: regular expressions by RE2, which
 * takes linear time; what can grow a text or a list beyond all bounds; and dates that depended on the machine's zone.
 */
export const safeFunctions: readonly CelFunction[] = [
  {
    signature: "string.matches2(string): bool",
    instead: "matches",
    description: "Whether a regular expression (RE2) is found in the text.",
    example: ['"li.si@example.com".matches("^[a-z.]+@example\\\\.com$")', true],
    handler: (text: string, pattern: string) => compilePattern(pattern).matches(text),
  },
  {
    signature: "string.split2(string): list<string>",
    instead: "split",
    description: "The parts between separators.",
    example: ['"a,b".split(",")', ["a", "b"]],
    handler: (text: string, separator: string) => limited(text).split(separator),
  },
  {
    signature: "string.split2(string, int): list<string>",
    instead: "split",
    description: "The same, at most so many parts; the last one holds the rest.",
    example: ['"a,b,c".split(",", 2)', ["a", "b,c"]],
    handler(text: string, separator: string, limit: bigint) {
      const parts = limited(text).split(separator);
      const count = Number(limit);
      if (count < 0 || parts.length <= count) return parts;
      return count === 0 ? [] : [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
    },
  },
  {
    signature: "list.join2(): string",
    instead: "join",
    description: "The texts of a list, one behind the other.",
    example: ['["a", "b"].join()', "ab"],
    handler: (list: readonly unknown[]) => join(list, ""),
  },
  {
    signature: "list.join2(string): string",
    instead: "join",
    description: "The same with a separator between them.",
    example: ['["a", "b"].join(", ")', "a, b"],
    handler: join,
  },
  {
    signature: "timestamp2(string): google.protobuf.Timestamp",
    instead: "timestamp",
    description: "A date with time in the form of RFC 3339.",
    example: ['timestamp("2024-01-31T09:00:00Z")', "2024-01-31T09:00:00.000Z"],
    handler: parseDate,
  },
  {
    signature: "timestamp2(int): google.protobuf.Timestamp",
    instead: "timestamp",
    description: "The date so many seconds after 1970.",
    example: ["timestamp(1706691600)", "2024-01-31T09:00:00.000Z"],
    handler: (seconds: bigint) => checked(new Date(Number(seconds) * 1_000)),
  },
];

function join(list: readonly unknown[], separator: string): string {
  let length = 0;
  for (const item of list) {
    if (typeof item !== "string") throw new FunctionError("only texts are joined");
    length += item.length + separator.length;
    if (length > maxTextLength) throw new FunctionError("the text would be too long");
  }
  return list.join(separator);
}
