import type { AddressPolicy } from "../../lib/address.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { TargetProfile } from "../profile.ts";
import { type PatchOperation, type RemoteResource, type Target, TargetError, type WriteNotes } from "../target.ts";
import { processEmptyAnswer, processResourceAnswer } from "./answer.ts";
import type { TargetAuth } from "./authorization.ts";
import { makeConnection, type ScimRequest } from "./connection.ts";
import { testConnection, tryList } from "./connection-test.ts";
import { readDiscovery, toCapabilities, toReading } from "./discovery.ts";
import { findByFilter, findInList } from "./lookup.ts";
import { noteWrites } from "./note-writes.ts";
import { readPages } from "./pages.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface ScimTargetOptions {
  /** The service provider's root, for example `https://app.example.com/scim/v2`. */
  readonly baseUrl: string;
  readonly auth: TargetAuth;
  readonly profile: TargetProfile;
  /** The program's version, for `User-Agent`. */
  readonly version: string;
  /** Connections that are kept open; more requests than that wait for one. As the profile says if absent. */
  readonly concurrency?: number | undefined;
  /** 0: no limit of our own. As the profile says if absent. */
  readonly requestsPerSecond?: number | undefined;
  /** Shared with another connection to the same product; its own if absent. */
  readonly limit?: RateLimit | undefined;
  /** Parameters that the product wants in the query of every call; their values are secrets. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** For one whole exchange. 30,000 if absent. */
  readonly timeoutMs?: number;
  /** Addresses that may be connected to; all if absent. See `parseAddressPolicy`. */
  readonly allowAddress?: AddressPolicy;
  /** Certificates (PEM) of authorities that are trusted besides the public ones. */
  readonly ca?: string | undefined;
  /** URL of the HTTP proxy that all calls go through, those for tokens too. */
  readonly proxy?: string | undefined;
  /** Hears of every exchange: the status (null: no answer came) and how long it took, in seconds. */
  readonly onExchange?: (status: number | null, seconds: number) => void;
  /** Milliseconds since 1970; `Date.now` if absent. */
  readonly clock?: () => number;
  /** Nothing that changes anything is sent: it is noted here. */
  readonly notes?: WriteNotes | undefined;
}

const patchOpSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/**
 * A SCIM 2.0 service provider over HTTP (RFC 7644). It waits for nothing but its rate limit and tries nothing twice,
 * except once with a new token after a 401: a {@link TargetError} tells the caller what to do next. A call that is
 * stopped throws its signal's reason.
 *
 * @throws TypeError for a base URL or credentials that can't be used
 */
export function makeScimTarget(options: ScimTargetOptions): Target {
  const { profile, notes } = options;
  const sending = makeConnection({
    ...options,
    concurrency: options.concurrency ?? profile.facts.concurrency.value,
    requestsPerSecond: options.requestsPerSecond ?? profile.facts.requestsPerSecond.value,
    timeoutMs: options.timeoutMs ?? 30_000,
    clock: options.clock ?? Date.now,
  });
  const connection = notes === undefined ? sending : noteWrites(sending, notes);
  // The profile's until `discover` has narrowed it.
  let reading = toReading(profile, { config: null, schemas: null });

  return {
    concurrency: options.concurrency ?? profile.facts.concurrency.value,
    notesWrites: notes !== undefined,

    async discover(signal) {
      const discovery = await readDiscovery(connection, signal);
      reading = toReading(profile, discovery);
      return toCapabilities(profile, discovery);
    },

    probe: (signal) => tryList(connection, profile.facts.users.value ? "Users" : "Groups", signal),

    test: (signal, ours = []) => testConnection(connection, profile, ours, signal),

    async create(type, document, signal, resourceId) {
      const about = { ...at(type), ...(resourceId !== undefined && { resourceId }) };
      return processResourceAnswer(await connection.send({ ...about, method: "POST", body: document }, signal));
    },

    async modify(type, id, operations, signal) {
      const body = { schemas: [patchOpSchema], Operations: operations.map(toJson) };
      processEmptyAnswer(await connection.send({ ...at(type), method: "PATCH", id, body }, signal));
    },

    async replace(type, id, document, signal, said = {}) {
      processEmptyAnswer(await connection.send({ ...at(type), method: "PUT", id, body: document, said }, signal));
    },

    async remove(type, id, signal) {
      processEmptyAnswer(await connection.send({ ...at(type), method: "DELETE", id }, signal));
    },

    async read(type, id, signal): Promise<RemoteResource | null> {
      const answer = await connection.send({ ...at(type), method: "GET", id }, signal);
      return unlessMissing(() => processResourceAnswer(answer));
    },

    async find(type, attribute, value, signal) {
      const lookup = { ...at(type), attribute, value, count: reading.count, query: withoutMembers(type) };
      return reading.filterTrust ? findByFilter(connection, lookup, signal) : findInList(connection, lookup, signal);
    },

    async *list(type, signal, attempt) {
      const paged = { ...at(type), count: reading.count, query: withoutMembers(type), ...(attempt && { attempt }) };
      for await (const { resources } of readPages(connection, paged, signal)) {
        if (resources.length > 0) yield resources;
      }
    },

    close: () => connection.close(),
  };
}

function at(type: ResourceType): Pick<ScimRequest, "collection"> {
  return { collection: type === "User" ? "Users" : "Groups" };
}

// A group's members are many, and what we put there we know.
function withoutMembers(type: ResourceType): Readonly<Record<string, string>> {
  return type === "Group" ? { excludedAttributes: "members" } : {};
}

function toJson(operation: PatchOperation): JsonObject {
  return JSON.parse(JSON.stringify(operation)) as JsonObject;
}

async function unlessMissing<T>(judge: () => T): Promise<T | null> {
  try {
    return judge();
  } catch (error) {
    if (error instanceof TargetError && error.code === "missing") return null;
    throw error;
  }
}
