import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { type RemoteResource, TargetError, type TargetErrorCode } from "../target.ts";
import type { Conceal } from "./conceal.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What a server answered to one SCIM request, and what is needed to judge it. No network in here. */
export interface ScimAnswer {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `POST /Users`, `PATCH /Users/{id}`: for messages. Without the query, which may hold personal data. */
  readonly what: string;
  /** Whether the request was about one resource by its id, or about a collection. */
  readonly about: "resource" | "collection";
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** True if the answer was longer than is read; `text` is empty then. */
  readonly tooLong: boolean;
  readonly receivedAt: number;
  readonly conceal: Conceal;
}

/** The JSON object of an answer that should be a success. @throws TargetError */
export function processObjectAnswer(answer: ScimAnswer): JsonObject {
  const json = processJsonAnswer(answer);
  if (!isJsonObject(json)) throw nonsense(answer, "the answer is not a JSON object");
  return json;
}

/** The JSON value of an answer that should be a success. @throws TargetError */
export function processJsonAnswer(answer: ScimAnswer): Json {
  assertSuccess(answer);
  const json = parseJson(answer.text);
  refuseDisguised(answer, json);
  if (json !== undefined) return json;
  throw nonsense(answer, unreadable(answer));
}

/** An answer whose body does not matter, as long as it isn't something else than SCIM. @throws TargetError */
export function processEmptyAnswer(answer: ScimAnswer): void {
  assertSuccess(answer);
  // Also where it is too long to be read: servers answer with the whole group, however many members that has.
  if (answer.text.trim() === "") return;
  const json = parseJson(answer.text);
  if (json === undefined) throw nonsense(answer, unreadable(answer));
  refuseDisguised(answer, json);
  // A success carries a SCIM resource or nothing.
  if (!isJsonObject(json) || (member(json, "schemas") === undefined && member(json, "id") === undefined)) {
    throw nonsense(answer, `the answer is no SCIM resource${explanation(answer)}`);
  }
}

/** The resource that was read or written. @throws TargetError also where it has no id */
export function processResourceAnswer(answer: ScimAnswer): RemoteResource {
  const document = processObjectAnswer(answer);
  const id = idOf(document);
  if (id === null) throw nonsense(answer, `the answer is no resource, for it has no id${explanation(answer)}`);
  return { id, document };
}

/** A resource's id; null if it has none. Servers that number their resources sometimes forget the quotes. */
export function idOf(document: JsonObject): string | null {
  const id = member(document, "id");
  if (typeof id === "number" && Number.isSafeInteger(id)) return String(id);
  return typeof id === "string" && id !== "" ? id : null;
}

/** Throws the {@link TargetError} that says what the caller should do next, unless the status is a success. */
export function assertSuccess(answer: ScimAnswer): void {
  const { status } = answer;
  if (status === 202) throw nonsense(answer, "accepted for later, which cannot be followed");
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) {
    const advice = "redirects are not followed, enter the address that the server wants as the base URL";
    throw failure("nonsense", answer, `${advice}${destination(answer)}`, false);
  }
  const error = parseScimError(answer.text);
  const code = codeOf(answer, error);
  const words = `${scimTypeOf(error)}${explanation(answer)}${adviceFor(code, answer, error)}`;
  throw failure(code, answer, words.replace(/^[:.;] ?/, ""), isDoubtful(answer));
}

/**
 * Some products refuse with 200 and an error shape of their own: Casdoor's `{ "status": "error", "msg": … }`. Of a list it
 * is the credentials that are refused, of anything else perhaps just this.
 */
function refuseDisguised(answer: ScimAnswer, json: Json | undefined): void {
  if (json === undefined || !isJsonObject(json) || member(json, "schemas") !== undefined) return;
  if (member(json, "status") !== "error") return;
  const code = codeOf({ ...answer, status: 403 }, null);
  const words = `it is a refusal${explanation(answer)}${adviceFor(code, answer, null)}`;
  throw failure(code, answer, words, false);
}

/** An answer that is no SCIM. After a write the request may have been carried out all the same. */
export function nonsense(answer: ScimAnswer, problem: string): TargetError {
  return failure("nonsense", answer, problem, answer.method !== "GET" && answer.status < 300);
}

function codeOf({ status, about, method, text }: ScimAnswer, error: JsonObject | null): TargetErrorCode {
  switch (status) {
    case 401:
    case 407:
      return "unauthorized";
    // A refused read of a whole collection concerns everything, a refused write perhaps just this one.
    case 403:
      return about === "collection" && method === "GET" ? "unauthorized" : "refused";
    case 404:
    case 410:
      // A web server's own page means that no SCIM service was asked, so it says nothing about the resource.
      if (isHtml(text) || (about === "collection" && error === null)) return "nonsense";
      return about === "resource" ? "missing" : "refused";
    case 409:
      return "conflict";
    case 400:
      // What RFC 7644 §3.12 wants as a 409, some servers send as a 400 with the scimType of it.
      return error !== null && member(error, "scimType") === "uniqueness" ? "conflict" : "refused";
    case 429:
    case 503:
      return "throttled";
    case 408:
    case 425:
      return "unavailable";
    case 501:
      return "refused";
    default:
      return status >= 500 ? "unavailable" : "refused";
  }
}

// 501 says that nothing was tried; of every other 5xx and of a timeout nobody knows how far it came.
function isDoubtful({ method, status }: ScimAnswer): boolean {
  return method !== "GET" && (status === 408 || (status >= 500 && status !== 501));
}

function adviceFor(code: TargetErrorCode, { about, status }: ScimAnswer, error: JsonObject | null): string {
  if (code === "unauthorized") return "; check the credentials and what they are allowed to do";
  if (code === "nonsense" && about === "collection") return "; no SCIM service answers there, check the base URL";
  if (code === "nonsense") return "; a web page came instead of a SCIM error, check the base URL";
  return status === 412 && error === null ? "; the server wants a version that was not sent" : "";
}

function failure(code: TargetErrorCode, answer: ScimAnswer, words: string, doubt: boolean): TargetError {
  const tail = words === "" ? "" : `: ${words}`;
  return new TargetError(code, `${answer.what} answered ${answer.status}${tail}`, {
    status: answer.status,
    doubt,
    retryAfterMs: retryAfterMs(answer.headers.get("retry-after"), answer.receivedAt),
  });
}

function scimTypeOf(error: JsonObject | null): string {
  const scimType = error === null ? undefined : member(error, "scimType");
  return typeof scimType === "string" && /^[A-Za-z]{1,40}$/.test(scimType) ? scimType : "";
}

// RFC 7644 §3.12 has `detail`; the others are what servers send whose errors come from their framework.
function explanation({ text, conceal }: ScimAnswer): string {
  const json = parseJson(text);
  if (!isJsonObject(json)) return "";
  const words = ["detail", "message", "msg", "error_description", "error"].map((key) => member(json, key));
  const first = words.find((word) => typeof word === "string" && word !== "");
  const shown = typeof first === "string" ? conceal(first) : "";
  return shown === "" ? "" : `: ${shown}`;
}

/** The body as a SCIM Error, or null: many servers send something else, and it is never required. */
function parseScimError(text: string): JsonObject | null {
  const json = parseJson(text);
  if (!isJsonObject(json)) return null;
  const schemas = member(json, "schemas");
  const named = Array.isArray(schemas) && schemas.some((urn) => String(urn).endsWith(":2.0:Error"));
  return named || member(json, "scimType") !== undefined ? json : null;
}

// Only host and path: the query of a login page's address may carry a state that is worth something.
function destination({ headers, conceal }: ScimAnswer): string {
  const location = headers.get("location") ?? "";
  if (location === "") return "";
  const end = location.search(/[?#]/);
  return ` (it points to ${conceal(end < 0 ? location : location.slice(0, end))})`;
}

function unreadable({ text, tooLong }: ScimAnswer): string {
  if (tooLong) return "the answer is too long";
  if (text.trim() === "") return "the answer is empty";
  if (isHtml(text)) return "the answer is a web page, not SCIM; check the base URL";
  return "the answer is not JSON, or only a part of it";
}

function isHtml(text: string): boolean {
  return /^\s*(?:<!--[\s\S]{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(text);
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
