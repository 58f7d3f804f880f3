import { checked, type DateUnit, dateUnits } from "./date.ts";
import { FunctionError } from "./limit.ts";

/** The date so many units later (or earlier). The last day of a month stays within the month. @throws {FunctionError} */
export function addToDate(date: Date, count: number, unit: string): Date {
  if (!Number.isSafeInteger(count)) throw new FunctionError("a whole number of units");
  if (unit === "years" || unit === "months") return addMonths(date, unit === "years" ? count * 12 : count);
  return checked(new Date(date.getTime() + count * milliseconds[unitOf(unit)]));
}

/** Whole units from one date to another; negative where the second is the earlier one. @throws {FunctionError} */
export function dateDifference(from: Date, to: Date, unit: string): number {
  const wanted = unitOf(unit);
  if (wanted !== "years" && wanted !== "months") {
    return Math.trunc((to.getTime() - from.getTime()) / milliseconds[wanted]) + 0;
  }
  const [early, late, sign] = from <= to ? [from, to, 1] : [to, from, -1];
  let months = (late.getUTCFullYear() - early.getUTCFullYear()) * 12 + late.getUTCMonth() - early.getUTCMonth();
  if (addMonths(early, months) > late) months -= 1;
  return sign * Math.trunc(wanted === "years" ? months / 12 : months) + 0;
}

// Windows file times count 100 nanoseconds from 1601.
const fileTimeStart = 11_644_473_600_000n;

/** 100-nanosecond intervals since 1601, as Active Directory writes dates. */
export function toFileTime(date: Date): bigint {
  return (BigInt(date.getTime()) + fileTimeStart) * 10_000n;
}

/** The date of an Active Directory number. @throws {FunctionError} */
export function fromFileTime(value: bigint): Date {
  return checked(new Date(Number(value / 10_000n - fileTimeStart)));
}

function unitOf(unit: string): DateUnit {
  const known = dateUnits.find((each) => each === unit);
  if (known === undefined) throw new FunctionError(`a unit is one of ${dateUnits.join(", ")}`);
  return known;
}

function addMonths(date: Date, count: number): Date {
  const result = new Date(date.getTime());
  const day = date.getUTCDate();
  result.setUTCDate(1);
  result.setUTCMonth(result.getUTCMonth() + count);
  const last = new Date(Date.UTC(2000, 0, 1));
  last.setUTCFullYear(result.getUTCFullYear(), result.getUTCMonth() + 1, 0);
  result.setUTCDate(Math.min(day, last.getUTCDate()));
  return checked(result);
}

const milliseconds: Readonly<Record<DateUnit, number>> = {
  years: Number.NaN,
  months: Number.NaN,
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
};
