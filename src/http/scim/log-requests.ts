import type { Context, MiddlewareHandler } from "hono";
import type { Log } from "../../lib/log.ts";
import { ScimError } from "../../scim/scim-error.ts";
import type { ScimClientRow } from "../../store/store.ts";
import { type OnAnswered, type RequestNotes, type RequestVariables, requestLog } from "../middleware/request-log.ts";

/** An id for each request to the SCIM endpoint, and a log line for what is refused: by which client, and the scimType. */
export function logScimRequests(
  log: Log | undefined,
  onAnswered?: OnAnswered,
): MiddlewareHandler<{ Variables: RequestVariables }> {
  const notesOf = (c: Context): RequestNotes => {
    const client = (c.get("client") as ScimClientRow | undefined)?.id ?? null;
    const scimType = c.error instanceof ScimError ? c.error.scimType : null;
    const fields = { ...(client === null ? {} : { client }), ...(scimType === null ? {} : { scimType }) };
    return { caller: client, fields };
  };
  return requestLog(log, notesOf, { onAnswered });
}
