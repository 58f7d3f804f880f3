import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { describeBreak, findBreak } from "../lib/json-break.ts";
import { jsonPointer } from "../lib/json-pointer.ts";
import { NameTakenError } from "../store/store.ts";

/** One thing that is wrong with a request: a member of its body, or a parameter of its URL. */
export type ProblemItem =
  | {
      readonly pointer: string;
      readonly detail: string;
      /** Of a body that is a file, or no JSON: where in its text, from 1. */
      readonly line?: number;
      readonly column?: number;
    }
  | { readonly parameter: string; readonly detail: string };

/** What went wrong, for programs: the last part of the problem's `type`. */
export type ProblemCode = keyof typeof titles;

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 502 | 503;

const titles = {
  "invalid-request": "The request is not of the expected form",
  unauthorized: "Authentication is needed",
  forbidden: "This is not allowed",
  "not-found": "There is no such thing",
  "name-taken": "The name is taken",
  "limit-reached": "A limit is reached",
  conflict: "The request collides with the present state",
  "plan-moved": "The plan is out of date",
  "too-large": "The body is too large",
  busy: "The server is busy with the like",
  "too-many-attempts": "Too many attempts",
  upstream: "The other side did not answer as it should",
  internal: "Something went wrong",
} as const;

/** Thrown by handlers; becomes an RFC 9457 `application/problem+json` answer. */
export class ProblemError extends Error {
  readonly status: ProblemStatus;
  readonly code: ProblemCode;
  readonly errors: readonly ProblemItem[];
  /** When to ask again; null where that is not known. */
  readonly retryAfterSeconds: number | null;
  /** Extension members (RFC 9457 §3.2). */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: ProblemStatus,
    code: ProblemCode,
    detail: string,
    errors: readonly ProblemItem[] = [],
    {
      retryAfterSeconds = null,
      members = {},
    }: { readonly retryAfterSeconds?: number | null; readonly members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(detail);
    this.name = "ProblemError";
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = members;
  }
}

/** 404 that names the kind of thing and what was asked for. */
export function notFound(kind: string, name: string): ProblemError {
  return new ProblemError(404, "not-found", `There is no ${kind} "${name.slice(0, 100)}".`);
}

/** 409 for a name that another thing of this kind has. */
export function nameTaken(kind: NameTakenError["kind"], name: string): ProblemError {
  return new ProblemError(409, "name-taken", `There is a ${kind} "${name}" already.`, [
    { pointer: "/name", detail: `is taken by another ${kind === "SCIM client" ? "client" : kind}` },
  ]);
}

/** 400 that lists everything that is wrong with a body. */
export function invalid(errors: readonly ProblemItem[]): ProblemError {
  const [first] = errors;
  const rest = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const place = first === undefined ? "" : "pointer" in first ? first.pointer || "the body" : first.parameter;
  const detail = first === undefined ? "The request is not of the expected form." : `${place}: ${first.detail}${rest}`;
  return new ProblemError(400, "invalid-request", detail, errors);
}

export function problemResponse(c: Context, problem: ProblemError): Response {
  const body = {
    type: `urn:wecom-scim-bridge:problem:${problem.code}`,
    title: titles[problem.code],
    status: problem.status,
    detail: problem.message,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
    ...problem.members,
  };
  return c.body(JSON.stringify(body), problem.status, {
    "content-type": "application/problem+json",
    ...(problem.retryAfterSeconds !== null && { "retry-after": String(problem.retryAfterSeconds) }),
  });
}

/** Problems as they are; of Hono's own refusals what they mean here. Null for what nobody expected. */
export function toProblem(error: unknown): ProblemError | null {
  if (error instanceof ProblemError) return error;
  if (error instanceof NameTakenError) return nameTaken(error.kind, error.taken);
  if (!(error instanceof HTTPException)) return null;
  // A body sent as something else than JSON is, to this API, a body that is no JSON.
  if (error.status === 415 || error.status === 400) {
    return new ProblemError(400, "invalid-request", "The body has to be sent with Content-Type: application/json.");
  }
  return null;
}

/** Whether an error is Hono's, about a body that is sent as JSON and is none. */
export function isBrokenJson(error: unknown): boolean {
  return error instanceof HTTPException && error.status === 400 && error.message.startsWith("Malformed JSON");
}

/** 400 that says where a body ceases to be JSON. */
export function brokenJson(text: string): ProblemError {
  const detail = `The body is not JSON: ${describeBreak(text)}.`;
  return new ProblemError(400, "invalid-request", detail, [{ pointer: "", detail: "is not JSON", ...findBreak(text) }]);
}

/** The part of zod's issues that is read here. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Issues of a parser as problem items, unknown members one by one.
 *
 * @param part `json` for a body (items have pointers), else a part of the URL (items name the parameter)
 */
export function toProblemItems(issues: readonly Issue[], part: string): readonly ProblemItem[] {
  return issues.flatMap((issue) => {
    const unknown = issue.code === "unrecognized_keys" && "keys" in issue && Array.isArray(issue.keys);
    const paths: readonly (readonly PropertyKey[])[] = unknown
      ? (issue.keys as readonly PropertyKey[]).map((key) => [...issue.path, key])
      : [issue.path];
    const detail = unknown ? "is not known here: is it misspelt?" : inWords(issue.message);
    return paths.map((path) =>
      part === "json" ? { pointer: jsonPointer(path), detail } : { parameter: path.map(String).join("."), detail },
    );
  });
}

function inWords(message: string): string {
  const text = message.replace(/^Invalid input: /, "");
  return text.endsWith(", received undefined") ? text.replace(", received undefined", ", but it is missing") : text;
}
