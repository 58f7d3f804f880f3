import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { JsonObject } from "../../lib/json.ts";
import { type Control, makeControl } from "./control.ts";
import { Directory } from "./directory.ts";
import { parseExtension } from "./extension-schema.ts";
import { Faults } from "./fault.ts";
import { Journal } from "./journal.ts";
import { KnownModels } from "./known-models.ts";
import { makeListener } from "./listener.ts";
import { type Policy, plainPolicy } from "./policy.ts";
import { type ProductName, products } from "./products.ts";
import { makeService } from "./service.ts";

export interface ScimSimulatorOptions {
  /** Behaves otherwise than the RFCs say, as this product does; what is said besides goes first. */
  readonly like?: ProductName;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** The bearer token; made when absent. */
  readonly token?: string;
  /** Whether `urn:ietf:params:scim:schemas:extension:wecom:2.0:User` exists. Default true. */
  readonly wecomExtension?: boolean;
  /** Extension schemas (RFC 7643 §7) that it has besides, or in place of its own of the same URN. */
  readonly extensions?: readonly JsonObject[];
  /** Default false, as RFC 7643 §3.1 asks for none. */
  readonly uniqueExternalId?: boolean;
  /** Default false, as RFC 7643 §4.2 asks for none. */
  readonly uniqueGroupName?: boolean;
  /** Whether groups are taken as members of groups. Default true. */
  readonly nestedGroups?: boolean;
  /** Whether answers hold members. Default true. */
  readonly returnMembers?: boolean;
  /** Most members that one PATCH may name. Default 0: any number. */
  readonly maxMembersPerPatch?: number;
  /** Most resources on a page. Default 200. */
  readonly pageSize?: number;
  /** Whether every request is kept in order, rather than the latest hundred. Default false. */
  readonly log?: boolean;
  readonly now?: () => number;
}

export interface ScimSimulator {
  /** Base URL of the protocol, `http://127.0.0.1:1234/scim/v2`. */
  readonly url: string;
  /** Base URL of the product's own API; null where it has none. */
  readonly apiUrl: string | null;
  /** Address of the page for people. */
  readonly pageUrl: string;
  /** Base URL of the control over HTTP. */
  readonly controlUrl: string;
  readonly token: string;
  readonly control: Control;
  /** Ends every connection and the server. */
  close(): Promise<void>;
}

/**
 * Starts a SCIM 2.0 service provider (RFC 7643, RFC 7644) that keeps everything in memory, is strict, and records what
 * its clients do wrong. It fails on demand, so that a client can be tried against everything that networks and servers do.
 */
export async function startScimSimulator(options: ScimSimulatorOptions = {}): Promise<ScimSimulator> {
  const { host = "127.0.0.1", now = Date.now } = options;
  const token = options.token ?? randomBytes(24).toString("base64url");
  const product = options.like === undefined ? null : products[options.like];
  const wecomExtension = options.wecomExtension ?? product?.wecomExtension ?? true;
  const models = new KnownModels({ wecomExtension }, product?.schemas);
  for (const schema of options.extensions ?? []) models.define(parseExtension(schema));
  const directory = new Directory(now);
  const journal = new Journal({ now, log: options.log ?? false });
  const faults = new Faults();
  const control = makeControl({ directory, journal, faults, models });
  let origin = "";
  const service = makeService({
    directory,
    journal,
    models,
    policy: policyOf(options, product?.policy ?? {}),
    token,
    baseUrl: () => `${origin}/scim/v2`,
    pageSize: options.pageSize ?? 200,
    returnMembers: options.returnMembers ?? product?.returnMembers ?? true,
    shown: product?.shown,
  });
  const api = product?.api?.({ directory, token }) ?? null;
  const server = createServer(makeListener({ service, api, directory, journal, faults, models, control, token }));
  // Longer than clients keep idle connections, so that none is closed in the moment in which it is used again.
  server.keepAliveTimeout = 60_000;
  server.listen(options.port ?? 0, host);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url: `${origin}/scim/v2`,
    apiUrl: api === null ? null : `${origin}/api`,
    pageUrl: `${origin}/`,
    controlUrl: `${origin}/_control`,
    token,
    control,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function policyOf(options: ScimSimulatorOptions, ofProduct: Partial<Policy>): Policy {
  const { uniqueExternalId, uniqueGroupName, nestedGroups, maxMembersPerPatch } = options;
  return {
    ...plainPolicy,
    ...ofProduct,
    ...(uniqueExternalId === undefined ? {} : { uniqueExternalId }),
    ...(uniqueGroupName === undefined ? {} : { uniqueGroupName }),
    ...(nestedGroups === undefined ? {} : { nestedGroups }),
    ...(maxMembersPerPatch === undefined ? {} : { maxMembersPerPatch }),
  };
}
