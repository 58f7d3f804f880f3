import { createHash } from "node:crypto";

/** SHA-256 of a text, 32 characters of base64url (192 bits): for change detection, short enough for a column. */
export function contentHash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 32);
}
