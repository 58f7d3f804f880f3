import { FunctionError } from "./limit.ts";

/** Units of time, as functions name them. */
export const dateUnits = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"] as const;

export type DateUnit = (typeof dateUnits)[number];

/**
 * Reads a date as directories hold it: `2024-01-31`, `2024/1/31`, `2024.1.31`, `20240131`, `2024年1月31日`, each with a
 * time (`09:30`, `T09:30:15.5`) and an offset (`Z`, `+08:00`) or not. Without an offset it is UTC.
 *
 * @throws {FunctionError}
 */
export function parseDate(text: string): Date {
  const match = anyDate.exec(text.trim());
  if (!match) throw new FunctionError("not a date");
  const [, y1, m1, d1, y2, m2, d2, hour, minute, second, fraction, offset] = match;
  return makeDate({
    year: y1 ?? y2,
    month: m1 ?? m2,
    day: d1 ?? d2,
    hour,
    minute,
    second,
    millisecond: fraction === undefined ? undefined : fraction.slice(0, 3).padEnd(3, "0"),
    offset,
  });
}

const anyDate =
  /^(?:(\d{4})(\d\d)(\d\d)|(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?)(?:[T\s]*(\d{1,2})[:时](\d\d)(?:[:分](\d\d)(?:[.,](\d{1,9}))?秒?)?分?)?\s*(Z|[+-]\d\d:?\d\d)?$/;

/** Reads a date in a format: yyyy MM M dd d HH H hh h mm m ss s f tt zzz, anything else as it stands, 'text' in quotes. */
export function parseDateAs(text: string, format: string): Date {
  const names: string[] = [];
  const source = tokensOf(format).map(({ name, literal }) => {
    if (name === null) return literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    names.push(name);
    return inputs[name] ?? "";
  });
  const match = new RegExp(`^${source.join("")}$`).exec(text);
  if (!match) throw new FunctionError("the text does not have this format");
  const found = new Map(names.map((name, index) => [name, match[index + 1]]));
  const get = (...keys: string[]) => keys.map((key) => found.get(key)).find((value) => value !== undefined);
  const afternoon = get("tt") === undefined ? null : /^p/i.test(get("tt") ?? "");
  const hour = get("HH", "H") ?? twelveHours(get("hh", "h"), afternoon);
  const millisecond = get("f")?.slice(0, 3).padEnd(3, "0");
  return makeDate({
    year: get("yyyy"), month: get("MM", "M"), day: get("dd", "d"), hour, minute: get("mm", "m"),
    second: get("ss", "s"), millisecond, offset: get("zzz"),
  }); // biome-ignore format: one line a part
}

/** Writes a date in a format (as {@link parseDateAs}), at an offset from UTC in minutes. */
export function formatDate(date: Date, format: string, offsetMinutes = 0): string {
  const local = new Date(date.getTime() + offsetMinutes * 60_000);
  return tokensOf(format)
    .map(({ name, literal }) => (name === null ? literal : (outputs[name]?.(local, offsetMinutes) ?? "")))
    .join("");
}

/** An offset like `+08:00` or `Z` in minutes. @throws {FunctionError} */
export function parseOffset(text: string): number {
  const match = /^(?:Z|([+-])(\d\d):?(\d\d))$/.exec(text);
  if (!match) throw new FunctionError("an offset is written +08:00 or Z");
  return (match[1] === "-" ? -1 : 1) * (Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0));
}

interface DateFields {
  readonly [part: string]: string | undefined;
}

function makeDate({
  year = "1",
  month = "1",
  day = "1",
  hour = "0",
  minute = "0",
  second = "0",
  ...rest
}: DateFields): Date {
  const { millisecond = "0", offset = "Z" } = rest;
  const [y, m, d, h] = [Number(year), Number(month), Number(day), Number(hour)];
  const date = new Date(0);
  date.setUTCFullYear(y, m - 1, d);
  date.setUTCHours(h, Number(minute), Number(second), Number(millisecond));
  // 31 April would become 1 May.
  const holds =
    date.getUTCMonth() === m - 1 && date.getUTCDate() === d && h < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!holds) throw new FunctionError("there is no such date");
  return checked(new Date(date.getTime() - parseOffset(offset) * 60_000));
}

function twelveHours(hour: string | undefined, afternoon: boolean | null): string | undefined {
  if (hour === undefined || afternoon === null) return hour;
  return String((Number(hour) % 12) + (afternoon ? 12 : 0));
}

/** The date, if it is one that can be written with four digits of the year. @throws {FunctionError} */
export function checked(date: Date): Date {
  const time = date.getTime();
  if (!(time >= -62_135_596_800_000 && time <= 253_402_300_799_999)) throw new FunctionError("a date out of range");
  return date;
}

const tokenPattern = /yyyy|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|f+|tt|zzz|'([^']*)'|[\s\S]/g;

function tokensOf(format: string): readonly { readonly name: string | null; readonly literal: string }[] {
  if (format.length > 100) throw new FunctionError("a format of more than 100 characters");
  return [...format.matchAll(tokenPattern)].map(([token, quoted]) => {
    if (quoted !== undefined) return { name: null, literal: quoted };
    const name = token.startsWith("f") ? "f" : token;
    return Object.hasOwn(outputs, name) ? { name, literal: token } : { name: null, literal: token };
  });
}

const inputs: Readonly<Record<string, string>> = {
  yyyy: "(\\d{4})", MM: "(\\d\\d)", M: "(\\d{1,2})", dd: "(\\d\\d)", d: "(\\d{1,2})", HH: "(\\d\\d)", H: "(\\d{1,2})",
  hh: "(\\d\\d)", h: "(\\d{1,2})", mm: "(\\d\\d)", m: "(\\d{1,2})", ss: "(\\d\\d)", s: "(\\d{1,2})", f: "(\\d{1,9})",
  tt: "([AaPp][Mm])", zzz: "(Z|[+-]\\d\\d:?\\d\\d)",
}; // biome-ignore format: a table

const two = (value: number) => String(value).padStart(2, "0");
const twelve = (date: Date) => date.getUTCHours() % 12 || 12;

const outputs: Readonly<Record<string, (local: Date, offset: number) => string>> = {
  yyyy: (date) => String(date.getUTCFullYear()).padStart(4, "0"),
  MM: (date) => two(date.getUTCMonth() + 1),
  M: (date) => String(date.getUTCMonth() + 1),
  dd: (date) => two(date.getUTCDate()),
  d: (date) => String(date.getUTCDate()),
  HH: (date) => two(date.getUTCHours()),
  H: (date) => String(date.getUTCHours()),
  hh: (date) => two(twelve(date)),
  h: (date) => String(twelve(date)),
  mm: (date) => two(date.getUTCMinutes()),
  m: (date) => String(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
  s: (date) => String(date.getUTCSeconds()),
  f: (date) => String(date.getUTCMilliseconds()).padStart(3, "0"),
  tt: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  zzz: (_, offset) => {
    const minutes = Math.abs(offset);
    return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  },
};
