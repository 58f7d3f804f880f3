/** What is wrong with one member of a form that was refused. */
export interface ProblemItem {
  /** JSON Pointer (RFC 6901) into the body. */
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
  readonly line?: number;
  readonly column?: number;
}

/** An answer of the management API that is no success: its RFC 9457 body. */
export class ApiProblem extends Error {
  readonly status: number;
  /** The last part of the problem's `type`: `conflict`, `not-found`, … */
  readonly code: string;
  readonly errors: readonly ProblemItem[];
  /** The whole body, for what it holds besides. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body["detail"] === "string" ? body["detail"] : `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = typeof body["type"] === "string" ? (body["type"].split(":").at(-1) ?? "") : "";
    this.errors = Array.isArray(body["errors"]) ? body["errors"] : [];
    this.body = body;
  }
}

/** The bridge did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The bridge does not answer.", { cause });
    this.name = "Unreachable";
  }
}
