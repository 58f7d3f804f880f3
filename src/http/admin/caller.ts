import type { Context } from "hono";
import type { AdministratorRole } from "../../store/store.ts";

/** Who sent a request to the management API. */
export interface AdminCaller {
  readonly id: string;
  /** What records call him by. */
  readonly name: string;
  readonly role: AdministratorRole;
  /** The browser session that it came with; null: a token. */
  readonly session: { readonly idHash: string; readonly csrfToken: string; readonly expiresAt: number } | null;
}

/** The administrator whose token the environment has: id and name. No account can be called so. */
export const firstAdministrator = "admin";

/** Set by authenticate.ts; every handler but that of signing in comes behind it. */
export function callerOf(c: Context): AdminCaller {
  return c.get("caller") as AdminCaller;
}

/** As {@link callerOf}, where it may not have come to that. */
export function callerIfKnown(c: Context): AdminCaller | null {
  return (c.get("caller") as AdminCaller | undefined) ?? null;
}

/** What a Node server hands over beside the request; absent where there is no server, as in a test. */
interface Edge {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** The address at the other end of the connection: of a proxy, where there is one. */
export function peerOf(c: Context): string | null {
  return (c.env as Edge | undefined)?.incoming?.socket?.remoteAddress ?? null;
}
