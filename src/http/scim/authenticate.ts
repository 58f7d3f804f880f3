import { hash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ScimError } from "../../scim/scim-error.ts";
import { type ScimClientRow, userGroups, type VisibleSources } from "../../store/store.ts";
import { scimErrorResponse } from "./responses.ts";

/** Finds the SCIM client of a token by the token's SHA-256, base64url. */
export type FindClient = (tokenHash: string) => Promise<ScimClientRow | null>;

/** Clients that were found, for half a second, so that a burst of requests asks the database once. */
export interface ClientMemory {
  /** The client of an `Authorization` header; null: none. What is refused is asked for again each time. */
  find(header: string, findClient: FindClient): ScimClientRow | Promise<ScimClientRow | null>;
  /** A client was changed or deleted: from now on everybody is asked for again, and whoever is being asked for too. */
  forget(): void;
}

/** Where another server on the same database deleted a client, it is refused here after this time at the latest. */
const rememberedMs = 500;
const rememberedClients = 1000;

/** A memory that nothing is in. */
export function makeClientMemory(now: () => number = Date.now): ClientMemory {
  /** By the header as it came: hashing a token and taking a header apart cost as much as looking up a person. */
  let remembered = new Map<string, { readonly client: ScimClientRow; readonly until: number }>();

  const ask = async (header: string, findClient: FindClient): Promise<ScimClientRow | null> => {
    const memory = remembered;
    memory.delete(header);
    const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header)?.[1];
    const found = token === undefined ? null : await findClient(hash("sha256", token, "base64url"));
    const client = found && { ...found, sources: visibleTo(found) };
    if (client) {
      if (memory.size >= rememberedClients) memory.clear();
      memory.set(header, { client, until: now() + rememberedMs });
    }
    return client;
  };

  return {
    find(header, findClient) {
      const known = remembered.get(header);
      return known && known.until > now() ? known.client : ask(header, findClient);
    },
    forget() {
      // Another map, so that what was asked before is not remembered when its answer comes.
      remembered = new Map();
    },
  };
}

/**
 * Bearer authentication (RFC 6750) of a SCIM client.
 *
 * @param isPublic requests that are let through without a token; a token that is there must be good all the same
 */
export function authenticateClient(
  findClient: FindClient,
  isPublic: (path: string) => boolean,
  memory: ClientMemory = makeClientMemory(),
): MiddlewareHandler<{ Variables: { client: ScimClientRow } }> {
  // Not async: a client who is remembered should cost no promise.
  return (context, next) => {
    const header = context.req.header("authorization");
    if (header === undefined) return isPublic(context.req.path) ? next() : refuse("A bearer token is needed", realm);
    const admit = (client: ScimClientRow | null): Promise<unknown> => {
      if (client === null) return refuse("The bearer token is not valid", `${realm}, error="invalid_token"`);
      context.set("client", client);
      return next();
    };
    const known = memory.find(header, findClient);
    return (known instanceof Promise ? known.then(admit) : admit(known)) as ReturnType<MiddlewareHandler>;
  };
}

/** User groups belong to no source. Who may write sees them, for he may make some; any other where he is given them. */
function visibleTo({ access, sources }: ScimClientRow): VisibleSources {
  return sources === "all" || access === "read" || sources.includes(userGroups) ? sources : [...sources, userGroups];
}

const realm = 'Bearer realm="scim"';

async function refuse(detail: string, challenge: string): Promise<Response> {
  return scimErrorResponse(new ScimError(401, null, detail), { "www-authenticate": challenge });
}
