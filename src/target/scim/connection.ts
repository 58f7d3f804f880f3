import type { JsonObject } from "../../lib/json.ts";
import { TargetError, type WriteRequest } from "../target.ts";
import type { ScimAnswer } from "./answer.ts";
import { type Authorization, type Credentials, makeAuthorization, type TargetAuth } from "./authorization.ts";
import { makeConceal } from "./conceal.ts";
import { ExchangeError, type ExchangeOptions, type HttpExchange, makeHttpExchange } from "./http-exchange.ts";
import { makeRateLimit, type RateLimit } from "./rate-limit.ts";

export interface ConnectionOptions extends Omit<ExchangeOptions, "maxAnswerBytes"> {
  /** The service provider's root, for example `https://app.example.com/scim/v2`, with or without a slash at its end. */
  readonly baseUrl: string;
  readonly auth: TargetAuth;
  /** The program's version, for `User-Agent`: some servers refuse requests without one. */
  readonly version: string;
  /** 0 for no limit of our own. */
  readonly requestsPerSecond: number;
  /** Shared with another connection to the same product; its own if absent. */
  readonly limit?: RateLimit | undefined;
  /** Parameters of every call's query; their values are secrets. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface ScimRequest {
  readonly method: ScimAnswer["method"];
  /** `Users`, `Groups`, `Schemas`, … */
  readonly collection: string;
  readonly id?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** Of a PUT: what of the body the bridge says; the rest is as the target returned it. */
  readonly said?: JsonObject;
  /** A value in the query that must not come back in an error. */
  readonly lookedFor?: string;
  /** Of a POST: our own id of what is created. */
  readonly resourceId?: string;
}

/**
 * The one place where a request gets its path and its text, whether it is sent then or written down.
 *
 * @throws {TargetError} for an id that cannot stand in a path
 */
export function writeOut({ method, collection, id, body }: ScimRequest): {
  readonly method: ScimRequest["method"];
  readonly path: string;
  readonly body: WriteRequest["body"];
  /** `PATCH /Users/{id}`, for messages. */
  readonly what: string;
} {
  const what = id === undefined ? `${method} /${collection}` : `${method} /${collection}/${id}`;
  const path = `/${collection}${id === undefined ? "" : `/${idSegment(id, what)}`}`;
  return { method, path, body: body === undefined ? null : JSON.stringify(body), what };
}

/** Sends SCIM requests; whatever is answered is an answer. Waits for the rate limit, and for nothing else. */
export interface Connection {
  /** @throws TargetError when there is no answer, or the signal's reason */
  send(request: ScimRequest, signal: AbortSignal): Promise<ScimAnswer>;
  close(): Promise<void>;
}

// A page of 1,000 users with everything in it is about 2 MB.
const maxAnswerBytes = 16 * 1024 * 1024;

/** @throws TypeError for a base URL or credentials that can't be used */
export function makeConnection(options: ConnectionOptions): Connection {
  const http = makeHttpExchange({ ...options, maxAnswerBytes });
  const parts: Parts = {
    http,
    base: parseBaseUrl(options.baseUrl),
    authorization: makeAuthorization(options.auth, http, options.clock),
    limit: options.limit ?? makeRateLimit(options.requestsPerSecond, options),
    userAgent: `wecom-scim-bridge/${options.version}`,
    query: options.query ?? {},
    clock: options.clock,
  };
  return {
    async send(request, signal) {
      const credentials = await parts.authorization.credentials(signal);
      const answer = await sendOnce(parts, request, credentials, signal);
      // A 401 means that nothing was done, so that even a create can be sent again: once, with a new token.
      if (answer.status !== 401 || !parts.authorization.renew(credentials)) return answer;
      return sendOnce(parts, request, await parts.authorization.credentials(signal), signal);
    },
    close: () => http.close(),
  };
}

interface Parts {
  readonly http: HttpExchange;
  readonly base: string;
  readonly authorization: Authorization;
  readonly limit: RateLimit;
  readonly userAgent: string;
  readonly query: Readonly<Record<string, string>>;
  readonly clock: () => number;
}

async function sendOnce(
  { http, base, limit, userAgent, query, clock }: Parts,
  request: ScimRequest,
  { header, secrets }: Credentials,
  signal: AbortSignal,
): Promise<ScimAnswer> {
  const { method, path, body, what } = writeOut(request);
  const search = queryOf({ ...query, ...request.query });
  const url = new URL(`${base}${path}${search === "" ? "" : `?${search}`}`);
  const headers: Record<string, string> = {
    accept: "application/scim+json, application/json",
    "user-agent": userAgent,
    [header[0]]: header[1],
    ...(body === null ? {} : { "content-type": "application/scim+json" }),
  };
  await limit(signal);
  signal.throwIfAborted();
  try {
    const content = body === null ? {} : { body };
    const answer = await http.send({ method, url, headers, ...content, finishes: method !== "GET" }, signal);
    const inQuery = Object.values(query).flatMap((value) => [value, encodeURIComponent(value)]);
    const conceal = makeConceal([...secrets, ...inQuery], request.body ?? request.lookedFor);
    const about = request.id === undefined ? "collection" : "resource";
    return { method, what, about, receivedAt: clock(), conceal, ...answer };
  } catch (error) {
    throw error instanceof ExchangeError ? toTargetError(error, method, what) : error;
  }
}

function toTargetError(error: ExchangeError, method: ScimAnswer["method"], what: string): TargetError {
  return new TargetError(error.kind === "answer" ? "nonsense" : "unavailable", `${what}: ${error.message}`, {
    doubt: error.sent && method !== "GET",
    cause: error,
  });
}

// Ids are the server's and may hold anything, slashes too. `.` and `..` would change the path however they are encoded,
// and half a surrogate pair has no encoding.
function idSegment(id: string, what: string): string {
  if (id === "" || id === "." || id === ".." || /\p{Cs}/u.test(id)) {
    throw new TargetError("nonsense", `${what}: the server once gave an id that cannot stand in a path`);
  }
  return encodeURIComponent(id);
}

// Not URLSearchParams: it writes a space as `+`, which is form encoding and read as a plus sign by servers that follow
// RFC 3986.
function queryOf(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const usable =
    url !== null &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  if (!usable)
    throw new TypeError("The target's baseUrl must be an http(s) URL without credentials, query and fragment.");
  return url.origin + url.pathname.replace(/\/+$/, "");
}
