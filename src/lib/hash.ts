import { hash } from "node:crypto";

/** SHA-256 of a text, 32 characters of base64url (192 bits): for change detection, short enough for a column. */
export function contentHash(text: string): string {
  // In one call: a Hash object for each of a hundred thousand records costs more than the hashing.
  return hash("sha256", text, "base64url").slice(0, 32);
}

/** 52 bits of the SHA-256 of a text, as a whole number that is never 0. */
export function numericHash(text: string): number {
  return Number.parseInt(hash("sha256", text, "hex").slice(0, 13), 16) + 1;
}
