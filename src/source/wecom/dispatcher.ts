import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { isIP } from "node:net";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { AddressPolicy } from "../../lib/address.ts";

export interface DispatcherOptions {
  /** Connections that may be open at once. */
  readonly connections: number;
  /** URL of an HTTP proxy that all calls go through; it may hold a user and a password. */
  readonly proxy?: string | undefined;
  /** Says whether an address may be connected to. It is asked for each address that is really used, after DNS. */
  readonly allowAddress?: AddressPolicy | undefined;
}

/** The `code` of the error with which a connection to an address that is not allowed fails. */
export const addressRefused = "ADDRESS_REFUSED";

/** The connections of one source. With a proxy, the guard looks at the proxy's address: only that is connected to. */
export function makeDispatcher({ connections, proxy, allowAddress }: DispatcherOptions): Dispatcher {
  const guard = allowAddress ? { lookup: guardedLookup(allowAddress) } : {};
  const shared = { connections, keepAliveTimeout: 30_000 };
  if (proxy !== undefined) return new ProxyAgent({ ...toProxy(new URL(proxy)), ...shared, proxyTls: guard });
  return new Agent({ ...shared, connect: guard });
}

/** The proxy's address alone, for errors name it, and its credentials as it wants them (RFC 7617 §2). */
function toProxy({ origin, username, password }: URL): { uri: string; token?: string } {
  if (username === "" && password === "") return { uri: origin };
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { uri: origin, token: `Basic ${Buffer.from(plain).toString("base64")}` };
}

/** False for a host that is itself an address, and one that is not allowed: such a host is never looked up. */
export function isHostAllowed(url: URL, allowAddress: AddressPolicy | undefined): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return allowAddress === undefined || isIP(host) === 0 || allowAddress(host);
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** DNS without the addresses that are not allowed, so that a name cannot lead where a number may not. */
function guardedLookup(allowAddress: AddressPolicy) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const allowed = found.filter(({ address }) => allowAddress(address));
      const first = allowed[0];
      if (first === undefined) {
        return callback(Object.assign(new Error("address not allowed"), { code: addressRefused }), []);
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
