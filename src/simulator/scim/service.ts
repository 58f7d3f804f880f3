import { createHash, timingSafeEqual } from "node:crypto";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Directory, Entry } from "./directory.ts";
import { resourceTypes, schemas, serviceProviderConfig } from "./discovery.ts";
import { type Journal, Judge } from "./journal.ts";
import type { Model, Models } from "./model.ts";
import { createResource, modifyResource, replaceResource } from "./operations.ts";
import type { Policy } from "./policy.ts";
import { parseProjection } from "./projection.ts";
import { list, parseSearch, parseUrlQuery, type ReadParts, represent } from "./query.ts";
import { errorBody, Refusal } from "./refusal.ts";
import { entityTag, location } from "./render.ts";

/** A request below the base URL. */
export interface ScimRequest {
  readonly method: string;
  /** Below the base, undecoded: `/Users/…`. */
  readonly path: string;
  readonly search: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

export interface ScimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for an answer without a body. */
  readonly body: string | null;
}

export interface ServiceParts {
  readonly directory: Directory;
  readonly journal: Journal;
  readonly models: Models;
  readonly policy: Policy;
  readonly token: string;
  readonly baseUrl: () => string;
  readonly pageSize: number;
  readonly returnMembers: boolean;
  readonly shown?: ReadParts["shown"];
}

/** The service provider as a function from a request to its answer. All of it happens at once: no await inside. */
export type Service = (request: ScimRequest) => ScimAnswer;

export function makeService(parts: ServiceParts): Service {
  const isAuthorized = makeAuthorization(parts.token);
  return (request) => {
    try {
      if (parts.policy.userAgent && !request.header("user-agent")) {
        throw new Refusal(403, undefined, "Requests need a User-Agent header.");
      }
      if (!isAuthorized(request.header("authorization"))) {
        if (parts.policy.disguisedRefusals) return ok({ status: "error", msg: "Unauthorized operation" });
        throw new Refusal(401, undefined, "A bearer token is needed.", { "www-authenticate": 'Bearer realm="scim"' });
      }
      return answer(parts, request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, headers: { ...error.headers, ...mediaType }, body: errorBody(error) };
    }
  };
}

/** What a request is about, for the counters and the faults: `User`, `Group`, or the endpoint's name. */
export function typeOf(path: string): string {
  const endpoint = path.split("/", 2)[1] ?? "";
  if (endpoint === "Users") return "User";
  return endpoint === "Groups" ? "Group" : /^[A-Za-z.]{1,40}$/.test(endpoint) ? endpoint : "other";
}

const mediaType = { "content-type": "application/scim+json; charset=utf-8" };

function makeAuthorization(token: string): (header: string | undefined) => boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(token);
  return (header) => {
    const given = /^bearer +(.+)$/i.exec(header ?? "")?.[1];
    return given !== undefined && timingSafeEqual(digest(given), wanted);
  };
}

function answer(parts: ServiceParts, request: ScimRequest): ScimAnswer {
  const { method, path } = request;
  const judge = new Judge(parts.journal, method, path);
  checkAccept(request, judge);
  const [endpoint = "", id, ...rest] = path.split("/").slice(1);
  if (rest.length > 0) throw notFound();
  switch (endpoint) {
    case "Users":
    case "Groups": {
      const model = endpoint === "Users" ? parts.models.User : parts.models.Group;
      const read: ReadParts = { ...parts, model, baseUrl: parts.baseUrl() };
      if (id === undefined || id === "") return onCollection(parts, read, request, judge);
      if (id === ".search") return onSearch(read, request, judge);
      return onResource(parts, read, request, decoded(id), judge);
    }
    case "ServiceProviderConfig":
    case "ResourceTypes":
    case "Schemas":
      return onDiscovery(parts, request, endpoint, id === undefined ? undefined : decoded(id), judge);
    case "Bulk":
    case "Me":
    case "":
    case ".search":
      return judge.refuse("feature-unsupported", `/${endpoint} is not supported.`, undefined, 501);
    default:
      throw notFound();
  }
}

function onCollection(parts: ServiceParts, read: ReadParts, request: ScimRequest, judge: Judge): ScimAnswer {
  if (request.method === "GET") return ok(list(read, parseUrlQuery(read, request.search, judge), judge));
  if (request.method !== "POST") return undefinedMethod(judge, "GET, POST");
  const projection = projectionOf(read.model, request.search, judge);
  const body = parseBody(request, judge);
  const entry = createResource({ ...parts, model: read.model, judge }, body);
  const headers = { location: location(entry, read.baseUrl), etag: entityTag(entry) };
  return ok(represent(read, entry, projection), 201, headers);
}

function onSearch(read: ReadParts, request: ScimRequest, judge: Judge): ScimAnswer {
  if (request.method !== "POST") return undefinedMethod(judge, "POST");
  return ok(list(read, parseSearch(read, parseBody(request, judge), judge), judge));
}

function onResource(parts: ServiceParts, read: ReadParts, request: ScimRequest, id: string, judge: Judge): ScimAnswer {
  const { method } = request;
  if (!["GET", "PUT", "PATCH", "DELETE"].includes(method)) return undefinedMethod(judge, "GET, PUT, PATCH, DELETE");
  const entry = parts.directory.get(read.model.type, id);
  if (!entry) {
    if (method === "DELETE") judge.noop("delete-of-absent");
    throw notFound();
  }
  const projection = projectionOf(read.model, request.search, judge);
  if (method === "GET") {
    if (matches(request.header("if-none-match"), entry)) {
      return { status: 304, headers: { etag: entityTag(entry) }, body: null };
    }
    return ok(represent(read, entry, projection), 200, { etag: entityTag(entry) });
  }
  const condition = request.header("if-match");
  if (condition !== undefined && !matches(condition, entry)) {
    throw new Refusal(412, undefined, "The resource has another version.");
  }
  if (method === "DELETE") {
    parts.directory.delete(entry);
    return { status: 204, headers: {}, body: null };
  }
  if (method === "PATCH" && !parts.policy.patch) {
    return judge.refuse("feature-unsupported", "PATCH is not supported.", undefined, 501);
  }
  const write = { ...parts, model: read.model, judge };
  if (method === "PUT") replaceResource(write, entry, parseBody(request, judge));
  else modifyResource(write, entry, parseBody(request, judge));
  // RFC 7644 §3.5.2: 200 with the resource or 204. A group's members are not sent back unless they are asked for.
  if (method === "PATCH" && read.model.type === "Group" && projection.kind === "all") {
    return { status: 204, headers: { etag: entityTag(entry) }, body: null };
  }
  return ok(represent(read, entry, projection), 200, { etag: entityTag(entry) });
}

function onDiscovery(
  parts: ServiceParts,
  request: ScimRequest,
  endpoint: "ServiceProviderConfig" | "ResourceTypes" | "Schemas",
  id: string | undefined,
  judge: Judge,
): ScimAnswer {
  if (request.method !== "GET") return undefinedMethod(judge, "GET");
  // RFC 7644 §4: a filter there is answered 403.
  if (request.search.has("filter")) judge.refuse("query-filter", `/${endpoint} takes no filter.`, undefined, 403);
  const { models, pageSize, policy } = parts;
  const baseUrl = parts.baseUrl();
  if (endpoint === "ResourceTypes") return ok(resourceTypes(models, baseUrl, id));
  if (endpoint === "Schemas") return ok(schemas(models, baseUrl, id));
  if (id !== undefined) throw notFound();
  return ok(serviceProviderConfig(baseUrl, pageSize, policy));
}

function checkAccept({ header }: ScimRequest, judge: Judge): void {
  const accept = header("accept");
  if (accept === undefined || /application\/(scim\+json|json|\*)|\*\/\*/i.test(accept)) return;
  judge.refuse("http-accept", "Accept admits no SCIM.", undefined, 406);
}

function parseBody({ header, body }: ScimRequest, judge: Judge): JsonObject {
  const type = header("content-type") ?? "";
  const [, subtype, charset] = /^application\/(scim\+json|json)\s*(?:;\s*charset="?([\w-]+)"?\s*)?$/i.exec(type) ?? [];
  if (!subtype || (charset && charset.toLowerCase() !== "utf-8")) {
    judge.refuse("http-media-type", "The Content-Type is another one.", undefined, 415);
  }
  // RFC 7644 §8.1 asks service providers to take it, and not all do.
  if (subtype.toLowerCase() === "json") judge.note("http-media-type", "The Content-Type is application/json.");
  let value: Json | undefined;
  try {
    value = JSON.parse(body);
  } catch {
    judge.refuse("http-json", "The body is no JSON.", "invalidSyntax");
  }
  if (!isJsonObject(value)) judge.refuse("http-json", "The body is no object.", "invalidSyntax");
  return value;
}

function projectionOf(model: Model, search: URLSearchParams, judge: Judge) {
  const names = (parameter: string) =>
    search
      .get(parameter)
      ?.split(",")
      .map((name) => name.trim());
  return parseProjection(model, names("attributes"), names("excludedAttributes"), judge);
}

function matches(condition: string | undefined, entry: Entry): boolean {
  if (condition === undefined) return false;
  const tags = condition.split(",").map((tag) => tag.trim());
  return tags.includes("*") || tags.includes(entityTag(entry));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw notFound();
  }
}

function ok(body: JsonObject, status = 200, headers: Readonly<Record<string, string>> = {}): ScimAnswer {
  return { status, headers: { ...headers, ...mediaType }, body: JSON.stringify(body) };
}

function undefinedMethod(judge: Judge, allow: string): never {
  try {
    return judge.refuse("http-method", `Allowed are ${allow}.`, undefined, 405);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(405, undefined, error.message, { allow });
    throw error;
  }
}

function notFound(): Refusal {
  return new Refusal(404, undefined, "There is no such resource.");
}
