import { isUtf8 } from "node:buffer";
import { createDecipheriv } from "node:crypto";

/** A message as it was before it was encrypted. */
export interface Decrypted {
  readonly message: string;
  /** For whom it is: the corp's id, of events of a corp's own. */
  readonly receiveId: string;
}

const blockBytes = 32;
const randomBytes = 16;

/**
 * AES-256-CBC under the EncodingAESKey, with its first half as the initialisation vector; the plaintext is 16 random bytes,
 * the message's length in 4 bytes, the message, and for whom it is, padded as PKCS#7 says but to 32 bytes (WeCom doc
 * path/91144). Null for what was not made so with this key.
 */
export function decrypt(encodingAesKey: string, ciphertext: string): Decrypted | null {
  // 43 characters hold two bits more than 32 bytes; Node does not mind what those are.
  const key = Buffer.from(`${encodingAesKey}=`, "base64");
  const bytes = Buffer.from(ciphertext, "base64");
  if (key.length !== 32 || bytes.length === 0 || bytes.length % 16 !== 0) return null;
  const cipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return split(Buffer.concat([cipher.update(bytes), cipher.final()]));
}

function split(padded: Buffer): Decrypted | null {
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > blockBytes || padding > padded.length) return null;
  if (!padded.subarray(padded.length - padding).every((byte) => byte === padding)) return null;
  const plain = padded.subarray(0, padded.length - padding);
  if (plain.length < randomBytes + 4) return null;
  const start = randomBytes + 4;
  const end = start + plain.readUInt32BE(randomBytes);
  if (end > plain.length || !isUtf8(plain.subarray(start))) return null;
  return { message: plain.toString("utf8", start, end), receiveId: plain.toString("utf8", end) };
}
