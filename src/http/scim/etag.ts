import type { Precondition } from "../../directory/writing.ts";
import { versionOf } from "./resource-text.ts";

// Conditional requests (RFC 7644 §3.14, RFC 9110 §13.1). Versions are weak tags, and compared weakly also for `If-Match`:
// RFC 7644 uses them so, though RFC 9110 would have them never match.

/** The conditions of a request, as they came. */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/**
 * What becomes of a GET of what has this tag: `If-Match` comes first and fails it as it fails a write (RFC 9110 §13.1.1,
 * §13.2.2).
 */
export function judgeRead({ ifMatch, ifNoneMatch }: Conditions, etag: string): "whole" | "unchanged" | "failed" {
  if (ifMatch !== undefined && !names(ifMatch, etag)) return "failed";
  return ifNoneMatch !== undefined && names(ifNoneMatch, etag) ? "unchanged" : "whole";
}

/** What a write asks for; undefined where it asks for nothing. `If-None-Match: *` is for what is not there yet. */
export function preconditionOf({ ifMatch, ifNoneMatch }: Conditions): Precondition | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  return (row) => judgeRead({ ifMatch, ifNoneMatch }, versionOf(row)) === "whole";
}

function names(header: string, etag: string): boolean {
  const opaque = opaqueTag(etag);
  return header.split(",").some((tag) => tag.trim() === "*" || opaqueTag(tag.trim()) === opaque);
}

function opaqueTag(tag: string): string {
  return tag.replace(/^W\//, "");
}
