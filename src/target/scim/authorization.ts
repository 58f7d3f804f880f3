import type { HttpExchange } from "./http-exchange.ts";
import { makeTokenSource, type OAuthClient } from "./oauth-token.ts";

/** How we prove to a target who we are. */
export type TargetAuth =
  | { readonly type: "bearer"; readonly token: string }
  | { readonly type: "basic"; readonly username: string; readonly password: string }
  | { readonly type: "header"; readonly name: string; readonly value: string }
  | ({ readonly type: "oauth2" } & OAuthClient);

/** The header of one request, and every text in it or behind it that must appear nowhere else. */
export interface Credentials {
  readonly header: readonly [name: string, value: string];
  readonly secrets: readonly string[];
}

export interface Authorization {
  /** @throws TargetError when no token can be had */
  credentials(signal: AbortSignal): Promise<Credentials>;
  /** After a 401: true if other credentials can be had, so that one more try makes sense. */
  renew(refused: Credentials): boolean;
}

/** @throws TypeError for a value that can't stand in a header; it names the setting, never the value */
export function makeAuthorization(auth: TargetAuth, http: HttpExchange, clock: () => number): Authorization {
  if (auth.type === "oauth2") return oauthAuthorization(auth, http, clock);
  const credentials = fixedCredentials(auth);
  return { credentials: async () => credentials, renew: () => false };
}

function fixedCredentials(auth: Exclude<TargetAuth, { type: "oauth2" }>): Credentials {
  switch (auth.type) {
    case "bearer":
      return { header: ["authorization", `Bearer ${headerValue(auth.token, "token")}`], secrets: [auth.token] };
    case "basic": {
      // RFC 7617: UTF-8, as every server of today expects.
      const encoded = Buffer.from(`${auth.username}:${auth.password}`).toString("base64");
      return { header: ["authorization", `Basic ${encoded}`], secrets: [auth.password, encoded] };
    }
    case "header":
      return { header: [headerName(auth.name), headerValue(auth.value, "header value")], secrets: [auth.value] };
  }
}

function oauthAuthorization(client: OAuthClient, http: HttpExchange, clock: () => number): Authorization {
  const tokens = makeTokenSource(client, http, clock);
  return {
    async credentials(signal) {
      const token = await tokens.get(signal);
      return { header: ["authorization", `Bearer ${token}`], secrets: [token, client.clientSecret] };
    },
    renew({ secrets }) {
      tokens.forget(secrets[0] ?? "");
      return true;
    },
  };
}

function headerValue(value: string, what: string): string {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new TypeError(`The target's ${what} is empty or has characters that a header cannot carry.`);
  }
  return value;
}

// The names that frame the message are not free to be chosen.
const framing = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

function headerName(name: string): string {
  const lower = name.toLowerCase();
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower) || framing.has(lower)) {
    throw new TypeError("The target's header name is not one that can be sent.");
  }
  return lower;
}
