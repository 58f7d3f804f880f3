import { randomBytes } from "node:crypto";

/** Ids of this process begin with this. Random bytes for each would cost more than all else that is done for it. */
const ofProcess = randomBytes(8).toString("hex");
let made = 0;

/** The id of a request: the one that came with it where that is a sensible one, else a new one. */
export function requestIdOf(given: string | undefined): string {
  if (given !== undefined && /^[\w.-]{8,64}$/.test(given)) return given;
  made += 1;
  return `${ofProcess}-${made.toString(36)}`;
}
