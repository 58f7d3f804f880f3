import { createHash } from "node:crypto";

// Chosen once; another one would give everybody another id.
const namespace = Buffer.from("6f0d9a3c1f2e4c5b8a7d2e91b04c6d35", "hex");

/** A UUID version 5 (RFC 9562 §5.5): the same text always has the same one. */
export function uuidOf(text: string): string {
  const bytes = createHash("sha1").update(namespace).update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
