import { TargetError, type TargetErrorCode } from "../../target/target.ts";

/** The target cannot be pushed to now: what is left stays pending. */
export class TargetDownError extends Error {
  readonly code: string;

  constructor(code: string, detail: string, cause: unknown) {
    super(detail, { cause });
    this.name = "TargetDownError";
    this.code = code;
  }
}

/** Of a push that ended because of the target itself: why, for whoever looks at the target. */
export interface Outage {
  /** `target.unauthorized`. */
  readonly code: string;
  /** A sentence without the server's words, which may name a person. */
  readonly detail: string;
  /** So long the target asked to be left alone, in milliseconds; null: it did not say. */
  readonly retryAfterMs: number | null;
}

/** What an error says of the target as a whole; null for one that is not about it. */
export function outageOf(error: unknown): Outage | null {
  const isDown = error instanceof TargetDownError;
  const cause = isDown ? error.cause : error;
  if (!(cause instanceof TargetError)) return null;
  return {
    code: isDown ? error.code : `target.${cause.code}`,
    detail: sentences[cause.code](cause),
    retryAfterMs: cause.retryAfterMs,
  };
}

const http = ({ status }: TargetError): string => (status === null ? "" : ` (HTTP ${status})`);

/** Without an HTTP status there was no answer: the words are our own. */
const what = (error: TargetError): string => (error.status === null ? ` (${error.message})` : http(error));

const refuses = (error: TargetError): string =>
  `the target refuses whatever it is sent${http(error)}; the records of the task say more`;

const sentences: Readonly<Record<TargetErrorCode, (error: TargetError) => string>> = {
  unauthorized: (error) => `the target does not accept the credentials${http(error)}: check them`,
  unavailable: (error) => `the target does not answer${what(error)}`,
  nonsense: (error) => `what answers is no SCIM service${what(error)}: check the base URL`,
  throttled: (error) => `the target asks to wait, and takes nothing${http(error)}`,
  profile: ({ message }) => message,
  refused: refuses,
  conflict: refuses,
  missing: (error) => `the target does not have what it is asked for${http(error)}: check the base URL`,
};
