import { formatDate, parseDate, parseDateAs, parseOffset } from "../text/date.ts";
import { addToDate, dateDifference, fromFileTime, toFileTime } from "../text/date-math.ts";
import type { CelFunction } from "./function.ts";

const timestamp = "google.protobuf.Timestamp";

/** Functions on dates. None asks the clock: the same member must always give the same values. */
export const dateFunctions: readonly CelFunction[] = [
  {
    signature: `date(string): ${timestamp}`,
    description:
      "Reads a date: 2024-01-31, 2024/1/31, 20240131, 2024年1月31日, with a time and an offset or not. Without an offset it is UTC.",
    example: ['date("2021-06-30+08:00")', "2021-06-29T16:00:00.000Z"],
    handler: parseDate,
  },
  {
    signature: `date(string, string): ${timestamp}`,
    description: "Reads a date in a format: yyyy MM M dd d HH H hh h mm m ss s f tt zzz, 'text' in quotes.",
    example: ['date("3/16/2020 7:05:00 PM", "M/d/yyyy h:mm:ss tt")', "2020-03-16T19:05:00.000Z"],
    handler: parseDateAs,
  },
  {
    signature: `${timestamp}.format(string): string`,
    description: "Writes a date in a format, in UTC.",
    example: ['date("20150123105347.1Z", "yyyyMMddHHmmss.fzzz").format("yyyy-MM-dd")', "2015-01-23"],
    handler: (date: Date, format: string) => formatDate(date, format),
  },
  {
    signature: `${timestamp}.format(string, string): string`,
    description: "Writes a date in a format, at an offset from UTC.",
    example: ['date("2024-01-31T18:00Z").format("yyyy-MM-dd HH:mm zzz", "+08:00")', "2024-02-01 02:00 +08:00"],
    handler: (date: Date, format: string, offset: string) => formatDate(date, format, parseOffset(offset)),
  },
  {
    signature: `${timestamp}.add(int, string): ${timestamp}`,
    description: "The date so many years, months, weeks, days, hours, minutes or seconds later.",
    example: ['date("2012-03-16-07:00").add(10, "months")', "2013-01-16T07:00:00.000Z"],
    handler: (date: Date, count: bigint, unit: string) => addToDate(date, Number(count), unit),
  },
  {
    signature: `${timestamp}.until(${timestamp}, string): int`,
    description: "Whole units from one date to another.",
    example: ['date("2021-08-18+08:00").until(date("2021-08-31+08:00"), "days")', 13],
    handler: (from: Date, to: Date, unit: string) => BigInt(dateDifference(from, to, unit)),
  },
  {
    signature: `${timestamp}.fileTime(): int`,
    description: "The date as Active Directory writes it: 100-nanosecond intervals since 1601.",
    example: ['string(date("2012-01-01T23:00:00Z").fileTime())', "129699324000000000"],
    handler: toFileTime,
  },
  {
    signature: `fileTime(int): ${timestamp}`,
    description: "The date of such a number.",
    example: ["fileTime(129699324000000000)", "2012-01-01T23:00:00.000Z"],
    handler: fromFileTime,
  },
];
