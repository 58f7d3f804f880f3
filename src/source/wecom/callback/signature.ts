import { createHash, timingSafeEqual } from "node:crypto";

/** What WeCom puts into the query beside the ciphertext. */
export interface SignedQuery {
  readonly msg_signature?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly nonce?: string | undefined;
}

/**
 * Whether who sent this knows the token: SHA-1 over the four texts, sorted and joined, in hexadecimal. Compared without
 * telling by its time how much of it was right.
 *
 * A timestamp may be of any age: WeCom names no window, and an event that is sent once more only has somebody read again.
 */
export function isSignedWith(token: string, query: Required<SignedQuery>, ciphertext: string): boolean {
  const parts = [token, query.timestamp ?? "", query.nonce ?? "", ciphertext].sort();
  const expected = createHash("sha1").update(parts.join("")).digest();
  const given = query.msg_signature ?? "";
  if (!/^[0-9a-fA-F]{40}$/.test(given)) return false;
  return timingSafeEqual(expected, Buffer.from(given, "hex"));
}
