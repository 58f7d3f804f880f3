import { randomBytes } from "node:crypto";

// RFC 9562 §6.2, method 1: ids of the same millisecond are told apart by a counter, so that they sort as they were made.
let lastAt = 0;
let counter = 0;

/** A UUID version 7 (RFC 9562 §5.7): sorts by the time it was made, so that indexes grow at their end. */
export function uuidv7(now: number = Date.now()): string {
  // A clock that was set back goes on from where it was: what is made later sorts later.
  if (now > lastAt) {
    lastAt = now;
    counter = random(2).readUInt16BE() & 0x03ff;
  } else if (counter < 0x0fff) {
    counter += 1;
  } else {
    lastAt += 1;
    counter = 0;
  }
  const bytes = Buffer.allocUnsafe(16);
  random(8).copy(bytes, 8);
  bytes.writeUIntBE(lastAt, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// Asking for random bytes costs the same for 8 as for some thousand.
let pool = Buffer.alloc(0);

function random(count: number): Buffer {
  if (pool.length < count) pool = randomBytes(4096);
  const taken = pool.subarray(0, count);
  pool = pool.subarray(count);
  return taken;
}
