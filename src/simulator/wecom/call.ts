import type { Corp } from "./corp.ts";
import { ApiError } from "./errors.ts";
import type { Credential } from "./settings.ts";

/** A call that has passed the checks of token, IP and frequency. */
export interface Call {
  readonly corp: Corp;
  readonly credential: Credential;
  /** First value of a query parameter. */
  readonly query: (name: string) => string | undefined;
  /** Text of the body, empty where there is none. */
  readonly body: string;
  /** Where the simulator was called: addresses of files begin with it. */
  readonly origin: string;
}

/** Refuses the contacts secret where it may read ids only: IPs added after 2022-08-15 (WeCom doc path/90344). */
export function needsDetails({ corp, credential }: Call): void {
  if (credential === "contacts" && corp.settings.contactsIp === "new") throw new ApiError(48009);
}

/** A query parameter, null where it is missing or empty. */
export function text({ query }: Pick<Call, "query">, name: string): string | null {
  return query(name) || null;
}

/** A query parameter that holds a department's or a tag's id; null where it is missing or empty. */
export function idParameter(call: Pick<Call, "query">, name: string): number | null {
  const given = text(call, name);
  if (given === null) return null;
  if (!/^[0-9]{1,10}$/.test(given) || Number(given) > 2_147_483_647) {
    throw new ApiError(name === "tagid" ? 40068 : name === "agentid" ? 40056 : 60123);
  }
  return Number(given);
}

/** JSON text of a successful answer. */
export function okBody(fields: object): string {
  return JSON.stringify({ errcode: 0, errmsg: "ok", ...fields });
}

/** In the order of ids, which is not always parents first. */
export function listOfIds<Entry extends { readonly id: number }>(entries: Iterable<Entry>): readonly Entry[] {
  return [...entries].sort((a, b) => a.id - b.id);
}
