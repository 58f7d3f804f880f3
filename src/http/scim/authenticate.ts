import { hash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ScimError } from "../../scim/scim-error.ts";
import { type ScimClientRow, userGroups, type VisibleSources } from "../../store/store.ts";
import { scimErrorResponse } from "./responses.ts";

/** Finds the SCIM client of a token by the token's SHA-256, base64url. */
export type FindClient = (tokenHash: string) => Promise<ScimClientRow | null>;

/** A deleted client is refused after this time at the latest, on every replica. */
const rememberedMs = 500;
const rememberedClients = 1000;

/**
 * Bearer authentication (RFC 6750) of a SCIM client. Found clients are remembered for half a second, so that a burst
 * of requests asks the database once; what is refused is asked for again each time.
 *
 * @param isPublic requests that are let through without a token; a token that is there must be good all the same
 */
export function authenticateClient(
  findClient: FindClient,
  isPublic: (path: string) => boolean,
  now: () => number = Date.now,
): MiddlewareHandler<{ Variables: { client: ScimClientRow } }> {
  /** By the header as it came: hashing a token and taking a header apart cost as much as looking up a person. */
  const remembered = new Map<string, { readonly client: ScimClientRow; readonly until: number }>();

  const find = async (header: string): Promise<ScimClientRow | null> => {
    remembered.delete(header);
    const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header)?.[1];
    const found = token === undefined ? null : await findClient(hash("sha256", token, "base64url"));
    const client = found && { ...found, sources: visibleTo(found) };
    if (client) {
      if (remembered.size >= rememberedClients) remembered.clear();
      remembered.set(header, { client, until: now() + rememberedMs });
    }
    return client;
  };

  return async (context, next) => {
    const header = context.req.header("authorization");
    if (header === undefined) return isPublic(context.req.path) ? next() : refuse("A bearer token is needed", realm);
    const known = remembered.get(header);
    const client = known && known.until > now() ? known.client : await find(header);
    if (client === null) return refuse("The bearer token is not valid", `${realm}, error="invalid_token"`);
    context.set("client", client);
    return next();
  };
}

/** User groups belong to no source. Who may write sees them, for he may make some; any other where he is given them. */
function visibleTo({ access, sources }: ScimClientRow): VisibleSources {
  return sources === "all" || access === "read" || sources.includes(userGroups) ? sources : [...sources, userGroups];
}

const realm = 'Bearer realm="scim"';

function refuse(detail: string, challenge: string): Response {
  return scimErrorResponse(new ScimError(401, null, detail), { "www-authenticate": challenge });
}
