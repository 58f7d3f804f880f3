import type { Precondition } from "../../directory/writing.ts";
import { versionOf } from "./resource-text.ts";

// Conditional requests (RFC 7644 §3.14, RFC 9110 §13.1). Versions are weak tags, and compared weakly also for `If-Match`:
// RFC 7644 uses them so, though RFC 9110 would have them never match.

/** Whether `If-None-Match` names this tag. */
export function isUnchanged(header: string | undefined, etag: string): boolean {
  return header !== undefined && names(header, etag);
}

/** What `If-Match` asks for; undefined where it is not there. */
export function preconditionOf(header: string | undefined): Precondition | undefined {
  return header === undefined ? undefined : (row) => names(header, versionOf(row));
}

function names(header: string, etag: string): boolean {
  const opaque = opaqueTag(etag);
  return header.split(",").some((tag) => tag.trim() === "*" || opaqueTag(tag.trim()) === opaque);
}

function opaqueTag(tag: string): string {
  return tag.replace(/^W\//, "");
}
