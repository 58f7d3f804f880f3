import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

/** Fields that must never reach a log line, wherever they stand in the logged object. */
const secretFields = [
  "token",
  "corpSecret",
  "contactsSecret",
  "password",
  "clientSecret",
  "authorization",
  "access_token",
  "encodingAesKey",
];

/**
 * The program's log: one JSON line an event. Personal data does not belong in it; ids of records and tasks do.
 *
 * @param level one of pino's levels, `silent` for none
 */
export function makeLog(level: string, destination?: DestinationStream): Log {
  const paths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  const options = {
    level,
    base: null,
    redact: { paths, censor: "********" },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return destination ? pino(options, destination) : pino(options);
}
