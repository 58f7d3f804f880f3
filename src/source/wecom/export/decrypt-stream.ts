import { createDecipheriv } from "node:crypto";
import { nonsense } from "../fault.ts";

/** What the padding fills up to. */
const blockBytes = 32;

/**
 * Decrypts a file of an export as it comes: AES-256-CBC, the first half of the key as the initialisation vector, padded as
 * PKCS#7 says but to 32 bytes (WeCom doc path/94849). Throws a `WecomFault` for what was not made so.
 *
 * @param key 32 bytes
 */
export async function* decryptStream(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  key: Buffer,
): AsyncGenerator<Buffer> {
  const cipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  let held: Buffer = Buffer.alloc(0);
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    const plain = cipher.update(chunk);
    const all = held.length === 0 ? plain : Buffer.concat([held, plain]);
    // The last bytes may be padding.
    const ready = Math.max(0, all.length - blockBytes);
    held = all.subarray(ready);
    if (ready > 0) yield all.subarray(0, ready);
  }
  if (length === 0 || length % blockBytes !== 0) throw nonsense("an export's file is no whole number of blocks");
  cipher.final();
  const padding = held.at(-1) ?? 0;
  const isPadded = padding >= 1 && padding <= held.length;
  if (!isPadded || !held.subarray(held.length - padding).every((byte) => byte === padding)) {
    throw nonsense("an export's file does not end as its encryption ends");
  }
  if (padding < held.length) yield held.subarray(0, held.length - padding);
}
